import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { nearest } from "../../model/nearest.ts";
import { type Finding, findingAt } from "../../model/recipe/finding.ts";
import { VERSION, whole } from "../../model/recipe/names.ts";
import { chooseTarball, readChecksums, type SageTarball } from "../../model/sage/checksums.ts";
import { readDependencies } from "../../model/sage/dependencies.ts";
import { kindOf, SAGE_TYPES, type SagePackage, type SageType } from "../../model/sage/package.ts";
import { entryNames, findEntry, readEntry, type SageLayers } from "./sage-layers.ts";

/** The package is there exactly when there are no findings. */
export interface ReadPackage {
  readonly package?: SagePackage;
  readonly findings: readonly Finding[];
}

export interface ReadPackageOptions {
  /** The text of the trees' `build/make/Makefile.in`. */
  readonly makefile: string;
  /** Directories or http(s) URLs that hold tarballs, as `<tarball>` or `<package>/<tarball>`. */
  readonly mirrors: readonly string[];
}

const PYTHON_SIGNS = ["requirements.txt", "install-requires.txt", "version_requirements.txt"];

/** Reads the files of one package. */
export function readPackage(layers: SageLayers, name: string, options: ReadPackageOptions): ReadPackage {
  const entries = new Set(entryNames(layers, name));
  const text = (entry: string): string | undefined => (entries.has(entry) ? readEntry(layers, name, entry) : undefined);
  const findings: Finding[] = [];
  const type = readType(text("type"), (message, suggestion) =>
    findings.push(
      findingAt({ file: whereIs(layers, name, "type"), line: 1, column: 1 }, "meaning", { message, suggestion }),
    ),
  );
  const version = text("package-version.txt")?.trim() ?? "none";
  const wrong = versionFault(version, entries.has("package-version.txt"));
  if (wrong !== undefined) {
    const file = whereIs(layers, name, "package-version.txt");
    findings.push(findingAt({ file, line: 1, column: 1 }, "meaning", { message: wrong }));
  }
  if (type === undefined || findings.length > 0) return { findings };
  const checksums = text("checksums.ini");
  const tarball = checksums === undefined ? undefined : chooseTarball(readChecksums(checksums, version));
  const scripts = [...entries].filter((entry) =>
    /^spkg-(?:preinst|build|install|postinst|check)(?:\.in)?$/.test(entry),
  );
  const found: SagePackage = {
    name,
    type,
    version,
    kind: kindOf({
      hasRequirements: entries.has("requirements.txt"),
      hasInstall: scripts.some((script) => script.startsWith("spkg-install")),
      tarball: checksums === undefined ? undefined : (tarball?.fileName ?? ""),
    }),
    isPython: isPython(text("trees.txt"), entries),
    dependencies: readDependencies(
      {
        dependencies: text("dependencies") ?? (entries.has("requirements.txt") ? "| pip" : undefined),
        dependencies_order_only: text("dependencies_order_only"),
        dependencies_check: text("dependencies_check"),
      },
      options.makefile,
    ),
    scripts: new Map(scripts.map((script) => [script, text(script) ?? ""])),
    ...(tarball === undefined ? {} : { tarball: { ...tarball, urls: placesOf(tarball, { layers, name, options }) } }),
  };
  return { package: found, findings };
}

/** What is wrong with a version; packages without a file for it have `none`. */
function versionFault(version: string, isFromFile: boolean): string | undefined {
  if (version === "" || (isFromFile && version === "none")) return "the file holds no version";
  if (whole(VERSION).test(version) && version.length <= 80) return undefined;
  const start = version.length > 80 ? `${version.slice(0, 80)}…` : version;
  return `'${start}' is no version: it must be 80 letters, digits and _ + . ~ - at most, beginning with a letter or digit`;
}

function readType(
  text: string | undefined,
  report: (message: string, suggestion?: string) => void,
): SageType | undefined {
  const word = (text ?? "").trim();
  const type = SAGE_TYPES.find((each) => each === word);
  if (text === undefined) report("the package has no file 'type'");
  else if (type === undefined)
    report(`'${word}' is no type of a package: it must be ${SAGE_TYPES.join(", ")}`, nearest(word, SAGE_TYPES));
  return type;
}

function isPython(trees: string | undefined, entries: ReadonlySet<string>): boolean {
  if (trees !== undefined) return /\bSAGE_VENV\b/.test(trees.replace(/#.*/g, ""));
  return PYTHON_SIGNS.some((entry) => entries.has(entry));
}

/** Where a tarball can be had: beside the trees, on the mirrors, from those who made it. */
function placesOf(
  { fileName, urls }: SageTarball,
  { layers, name, options }: { layers: SageLayers; name: string; options: ReadPackageOptions },
): readonly string[] {
  if (fileName === "") return [];
  const local = layers.trees.map((tree) => join(tree, "upstream", fileName)).filter((path) => existsSync(path));
  const mirrored = options.mirrors.flatMap((mirror) => onMirror(mirror, name, fileName));
  return [...new Set([...local.map((path) => pathToFileURL(path).href), ...mirrored, ...urls])];
}

/** Whether a mirror of tarballs is a URL, and not a directory. */
export function isMirrorUrl(mirror: string): boolean {
  return /^(?:https?|file):/.test(mirror);
}

function onMirror(mirror: string, name: string, fileName: string): string[] {
  const relative = [fileName, `${name}/${fileName}`];
  if (isMirrorUrl(mirror)) {
    const base = mirror.replace(/\/+$/, "");
    return relative.map((path) => `${base}/${path.split("/").map(encodeURIComponent).join("/")}`);
  }
  return relative
    .map((path) => join(mirror, path))
    .filter((path) => existsSync(path))
    .map((path) => pathToFileURL(path).href);
}

function whereIs(layers: SageLayers, name: string, entry: string): string {
  return findEntry(layers, name, entry) ?? join(layers.trees.at(-1) ?? "", "build/pkgs", name, entry);
}

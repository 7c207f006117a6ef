import { StoreError } from "../../errors.ts";
import { type BaseName, isBaseName, parseBaseName } from "../ids.ts";
import { withoutCredentials } from "../without-credentials.ts";
import { isArchiveName } from "./archive-name.ts";
import { formatPackageSpec, type PackageSpec, parsePackageSpec } from "./package-spec.ts";

/** What a person names on the command line to add, build or install. */
export type Spec =
  | PackageSpec
  /** A recipe file or the directory of one, or any other file or directory. */
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "archive"; readonly path: string }
  /** A package of an npm registry; without the `npm:`. */
  | { readonly kind: "npm"; readonly package: string }
  /** http:, https: or file:; the integrity as it was written after a `#`. */
  | { readonly kind: "url"; readonly url: string; readonly integrity?: string }
  | { readonly kind: "store-path"; readonly baseName: BaseName };

/**
 * Reads a SPEC of the command line. A `/` or a leading `.` makes it a path, unless it names an object of `storeDir`; so
 * does the ending of an archive or of a YAML file.
 *
 * @throws StoreError INVALID_INPUT
 */
export function parseSpec(text: string, options: { readonly storeDir?: string } = {}): Spec {
  checkSpecText(text);
  if (text.startsWith("npm:")) return parseNpm(text);
  if (isUrl(text)) return parseUrl(text);
  if (isBaseName(text)) return { kind: "store-path", baseName: text };
  const { storeDir } = options;
  if (storeDir !== undefined && text.startsWith(`${storeDir}/`)) {
    const [baseName = ""] = text.slice(storeDir.length + 1).split("/");
    return { kind: "store-path", baseName: parseBaseName(baseName) };
  }
  if (isPath(text)) return pathSpec(text);
  const spec = parsePackageSpec(text);
  // Written again without what has no meaning, such a name alone would be read as a path.
  return isPath(spec.name) ? pathSpec(text) : spec;
}

/**
 * Refuses what cannot be a SPEC, whatever kind of SPEC is wanted.
 * @throws StoreError INVALID_INPUT
 */
export function checkSpecText(text: string): void {
  if (text.trim() === "" || text.includes("\0")) throw invalid(text, "is empty or has a NUL in it");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1];
  if (scheme !== undefined && scheme !== "npm" && !isUrl(text))
    throw invalid(text, `has the scheme '${scheme}'`, "http:, https:, file: and npm: are known here.");
}

function isUrl(text: string): boolean {
  return /^(?:https?|file):/i.test(text);
}

function pathSpec(path: string): Spec {
  return { kind: isArchiveName(path) ? "archive" : "path", path };
}

/** A text that `parseSpec` reads back; store paths are given by their base name. */
export function formatSpec(spec: Spec): string {
  switch (spec.kind) {
    case "package":
      return formatPackageSpec(spec);
    case "path":
    case "archive":
      return spec.path;
    case "npm":
      return `npm:${spec.package}`;
    case "url":
      return spec.integrity === undefined ? spec.url : `${spec.url}#${spec.integrity}`;
    case "store-path":
      return spec.baseName;
  }
}

function parseNpm(text: string): Spec {
  const name = text.slice("npm:".length).trim();
  if (name === "") throw invalid(text, "names no package", "Write npm:NAME, npm:NAME@RANGE or npm:@SCOPE/NAME.");
  return { kind: "npm", package: name };
}

function parseUrl(text: string): Spec {
  const [url = "", integrity] = text.split(/#(.*)/s);
  if (!URL.canParse(url)) throw invalid(text, "is not a URL");
  if (integrity === undefined || integrity === "") return { kind: "url", url };
  if (/^sha\d+[-:]./.test(integrity)) return { kind: "url", url, integrity };
  throw invalid(text, "has something other than an integrity after the '#'", "Write URL#sha256-<base64>.");
}

/** A slash counts outside of `option=value` only: `python prefix=/opt` names a package. */
function isPath(text: string): boolean {
  const bare = text.replace(/\s[A-Za-z][A-Za-z0-9_-]*=(?:"[^"]*"|'[^']*'|[^\s"']*)(?=\s|$)/g, "");
  return bare.startsWith(".") || bare.includes("/") || isArchiveName(bare) || /\.ya?ml$/i.test(bare);
}

function invalid(text: string, reason: string, hint?: string): StoreError {
  return new StoreError("INVALID_INPUT", `'${withoutCredentials(text)}' ${reason}`, {
    hint: hint ?? "Give a package name, a path with a '/' in it, a URL, npm:NAME or a store path.",
  });
}

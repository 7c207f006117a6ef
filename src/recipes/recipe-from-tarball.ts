import { StoreError } from "../errors.ts";
import { parsePackageVersion } from "../model/ids.ts";
import { nameFromUrl } from "../model/recipe/name-from-url.ts";
import { isRecipeName } from "../model/recipe/names.ts";
import { versionForm } from "../model/recipe/template.ts";
import type { BuildSystem } from "../model/recipe.ts";
import { toYamlScalar } from "./yaml.ts";

export interface Tarball {
  readonly url: string;
  /** `<algorithm>-<base64>`. */
  readonly integrity: string;
  /** The names in the archive; a directory that all of them share does not count. */
  readonly fileNames: readonly string[];
  /** Used in place of what the URL tells. */
  readonly name?: string;
  readonly version?: string;
}

export interface NewRecipe {
  readonly name: string;
  readonly version: string;
  readonly build: BuildSystem;
  /** The recipe as a person would write it. */
  readonly text: string;
}

/**
 * A first recipe for the release at a URL.
 *
 * @throws StoreError INVALID_INPUT when neither the URL nor the caller tells a name and a version that can be used
 */
export function recipeFromTarball(tarball: Tarball): NewRecipe {
  const told = nameFromUrl(tarball.url);
  const name = tarball.name ?? told.name;
  const version = tarball.version ?? told.version;
  if (name === undefined || !isRecipeName(name)) throw untold(tarball.url, "name");
  if (version === undefined) throw untold(tarball.url, "version");
  parsePackageVersion(version);
  const top = withoutSharedDirectory(tarball.fileNames);
  const build = detectBuildSystem(top);
  return { name, version, build, text: formatRecipe(tarball, { name, version, build, top }) };
}

/** The build system whose files lie at the top of the tree, by the first that fits. */
export function detectBuildSystem(fileNames: readonly string[]): BuildSystem {
  const names = new Set(fileNames);
  return DETECTED.find(([, files]) => files.some((file) => names.has(file)))?.[0] ?? "copy";
}

const DETECTED: readonly (readonly [BuildSystem, readonly string[]])[] = [
  ["autotools", ["configure"]],
  ["cmake", ["CMakeLists.txt"]],
  ["meson", ["meson.build"]],
  ["python", ["pyproject.toml", "setup.py"]],
  ["autotools", ["configure.ac", "configure.in"]],
  ["make", ["Makefile", "makefile", "GNUmakefile"]],
];

interface Known {
  readonly name: string;
  readonly version: string;
  readonly build: BuildSystem;
  readonly top: readonly string[];
}

function formatRecipe({ url, integrity }: Tarball, { name, version, build, top }: Known): string {
  const homepage = /^https?:\/\/(?:github|gitlab)\.com\/[^/]+\/[^/]+/.exec(url)?.[0];
  const licenses = top.filter((file) => /^(?:copying|licen[cs]e)[A-Za-z0-9._-]*$/i.test(file));
  return [
    "# A first draft: look it over and complete it.",
    `name: ${toYamlScalar(name)}`,
    `version: ${version}`,
    "# summary: what the package is, in one line",
    `# license: an SPDX expression${licenses.length > 0 ? `; see ${licenses.join(", ")}` : ""}`,
    ...(homepage === undefined ? [] : [`homepage: ${homepage}`]),
    "sources:",
    `  - url: ${toYamlScalar(withVersion(url, version))}`,
    `    integrity: ${integrity}`,
    "dependencies: {build: [], link: [], run: [], check: []}",
    `build: ${build}`,
    "",
  ].join("\n");
}

/** The URL with the version as a reference, so that the next version needs no other URL. */
function withVersion(url: string, version: string): string {
  const forms = [
    ["version", version],
    ["version.underscored", versionForm(version, "underscored")],
    ["version.dashed", versionForm(version, "dashed")],
  ] as const;
  const escaped = url.replaceAll("{{", "{{{{");
  const replaced = forms.reduce((text, [name, form]) => replaceWhole(text, form ?? version, `{{${name}}}`), escaped);
  const series = versionForm(version, "majorMinor");
  return series === undefined ? replaced : replaced.replaceAll(`/${series}/`, "/{{version.majorMinor}}/");
}

/** Replaces `part` where it is not a part of a longer number. */
function replaceWhole(text: string, part: string, by: string): string {
  const literal = part.replace(/[.+]/g, "\\$&");
  return text.replace(new RegExp(`(?<![0-9.])${literal}(?![0-9])`, "g"), by);
}

function withoutSharedDirectory(fileNames: readonly string[]): readonly string[] {
  const first = fileNames[0]?.split("/", 1)[0];
  const isShared = fileNames.every((name) => name === first || name.startsWith(`${first}/`));
  const hasInside = fileNames.some((name) => name.startsWith(`${first}/`));
  return isShared && hasInside ? fileNames.map((name) => name.slice((first?.length ?? 0) + 1)) : fileNames;
}

function untold(url: string, what: "name" | "version"): StoreError {
  return new StoreError("INVALID_INPUT", `${url} does not tell the ${what} of the package`, {
    hint: `Give it with --${what}.`,
  });
}

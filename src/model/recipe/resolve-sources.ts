import { dirname, isAbsolute, posix } from "node:path";
import { fromText, toEscaped } from "../byte-string.ts";
import type { Condition, Patch, PathSource, Recipe, Source, Template } from "../recipe.ts";
import { type Filling, fillText } from "./fill-template.ts";
import { type Finding, findingAt } from "./finding.ts";
import { isGlob, matchingNames } from "./glob.ts";
import { type Place, placeAt } from "./place.ts";
import { includesPlatform } from "./platform.ts";
import type { ResolvedPatch, ResolvedSource } from "./resolved-recipe.ts";
import { fileNameOfUrl } from "./source-url.ts";

/** The sources with their texts filled in; `names` are those of the files beside the recipes, when they are known. */
export function resolveSources(
  sources: readonly Source[],
  filling: Filling,
  names: readonly string[] | undefined,
): readonly ResolvedSource[] {
  const resolved = sources.map((source) => resolveSource(source, filling, names));
  for (const [index, { fileName }] of resolved.entries()) {
    if (resolved.findIndex((other) => other.fileName === fileName) === index) continue;
    report(filling, (sources[index] as Source).at, `two sources are called '${fileName}': give one another fileName`);
  }
  return resolved;
}

/** The patches that this platform needs, in the order in which they are applied. */
export function resolvePatches(
  patches: readonly Patch[],
  filling: Filling,
  names: readonly string[] | undefined,
): readonly ResolvedPatch[] {
  return patches
    .filter(({ platforms }) => includesPlatform(platforms, filling.platform))
    .flatMap((patch) => expandPatch(patch, filling, names).map((path) => ({ path, strip: patch.strip })))
    .map(({ path, strip }, index) => ({ path, fileName: patchName(path, index), strip }));
}

/**
 * Files that a recipe names and that are not among `names`, whatever else is wrong with it: those that stand there without
 * a condition and as they are.
 */
export function missingBeside({ sources, patches }: Recipe, names: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  // What leads out is told as that.
  const isPlain = ({ when }: { readonly when?: Condition }, { text, parts }: Template): boolean =>
    when === undefined && parts.every(({ kind }) => kind === "text") && Boolean(normalizePath(text));
  const filling: Filling = { ...NO_SURROUNDINGS, findings };
  for (const source of sources)
    if (source.kind === "path" && isPlain(source, source.path)) findBeside(source, filling, names);
  for (const patch of patches)
    if (patch.platforms.length === 0 && isPlain(patch, patch.file)) expandPatch(patch, filling, names);
  return findings;
}

/** For templates that refer to nothing: any will do. */
const NO_SURROUNDINGS = {
  name: "",
  version: "",
  options: {},
  platform: { os: "linux", arch: "x86_64" },
  dependencies: new Set<string>(),
} as const;

/** A relative path without `.` and empty components; `undefined` when it is absolute or leads out with `..`. */
export function normalizePath(text: string): string | undefined {
  const components = text.split("/").filter((component) => component !== "" && component !== ".");
  return text.startsWith("/") || components.includes("..") || text.includes("\0") ? undefined : components.join("/");
}

function resolveSource(source: Source, filling: Filling, names: readonly string[] | undefined): ResolvedSource {
  const { unpack, strip } = source;
  const to = source.to === undefined ? "" : fillPath(source.to, filling);
  const place = { to, unpack, ...(strip === undefined ? {} : { strip }) };
  switch (source.kind) {
    case "fetched": {
      const urls = source.urls.map((url) => fillText(url, filling));
      const fileName = fileNameOf(source, fileNameOfUrl(urls[0] ?? ""), filling);
      const integrity = source.integrity === undefined ? {} : { integrity: source.integrity };
      return { kind: "fetched", urls, ...integrity, fileName, ...place };
    }
    case "path": {
      const path = findBeside(source, filling, names);
      return { kind: "path", path, fileName: fileNameOf(source, posix.basename(path), filling), ...place };
    }
    case "worktree": {
      const text = fillText(source.path, filling);
      const path = isAbsolute(text) ? posix.normalize(text) : posix.join(dirname(source.at.file), text);
      return { kind: "worktree", path, fileName: fileNameOf(source, posix.basename(path), filling), ...place };
    }
  }
}

function findBeside(
  { path: text, beside }: PathSource,
  filling: Filling,
  names: readonly string[] | undefined,
): string {
  const path = escapeName(`${beside}/${fillPath(text, filling)}`);
  if (names !== undefined && !names.some((name) => name === path || name.startsWith(`${path}/`)))
    report(filling, textPlace(text), `there is no '${path}' in the recipe directories`);
  return path;
}

function fileNameOf(source: Source, derived: string, filling: Filling): string {
  const name = source.fileName === undefined ? derived : fillText(source.fileName, filling);
  if (/^[^/\0]+$/.test(name) && name !== "." && name !== ".." && name !== ".patches") return name;
  const place = source.fileName === undefined ? source.at : textPlace(source.fileName);
  report(filling, place, `'${name}' cannot be the name of a file: give the source a fileName`);
  return name;
}

function fillPath(template: Template, filling: Filling): string {
  const text = fillText(template, filling);
  const path = normalizePath(text);
  if (path !== undefined) return path;
  report(filling, textPlace(template), `'${text}' leads out of the directory that it is relative to`);
  return "";
}

function expandPatch(patch: Patch, filling: Filling, names: readonly string[] | undefined): readonly string[] {
  const pattern = escapeName(`${patch.beside}/${fillPath(patch.file, filling)}`);
  if (names === undefined && !isGlob(pattern)) return [pattern];
  const found = names === undefined ? [] : matchingNames(pattern, names);
  if (found.length === 0)
    report(filling, textPlace(patch.file), `no file in the recipe directories matches '${pattern}'`);
  return found;
}

function patchName(path: string, index: number): string {
  const name = posix.basename(path).replace(/[^A-Za-z0-9._+-]/g, "_");
  return `.patches/${String(index + 1).padStart(4, "0")}-${name}`;
}

function escapeName(path: string): string {
  return toEscaped(fromText(path));
}

function textPlace({ where, text }: Template): Place {
  return placeAt(where, text, 0);
}

function report({ findings }: Filling, place: Place, message: string): void {
  findings.push(findingAt(place, "meaning", { message }));
}

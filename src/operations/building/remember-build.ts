import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { BuildGraph, PlannedPackage } from "../../build/build-plan.ts";
import type { Realised } from "../../build/realise-options.ts";
import { toFsPath } from "../../model/byte-string.ts";
import { writeBuildMemory } from "../../store/build-memory.ts";
import type { Store } from "../../store/open-store.ts";
import { fileStamp, isOlderThan } from "../../system/file-stamp.ts";
import type { BuildRequest, BuiltPackage } from "./build.ts";
import { requestText } from "./recall-build.ts";

export interface CarriedOut {
  readonly graph: BuildGraph;
  readonly results: readonly Realised[];
  readonly wanted: readonly BuiltPackage[];
  /** When the recipes began to be read, in milliseconds. */
  readonly began: number;
}

/**
 * Notes what a request came to, for `recallBuild`. Nothing is noted when it depends on more than the files of its
 * recipes, or when these changed since they were read: it is only worked out again.
 */
export function rememberBuild(store: Store, request: BuildRequest, carriedOut: CarriedOut): void {
  const text = requestText(store, request);
  const { graph, results, began } = carriedOut;
  const places = request.recipes.map((place) => resolve(request.cwd, place));
  const files = text === undefined ? undefined : filesOf([...graph.packages.values()], places, request.cwd);
  if (text === undefined || files === undefined || !files.every((path) => isOlderThan(path, began))) return;
  writeBuildMemory(store, {
    request: text,
    stamps: files.map((path) => [path, fileStamp(path) ?? ""]),
    builds: results.flatMap((result) => ("record" in result ? [[result.key, result.record.output] as const] : [])),
    wanted: carriedOut.wanted.map(({ path: _path, built: _built, ...wanted }) => wanted),
  });
}

/** Every file and directory from which the packages were read; `undefined` when there are others. */
function filesOf(
  packages: readonly PlannedPackage[],
  places: readonly string[],
  cwd: string,
): readonly string[] | undefined {
  if (packages.some(({ recipe }) => recipe.sources.some(({ kind }) => kind === "worktree"))) return undefined;
  const own = packages.flatMap(({ recipeFiles }) => recipeFiles.map((file) => dirname(resolve(cwd, file))));
  // A directory of the same name in another place can hide or add files.
  const names = new Set(own.map((directory) => basename(directory)));
  const roots = new Set([...own, ...places.flatMap((place) => [...names].map((name) => join(place, name)))]);
  const found = new Set(places);
  for (const root of roots) if (!collect(root, found)) return undefined;
  const known = packages.flatMap(({ files }) => [...files.values()].map((path) => toFsPath(path)));
  const isFound = (path: string | Buffer): boolean => typeof path === "string" && found.has(resolve(cwd, path));
  return known.every(isFound) ? [...found] : undefined;
}

/** Whether all below `path` are plain files and directories: a link's target can change without a trace here. */
function collect(path: string, found: Set<string>): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined || found.has(path)) return true;
  if (!status.isDirectory() || found.size > MOST_FILES) return false;
  found.add(path);
  return readdirSync(path, { withFileTypes: true }).every((entry) =>
    collectEntry(join(path, entry.name), entry, found),
  );
}

/** To look at more takes longer than to read the recipes. */
const MOST_FILES = 20_000;

function collectEntry(path: string, entry: Dirent, found: Set<string>): boolean {
  if (entry.isDirectory()) return collect(path, found);
  if (entry.isFile()) found.add(path);
  return entry.isFile();
}

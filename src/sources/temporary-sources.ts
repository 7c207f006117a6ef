import { existsSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TEMPORARY_MARK } from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";
import {
  createTemporaryDirectory,
  sweepTemporaryDirectories,
  type TemporaryDirectory,
} from "../system/temporary-directory.ts";
import type { FetchContext } from "./fetch-context.ts";
import { partialDirectory, temporaryPath, treesDirectory } from "./source-paths.ts";

type Place = Pick<FetchContext, "directory" | "now">;

/** A directory for work on `subject`; those of processes that are gone are removed first. */
export function makeTemporaryDirectory(context: Place, subject: string): TemporaryDirectory {
  const parent = temporaryPath(context.directory);
  mkdirSync(parent, { recursive: true });
  sweepTemporaryDirectories(parent, context.now);
  return createTemporaryDirectory(parent, `fetch ${subject}`, context.now);
}

/**
 * Removes what killed processes left in `sources/`: temporary directories, temporary files and links older than an hour,
 * partial downloads that nobody went on with for 30 days. Returns the paths.
 */
export function sweepSources(context: Place): string[] {
  const { directory, now } = context;
  const parent = temporaryPath(directory);
  mkdirSync(parent, { recursive: true });
  const swept = sweepTemporaryDirectories(parent, now).map((name) => join(parent, name));
  const old = listAbandoned(context);
  for (const path of old) removeFile(path);
  return [...swept, ...old].sort();
}

/** Temporary files and links older than an hour, and partial downloads that nobody went on with for 30 days. */
export function listAbandoned({ directory, now }: Place): string[] {
  const parent = temporaryPath(directory);
  const isOld = (path: string, limitMs: number) => now().getTime() - modifiedMs(path) > limitMs;
  const partial = filesBelow(partialDirectory(directory), []).filter((path) => isOld(path, 30 * 24 * HOUR_MS));
  const marked = filesBelow(directory, [parent, treesDirectory(directory)]).filter(
    (path) => path.includes(TEMPORARY_MARK) && isOld(path, HOUR_MS),
  );
  return [...new Set([...partial, ...marked])];
}

const HOUR_MS = 3_600_000;

function modifiedMs(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
}

/** All files and links below a directory, `except` for what is below these. */
function filesBelow(directory: string, except: readonly string[]): string[] {
  if (except.includes(directory) || !existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path, except) : [path];
  });
}

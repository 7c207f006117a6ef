import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../errors.ts";
import { TEMPORARY_MARK } from "../system/atomic-file.ts";
import {
  createTemporaryDirectory,
  sweepTemporaryDirectories,
  type TemporaryDirectory,
} from "../system/temporary-directory.ts";
import type { FetchContext } from "./fetch-context.ts";
import { partialDirectory, temporaryPath } from "./source-paths.ts";

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
  const partial = partialDirectory(directory);
  const old = filesBelow(directory).filter((path) => {
    if (path.startsWith(`${parent}/`)) return false;
    const age = now().getTime() - lstatSync(path).mtimeMs;
    return (path.includes(TEMPORARY_MARK) && age > HOUR_MS) || (path.startsWith(`${partial}/`) && age > 30 * 24 * HOUR_MS);
  });
  for (const path of old) rmSync(path, { force: true });
  return [...swept, ...old].sort();
}

const HOUR_MS = 3_600_000;

/** Files and links, except those of fetched trees, which have names of their own. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) return [path];
    return /\/git\/trees\/..$/.test(directory) ? [] : filesBelow(path);
  });
}

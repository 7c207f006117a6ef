import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { BaseName } from "../model/ids.ts";
import { packedInFile } from "../model/packed-object.ts";
import {
  printRepositoryIndex,
  REPOSITORY_INDEX,
  type RepositoryIndex,
  unknownInIndex,
} from "../model/repository-index.ts";
import { readGivenText, writeFileAtomic } from "../system/atomic-file.ts";
import { acquireLock } from "../system/lock.ts";

/**
 * Writes which packed objects lie in a directory and below it, for those who ask a server for them. Of several processes
 * that do so one waits for the other: so the last one has seen what all have put there.
 * @throws StoreError NEWER_FORMAT when the one that is there is that of a newer program; the signal's reason when aborted
 */
export async function writeRepositoryIndex(directory: string, signal?: AbortSignal): Promise<RepositoryIndex> {
  const file = join(directory, REPOSITORY_INDEX);
  const how = { command: "store archive", now: () => new Date(), wait: true, vanishes: true };
  using _lock = await acquireLock(`${file}.lock`, { ...how, signal });
  const index = new Map([...packedBelow(directory)].map(([object, path]) => [object, relative(directory, path)]));
  writeFileAtomic(file, printRepositoryIndex(index, keptMembers(file)), { asUser: true });
  return index;
}

/**
 * Whether a directory has an index, which can be written anew.
 * @throws StoreError NEWER_FORMAT
 */
export function hasRepositoryIndex(directory: string): boolean {
  return keptMembers(join(directory, REPOSITORY_INDEX)) !== undefined;
}

/** `undefined` where there is no index. */
function keptMembers(file: string): Readonly<Record<string, unknown>> | undefined {
  const text = readGivenText(file);
  return text === undefined ? undefined : unknownInIndex(text, file);
}

/**
 * The packed objects in a directory and below it: paths. Of several with one name the highest up counts. Links to
 * directories are not followed: they could lead in a circle.
 */
export function packedBelow(directory: string): ReadonlyMap<BaseName, string> {
  const found = new Map<BaseName, string>();
  const below: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const object = packedInFile(entry.name);
    if (entry.isDirectory()) below.push(path);
    else if (object !== undefined) found.set(object, path);
  }
  for (const path of below.sort()) {
    for (const [object, file] of packedBelow(path)) if (!found.has(object)) found.set(object, file);
  }
  return found;
}

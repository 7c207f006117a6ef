import { existsSync, lstatSync, type Stats, unlinkSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import type { ByteString } from "../../model/byte-string.ts";
import type { BaseName } from "../../model/ids.ts";
import { blockBytes, type DiskUsage } from "../../system/disk-usage.ts";
import { removeTreeWith } from "../../system/remove-tree.ts";
import { fileListPath, type Layout, manifestPath, objectPath, replacedMark, twinPath } from "../layout.ts";
import { readListedObject } from "./listed-object.ts";
import { removeOr, type Stuck } from "./stuck.ts";

/** Objects that were moved into a directory of the trash, which is laid out as a store is, and where the pool lies. */
export interface RemovalTask {
  readonly kind: "remove";
  readonly room: Layout;
  readonly files: string;
  readonly twins: boolean;
  readonly objects: readonly BaseName[];
}

export interface Removal extends DiskUsage {
  /** Whether all that the pool has of the objects was looked at. */
  poolIsKnown: boolean;
  /**
   * Inodes that had further names and are not in the pool. Which of them are free only shows when all tasks have ended,
   * since others can remove their names at the same time.
   */
  readonly shared: SharedInode[];
  readonly stuck: Stuck[];
}

export interface SharedInode {
  readonly inode: number;
  readonly bytes: number;
  /** Before the name was removed. */
  readonly links: number;
}

/** Removes objects with their manifests and lists, and the files of the pool that nothing else has. */
export function removeTaken(task: RemovalTask): Removal {
  const removal: Removal = { bytes: 0, inodes: 0, poolIsKnown: true, shared: [], stuck: [] };
  const isReplaced = existsSync(replacedMark(task.files));
  for (const object of task.objects) {
    const isGone = removeOr(removal.stuck, () => removeObject({ ...task, isReplaced }, object, removal));
    removal.poolIsKnown &&= isGone !== undefined;
  }
  return removal;
}

function removeObject(
  { room, files, twins, isReplaced }: RemovalTask & { readonly isReplaced: boolean },
  object: BaseName,
  removal: Removal,
): true {
  const listed = readListedObject({ ...room, files }, object);
  removal.poolIsKnown &&= listed !== undefined;
  const { pooled, names } = listed ?? { pooled: new Map<ByteString, string>() };
  const inPool = new Set<number>();
  const living: Stats[] = [];
  const onRemoved = (status: Stats, path: ByteString) => {
    if (status.nlink === 1 || status.isDirectory()) return count(status, removal);
    // A file with two names has the other one in the pool: to look there first would take as long as to remove it.
    if (isReplaced || status.nlink > 2 || !removeLastName(pooled, path)) return void living.push(status);
    inPool.add(status.ino);
    count(status, removal);
  };
  const onRemovedInTree = (status: Stats, path: ByteString) => {
    // The pool has it, and the list, which was cut, does not tell.
    if (status.nlink > 1 && status.isFile() && !pooled.has(path)) removal.poolIsKnown = false;
    onRemoved(status, path);
  };
  removeTreeWith(objectPath(room, object), onRemovedInTree, names);
  for (const path of [manifestPath(room, object), fileListPath(room, object)]) removeTreeWith(path, onRemoved);
  if (twins) removeTreeWith(twinPath(room, object), onRemoved);
  for (const inode of removeFromPool(new Set(pooled.values()), removal)) inPool.add(inode);
  for (const status of living)
    if (!inPool.has(status.ino))
      removal.shared.push({ inode: status.ino, bytes: blockBytes(status), links: status.nlink });
  return true;
}

/** Removes the pool's file for the one at `path`, and its entry; false when there is none. */
function removeLastName(pooled: Map<ByteString, string>, path: ByteString): boolean {
  const file = pooled.get(path);
  if (file === undefined || !unlinkIfThere(file)) return false;
  pooled.delete(path);
  return true;
}

/** Returns the inodes that are there, or were until now. */
function removeFromPool(paths: Iterable<string>, removal: DiskUsage): ReadonlySet<number> {
  const inodes = new Set<number>();
  for (const path of paths) {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (!status) continue;
    inodes.add(status.ino);
    removeIfUnused(path, status, removal);
  }
  return inodes;
}

/** Removes a file of the pool that is in no object. */
export function removeIfUnused(path: string, status: Stats, freed: DiskUsage): void {
  if (status.nlink === 1 && unlinkIfThere(path)) count(status, freed);
}

/** False when another thread has removed the last object of the file as well. */
function unlinkIfThere(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

function count(status: Stats, freed: DiskUsage): void {
  freed.bytes += blockBytes(status);
  freed.inodes += 1;
}

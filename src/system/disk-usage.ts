import { chmodSync, type Stats } from "node:fs";
import { isErrno } from "../errors.ts";
import type { ByteString } from "../model/byte-string.ts";
import { removeTreeWith } from "./remove-tree.ts";
import { below, fsPathOf, IGNORES_MODES, namesIn, type Place, placeOf, statusAt, type Visit } from "./tree-place.ts";

/** Room on a disk: the blocks of each inode once, and how many inodes there are. */
export interface DiskUsage {
  bytes: number;
  inodes: number;
}

const BLOCK = 512;

/** The room of an inode's blocks in bytes. */
export function blockBytes({ blocks }: Pick<Stats, "blocks">): number {
  return blocks * BLOCK;
}

/** What is in a directory, where that is known without reading it. */
export type KnownNames = (path: ByteString, status: Stats) => Iterable<string> | undefined;

/**
 * Looks at a file or directory and at everything below it that a path can name; nothing when there is none. A directory
 * that is closed to its owner is open meanwhile.
 */
export function visitTree(path: string, visit: Visit, known?: KnownNames): void {
  const waiting: (Place | Closed)[] = [placeOf(path)];
  try {
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if ("mode" in place) {
        setMode(place, place.mode);
        continue;
      }
      const status = statusOf(place);
      if (!status) continue;
      visit(status, place.path);
      if (!status.isDirectory()) continue;
      if (isClosed(status) && setMode(place, 0o700)) waiting.push({ ...place, mode: status.mode & 0o7777 });
      for (const name of known?.(place.path, status) ?? namesIn(place)) waiting.push(below(place, name));
    }
  } finally {
    for (const place of waiting.reverse()) if ("mode" in place) setMode(place, place.mode);
  }
}

/** A directory that is to get its mode back when all in it was visited. */
interface Closed extends Place {
  readonly mode: number;
}

function isClosed({ mode }: Stats): boolean {
  return (mode & 0o500) !== 0o500 && !IGNORES_MODES;
}

/** Whether its owner is who asks, and the filesystem lets it be changed. */
function setMode(place: Place, mode: number): boolean {
  try {
    chmodSync(fsPathOf(place), mode);
    return true;
  } catch (error) {
    if (isErrno(error, "EPERM", "EACCES", "EROFS", "ENOENT")) return false;
    throw error;
  }
}

/** Nothing for what is not there, or lies deeper than paths reach. */
function statusOf(place: Place): Stats | undefined {
  try {
    return statusAt(place);
  } catch (error) {
    if (isErrno(error, "ENAMETOOLONG")) return undefined;
    throw error;
  }
}

/**
 * Removes a file, or a directory with everything in it, also one that is read-only, and counts what that frees: an inode
 * counts when its last name goes. What others remove at the same time is not counted. Returns how many inodes live on
 * under other names.
 */
export function removeCounting(path: string, freed: DiskUsage): number {
  let living = 0;
  removeTreeWith(path, (status) => {
    if (status.nlink > 1 && !status.isDirectory()) living += 1;
    else count(status, freed);
  });
  return living;
}

function count(status: Stats, freed: DiskUsage): void {
  freed.bytes += blockBytes(status);
  freed.inodes += 1;
}

import { chmodSync, lstatSync, readdirSync, rmdirSync, type Stats, unlinkSync } from "node:fs";
import { isErrno } from "../errors.ts";
import { type ByteString, fromText, isAscii, toBytes } from "../model/byte-string.ts";
import { isOutOfReach, makeRemovable } from "./removable-tree.ts";

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

export type Visit = (status: Stats, path: ByteString) => void;

/** What is in a directory, where that is known without reading it. */
export type KnownNames = (path: ByteString, status: Stats) => Iterable<string> | undefined;

/** Looks at a file or directory and at everything below it that a path can name; nothing when there is none. */
export function visitTree(path: string, visit: Visit, known?: KnownNames): void {
  const waiting = [placeOf(path)];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const status = statusOf(place);
    if (!status) continue;
    visit(status, place.path);
    if (!status.isDirectory()) continue;
    for (const name of known?.(place.path, status) ?? namesIn(place)) waiting.push(below(place, name));
  }
}

/** Nothing for what is not there, or lies deeper than paths reach. */
function statusOf(place: Place): Stats | undefined {
  try {
    return lstatSync(fsPathOf(place), IF_THERE);
  } catch (error) {
    if (isErrno(error, "ENAMETOOLONG")) return undefined;
    throw error;
  }
}

/** A path, and whether it is ASCII: names are looked at for that, not whole paths again and again. */
interface Place {
  readonly path: ByteString;
  readonly isPlain: boolean;
}

function placeOf(text: string): Place {
  const path = fromText(text);
  return { path, isPlain: isAscii(path) };
}

function below({ path, isPlain }: Place, name: string): Place {
  return { path: `${path}/${name}` as ByteString, isPlain: isPlain && isAscii(name) };
}

function fsPathOf({ path, isPlain }: Place): string | Buffer {
  return isPlain ? path : toBytes(path);
}

const IF_THERE = { throwIfNoEntry: false } as const;

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

/**
 * The same, telling of each name that it removed what it was before; in a tree that is deeper than the stack, or than
 * paths reach, some have other names by then. `names` may tell what is in the directories, which are then only read when
 * they turn out to hold something else.
 */
export function removeTreeWith(
  path: string,
  onRemoved: Visit,
  names: ReadonlyMap<ByteString, ReadonlySet<string>> = new Map(),
): void {
  const place = placeOf(path);
  try {
    removePlace(place, { onRemoved, names });
  } catch (error) {
    if (!isOutOfReach(error)) throw error;
    makeRemovable(place.path);
    removePlace(place, { onRemoved, names: new Map() });
  }
}

interface Removing {
  readonly onRemoved: Visit;
  readonly names: ReadonlyMap<ByteString, ReadonlySet<string>>;
}

function removePlace(place: Place, removing: Removing): void {
  const status = lstatSync(fsPathOf(place), IF_THERE);
  if (!status) return;
  const isRemoved = status.isDirectory() ? removeDirectory(place, status, removing) : isThere(place, unlinkSync);
  if (isRemoved) removing.onRemoved(status, place.path);
}

function removeDirectory(place: Place, status: Stats, removing: Removing): boolean {
  const known = removing.names.get(place.path);
  const isClosed = (status.mode & 0o300) !== 0o300;
  const removeAll = (names: ReadonlySet<string>) => {
    if (names.size > 0 && isClosed && !IGNORES_MODES) chmodSync(fsPathOf(place), 0o700);
    try {
      for (const name of names) removePlace(below(place, name), removing);
    } catch (error) {
      if (!isClosed || !IGNORES_MODES || !isErrno(error, "EACCES")) throw error;
      // A superuser without this power.
      chmodSync(fsPathOf(place), 0o700);
      for (const name of names) removePlace(below(place, name), removing);
    }
  };
  removeAll(known ?? new Set(namesIn(place)));
  try {
    return isThere(place, rmdirSync);
  } catch (error) {
    if (!known || !isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
    removeAll(new Set(namesIn(place)));
    return isThere(place, rmdirSync);
  }
}

/** A superuser mostly writes to directories that say nobody may. */
const IGNORES_MODES = process.geteuid?.() === 0;

/** Whether it was still there to be removed. */
function isThere(place: Place, remove: (path: string | Buffer) => void): boolean {
  try {
    remove(fsPathOf(place));
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

function namesIn(place: Place): string[] {
  try {
    return readdirSync(fsPathOf(place), "latin1");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

import { chmodSync, readdirSync, renameSync, rmdirSync, type Stats, unlinkSync } from "node:fs";
import { isErrno } from "../errors.ts";
import { type ByteString, toFsPath } from "../model/byte-string.ts";
import { randomName } from "./random-name.ts";
import { below, fsPathOf, IGNORES_MODES, namesIn, type Place, placeOf, statusAt, type Visit } from "./tree-place.ts";

/** Removes a tree, or whatever else lies there: also one whose directories are closed, and however deep it is. */
export function removeTree(path: string): void {
  removeTreeWith(path, () => undefined);
}

/**
 * The same, telling of each name that it removed what it was before; in a tree that is deeper than the stack, or than
 * paths reach, some have other names by then. What others remove at the same time is not told. `names` may tell what is in
 * the directories, which are then only read when they turn out to hold something else.
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
  const status = statusAt(place);
  if (!status) return;
  const isRemoved = status.isDirectory() ? removeDirectory(place, status, removing) : isThere(place, unlinkSync);
  if (isRemoved) removing.onRemoved(status, place.path);
}

function removeDirectory(place: Place, status: Stats, removing: Removing): boolean {
  const known = removing.names.get(place.path);
  const isClosed = (status.mode & 0o700) !== 0o700;
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
  removeAll(known ?? allNamesIn(place));
  try {
    return isThere(place, rmdirSync);
  } catch (error) {
    // Not all of them were known, or somebody has put something there.
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
    removeAll(allNamesIn(place));
    return isThere(place, rmdirSync);
  }
}

function allNamesIn(place: Place): ReadonlySet<string> {
  try {
    return new Set(namesIn(place));
  } catch (error) {
    if (!isErrno(error, "EACCES")) throw error;
    chmodSync(fsPathOf(place), 0o700);
    return new Set(namesIn(place));
  }
}

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

/** How deep directories may lie, and how long their paths may be in bytes, before they are moved up. */
const DEEPEST = 256;
const LONGEST = 512;

/** Whether a walk failed since a tree is deeper than the stack, or has longer paths than the system takes. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof RangeError || isErrno(error, "ENAMETOOLONG");
}

/**
 * Lets a walk that recurses remove a tree, whatever it is: its directories become writable, and those that lie deep are
 * moved to the top under new names.
 */
function makeRemovable(top: ByteString): void {
  const waiting = [{ path: top, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of directoriesIn(next.path)) {
      const path = `${next.path}/${name}` as ByteString;
      const depth = next.depth + 1;
      if (depth <= DEEPEST && path.length - top.length <= LONGEST) waiting.push({ path, depth });
      else waiting.push({ path: moveUp(path, top), depth: 1 });
    }
  }
}

/** Of a directory that others have removed meanwhile none. */
function directoriesIn(path: ByteString): string[] {
  try {
    chmodSync(toFsPath(path), 0o700);
    return readdirSync(toFsPath(path), { withFileTypes: true, encoding: "latin1" })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

function moveUp(path: ByteString, top: ByteString): ByteString {
  const moved = `${top}/${randomName()}` as ByteString;
  try {
    // To move a directory into another one must be able to write to it.
    chmodSync(toFsPath(path), 0o700);
    renameSync(toFsPath(path), toFsPath(moved));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  return moved;
}

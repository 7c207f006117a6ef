import { chmodSync, readdirSync, renameSync } from "node:fs";
import { isErrno } from "../errors.ts";
import { type ByteString, toFsPath } from "../model/byte-string.ts";
import { randomName } from "./random-name.ts";

/** How deep directories may lie, and how long their paths may be in bytes, before they are moved up. */
const DEEPEST = 256;
const LONGEST = 512;

/** Whether a walk failed since a tree is deeper than the stack, or has longer paths than the system takes. */
export function isOutOfReach(error: unknown): boolean {
  return error instanceof RangeError || isErrno(error, "ENAMETOOLONG");
}

/**
 * Lets a walk that recurses remove a tree, whatever it is: its directories become writable, and those that lie deep are
 * moved to the top under new names.
 */
export function makeRemovable(top: ByteString): void {
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

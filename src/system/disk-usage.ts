import { chmodSync, lstatSync, readdirSync, rmdirSync, type Stats, unlinkSync } from "node:fs";
import { isErrno } from "../errors.ts";
import { type ByteString, fromText, toFsPath } from "../model/byte-string.ts";

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

/** Looks at a file or directory and at everything below it; nothing when there is none. */
export function visitTree(path: string, visit: (status: Stats) => void): void {
  visitPath(fromText(path), visit);
}

function visitPath(path: ByteString, visit: (status: Stats) => void): void {
  const status = lstatSync(toFsPath(path), { throwIfNoEntry: false });
  if (!status) return;
  visit(status);
  if (!status.isDirectory()) return;
  for (const name of namesIn(path)) visitPath(`${path}/${name}` as ByteString, visit);
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

/** The same, telling of each name that it removed what it was before. */
export function removeTreeWith(path: string, onRemoved: (status: Stats) => void): void {
  removePath(fromText(path), onRemoved);
}

function removePath(path: ByteString, onRemoved: (status: Stats) => void): void {
  const status = lstatSync(toFsPath(path), { throwIfNoEntry: false });
  if (!status) return;
  const remove = status.isDirectory() ? rmdirSync : unlinkSync;
  if (status.isDirectory()) {
    const names = namesIn(path);
    if (names.length > 0 && (status.mode & 0o300) !== 0o300) chmodSync(toFsPath(path), 0o700);
    for (const name of names) removePath(`${path}/${name}` as ByteString, onRemoved);
  }
  if (!isGone(() => remove(toFsPath(path)))) onRemoved(status);
}

function isGone(remove: () => void): boolean {
  try {
    remove();
    return false;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return true;
    throw error;
  }
}

function count(status: Stats, freed: DiskUsage): void {
  freed.bytes += blockBytes(status);
  freed.inodes += 1;
}

function namesIn(path: ByteString): string[] {
  try {
    return readdirSync(toFsPath(path), "latin1");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

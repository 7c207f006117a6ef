import { randomBytes } from "node:crypto";
import { closeSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../../errors.ts";
import { writeAll } from "../../system/atomic-file.ts";
import { removeFile } from "../../system/remove-file.ts";
import { dataFile, type IndexDirectory, lockFile } from "./seal.ts";

/**
 * LMDB ends the process when a disk is full: it writes through a mapping of its lock file, and where it meets an error it
 * does not always stop. So what it is going to need is asked of the disk before.
 * @throws a system error when there is not that much room
 */
export function reserveSpace(index: IndexDirectory, bytes: number): void {
  const present = statSync(dataFile(index), { throwIfNoEntry: false })?.size ?? 0;
  const scratch = join(index.directory, "scratch");
  // A filesystem that compresses would find room for zeros.
  const block = randomBytes(BLOCK);
  const fd = openSync(scratch, "w", 0o600);
  try {
    for (let written = 0; written < bytes + present + BLOCK; written += BLOCK) writeAll(fd, block);
  } finally {
    closeSync(fd);
    removeFile(scratch);
  }
}

/**
 * LMDB also ends the process when it is refused a file.
 * @throws EMFILE, ENFILE when it would be
 */
export function reserveFiles(index: IndexDirectory): void {
  const opened: number[] = [];
  try {
    while (opened.length < FILES) opened.push(openSync(index.directory, "r"));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** Makes the lock file with all its blocks, unless there is one: it may be in use. */
export function createLockFile(index: IndexDirectory): void {
  try {
    writeFileSync(lockFile(index), Buffer.alloc(LOCK_BYTES), { flag: "wx", mode: 0o644 });
  } catch (error) {
    if (isErrno(error, "EEXIST")) return;
    removeFile(lockFile(index));
    throw error;
  }
}

const BLOCK = 1 << 20;

/** LMDB keeps three open, and opens one more for a moment; our own, and what threads open meanwhile, need some as well. */
const FILES = 8;

/** More than LMDB's own header and table of readers take (8,272 bytes with its 126 readers). */
const LOCK_BYTES = 16 * 1024;

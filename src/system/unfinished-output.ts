import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { temporaryName } from "./atomic-file.ts";
import { namesIn } from "./names-in.ts";
import { tryLock } from "./native-calls.ts";
import { removeFile } from "./remove-file.ts";

/** Behind the random digits of a name: it says who made a file that lies among those of a person. */
const ENDING = ".store-part";
const PATTERN = /^\.tmp-[0-9a-f]{16}\.store-part$/;

/** For a file that is written where others have theirs: what a killed process leaves of it is known by its name. */
export function unfinishedName(directory: string): string {
  return `${temporaryName(directory)}${ENDING}`;
}

export function isUnfinishedName(name: string): boolean {
  return PATTERN.test(name);
}

/** Keeps others from taking the file for a dead one's, until this is disposed of. */
export function holdUnfinished(path: string): Disposable {
  const fds: number[] = [];
  try {
    const fd = openSync(path, "r+");
    fds.push(fd);
    tryLock(fd);
  } catch {
    // Where this is not possible it is to nobody, and nobody removes the file.
  }
  return { [Symbol.dispose]: () => fds.forEach(closeSync) };
}

const HOUR_MS = 3_600_000;

/**
 * Files of this user in a directory that killed processes left half-written: their names say that, nothing was written to
 * them for an hour, and nobody holds them. In a directory of the store's own `isOne` can know more names.
 */
export function listUnfinished(
  directory: string,
  now: Date,
  isOne: (name: string) => boolean = isUnfinishedName,
): string[] {
  return namesIn(directory)
    .filter(isOne)
    .map((name) => join(directory, name))
    .filter((path) => isDead(path, now));
}

/** Removes them. What cannot be removed, or looked at, is in nobody's way. */
export function sweepUnfinished(directory: string): void {
  try {
    for (const path of listUnfinished(directory, new Date())) removeFile(path);
  } catch {
    // Whoever writes there tells what is wrong with it.
  }
}

function isDead(path: string, now: Date): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status?.isFile() || status.uid !== process.getuid?.()) return false;
  return now.getTime() - status.mtimeMs > HOUR_MS && !isHeld(path, status.ino);
}

/** Whether that cannot be ruled out. */
function isHeld(path: string, inode: number): boolean {
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return fstatSync(fd).ino !== inode || !tryLock(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return true;
  }
}

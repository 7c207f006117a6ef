import { closeSync, constants, fchmodSync, futimesSync, openSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import { removeAttributes } from "../../system/native-calls.ts";

/**
 * What an object's files look like: read-only, one second after the epoch, without further attributes. `hasMode` tells
 * that the file was made with this mode.
 */
export function freeze(fd: number, mode: number, hasMode = false): void {
  const removed = removeAttributes(fd, () => fchmodSync(fd, 0o700));
  if (removed || !hasMode) fchmodSync(fd, mode);
  futimesSync(fd, 1, 1);
}

/** The mode of a frozen file. */
export function frozenMode(executable: boolean): number {
  return executable ? 0o555 : 0o444;
}

export function freezeFile(path: ByteString, executable: boolean): void {
  freezeAt(path, frozenMode(executable));
}

export function freezeDirectory(path: ByteString): void {
  freezeAt(path, 0o555);
}

function freezeAt(path: ByteString, mode: number): void {
  const fd = openSync(toFsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    freeze(fd, mode);
  } finally {
    closeSync(fd);
  }
}

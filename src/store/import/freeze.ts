import { closeSync, constants, fchmodSync, fstatSync, futimesSync, openSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import { hasAttributes, removeAttributes } from "../../system/native-calls.ts";

/** What an object's files look like: read-only, one second after the epoch, without further attributes. */
export function freeze(fd: number, mode: number): void {
  removeAttributes(fd, () => fchmodSync(fd, 0o700));
  fchmodSync(fd, mode);
  freezeNew(fd);
}

/** The same for a file that was just made, with its mode, where new files have no attributes. */
export function freezeNew(fd: number): void {
  futimesSync(fd, 1, 1);
}

/** Whether files that are made in this directory, itself made with mode 0755, have just the mode that is asked for. */
export function makesPlainFiles(directory: string): boolean {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return (fstatSync(fd).mode & 0o777) === 0o755 && !hasAttributes(fd);
  } finally {
    closeSync(fd);
  }
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

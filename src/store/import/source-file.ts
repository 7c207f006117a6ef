import { chmodSync, constants, lstatSync, openSync } from "node:fs";
import { isErrno, StoreError } from "../../errors.ts";
import { type ByteString, toEscaped, toFsPath } from "../../model/byte-string.ts";

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file of the source for reading. An adopted file, which belongs to the store alone, is made readable first
 * where it is not.
 * @throws StoreError INVALID_INPUT when it cannot be read, FAILED when it is no longer there
 */
export function openSource(path: ByteString, mode: "copy" | "adopt"): number {
  try {
    return openSync(toFsPath(path), READ);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ELOOP", "ENXIO")) throw changedWhileRead(path);
    if (!isErrno(error, "EACCES")) throw error;
    if (mode === "copy") throw notReadable(path, error);
    chmodSync(toFsPath(path), (lstatSync(toFsPath(path)).mode & 0o777) | 0o400);
    return openSync(toFsPath(path), READ);
  }
}

export function notReadable(path: ByteString, cause: unknown): StoreError {
  return new StoreError("INVALID_INPUT", `${toEscaped(path)} cannot be read: permission denied`, {
    hint: "Make it readable (`chmod u+rX`), or leave it out.",
    details: { path: toEscaped(path) },
    cause,
  });
}

export function changedWhileRead(path: ByteString): StoreError {
  return new StoreError("FAILED", `${toEscaped(path)} changed while it was read`, {
    hint: "Add it again when nothing writes to it.",
    details: { path: toEscaped(path) },
  });
}

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { isErrno, StoreError } from "../../errors.ts";

/** An archive as it lies on disk, while it is read. */
export interface PackedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** How many bytes were taken from the file so far. */
  readBytes: number;
}

export const CHUNK_BYTES = 1024 * 1024;

/** @throws StoreError NOT_FOUND; INVALID_INPUT when it is no regular file */
export function packedFile(path: string): PackedFile {
  try {
    const status = statSync(path);
    if (status.isFile()) return { path, size: status.size, readBytes: 0 };
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    throw new StoreError("NOT_FOUND", `there is no file ${path}`, { details: { path }, cause: error });
  }
  throw new StoreError("INVALID_INPUT", `${path} is not a regular file`, { details: { path } });
}

/** The first 16 bytes, or what there is. @throws StoreError FAILED when the file cannot be read */
export function readStart(file: PackedFile): Buffer {
  try {
    const fd = openSync(file.path, "r");
    try {
      const buffer = Buffer.alloc(16);
      return buffer.subarray(0, readSync(fd, buffer));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw unreadable(file.path, error as Error);
  }
}

export function unreadable(path: string, cause: Error): StoreError {
  return new StoreError("FAILED", `${path} cannot be read: ${cause.message}`, { details: { path }, cause });
}

/** Where the next chunk of an archive is read: it can be moved on. */
export interface Cursor {
  position: number;
}

const SPARSE_CHUNK_BYTES = 64 * 1024;

/**
 * Chunks of 64 KiB of an open file, each from where the cursor stands then, and valid until the next one is asked for.
 * Other work gets its turn before each MiB, and `ready` is waited for before each chunk.
 */
export async function* readAtCursor(
  file: PackedFile,
  from: { readonly fd: number; readonly cursor: Cursor; ready(): Promise<void> },
): AsyncGenerator<Buffer> {
  const { fd, cursor } = from;
  const buffer = Buffer.allocUnsafe(SPARSE_CHUNK_BYTES);
  let turnAt = 0;
  for (;;) {
    if (cursor.position >= turnAt) {
      await setImmediate();
      turnAt = cursor.position + CHUNK_BYTES;
    }
    await from.ready();
    const length = readSync(fd, buffer, 0, buffer.length, cursor.position);
    if (length === 0) return;
    cursor.position += length;
    file.readBytes = cursor.position;
    yield buffer.subarray(0, length);
  }
}

/**
 * The file's content in chunks of 1 MiB. Each is valid only until the next one is asked for, unless `fresh`. Other
 * work gets its turn before each chunk.
 */
export async function* readChunks(file: PackedFile, options: { fresh?: boolean } = {}): AsyncGenerator<Buffer> {
  const fd = openSync(file.path, "r");
  try {
    let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      await setImmediate();
      if (options.fresh) buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = readSync(fd, buffer);
      if (length === 0) return;
      file.readBytes += length;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}

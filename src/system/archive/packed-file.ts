import { closeSync, openSync, readSync, type Stats, statSync } from "node:fs";
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
  const status = statusOf(path);
  if (status.isFile()) return { path, size: status.size, readBytes: 0 };
  const hint = status.isDirectory()
    ? `Name the files in it that are wanted, such as ${path}/*.tar.gz.`
    : "Copy what it gives into a file, and name that one: an archive is read more than once.";
  throw new StoreError("INVALID_INPUT", `${path} is not a regular file`, { hint, details: { path } });
}

function statusOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    throw new StoreError("NOT_FOUND", `there is no file ${path}`, { details: { path }, cause: error });
  }
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
  return new StoreError("FAILED", `${path} cannot be read: ${cause.message}`, {
    ...(isErrno(cause, "EMFILE") && { hint: "Raise the limit of this shell: `ulimit -n 4096`." }),
    details: { path },
    cause,
  });
}

/** Where the next chunk of an archive is read: it can be moved on. */
export interface Cursor {
  position: number;
}

/** An open archive, read from where the cursor stands each time. A chunk is valid until the next one is asked for. */
export interface SparseReader {
  readonly cursor: Cursor;
  /** The next chunk, if it can be had without waiting and is not the end. */
  now(): Buffer | undefined;
  /** The others. */
  chunks(): AsyncGenerator<Buffer>;
}

/** Who may be waited for before more is read. */
interface Waiting {
  readonly hasRoom: boolean;
  ready(): Promise<void>;
}

const SPARSE_CHUNK_BYTES = 64 * 1024;

/** Other work gets its turn before each MiB, and there must be room. */
export function readSparsely(file: PackedFile, fd: number, waiting: Waiting): SparseReader {
  const cursor = { position: 0 };
  const buffer = Buffer.allocUnsafe(SPARSE_CHUNK_BYTES);
  let turnAt = 0;

  function next(): Buffer | undefined {
    const length = readSync(fd, buffer, 0, buffer.length, cursor.position);
    cursor.position += length;
    file.readBytes = cursor.position;
    return length === 0 ? undefined : buffer.subarray(0, length);
  }

  return {
    cursor,
    now: () => (cursor.position < turnAt && waiting.hasRoom ? next() : undefined),
    async *chunks() {
      for (;;) {
        if (cursor.position >= turnAt) {
          await setImmediate();
          turnAt = cursor.position + CHUNK_BYTES;
        }
        await waiting.ready();
        const chunk = next();
        if (chunk === undefined) return;
        yield chunk;
      }
    },
  };
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

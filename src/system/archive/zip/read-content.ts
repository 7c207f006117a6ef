import { createReadStream, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { isErrno, StoreError } from "../../../errors.ts";
import { formatCount } from "../../../model/format-count.ts";
import { closeStream } from "../../close-stream.ts";
import { archiveError, countExpanded, type Extraction } from "../extraction.ts";
import { CHUNK_BYTES } from "../packed-file.ts";
import type { ZipEntry } from "./read-directory.ts";

export interface ZipSource {
  /** The archive, and the same open. */
  readonly path: string;
  readonly fd: number;
  readonly entry: ZipEntry;
}

/**
 * The content of an entry in chunks, its size and checksum verified at the end. Each chunk is valid until the next one
 * is asked for.
 *
 * @throws StoreError ARCHIVE when it is damaged; LIMIT
 */
export async function* readZipContent(run: Extraction, source: ZipSource): AsyncGenerator<Buffer> {
  const { entry } = source;
  const found = { bytes: 0, crc32: 0 };
  try {
    for await (const chunk of unpack(source)) {
      found.bytes += chunk.length;
      if (found.bytes > entry.bytes) throw tooLong(run, entry);
      countExpanded(run, chunk.length);
      found.crc32 = crc32(chunk, found.crc32);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof StoreError || !(error instanceof Error)) throw error;
    if (isErrno(error, "ERR_BUFFER_TOO_LARGE")) throw tooLong(run, entry);
    throw archiveError(run, `has damaged data: ${error.message}`, { cause: error });
  }
  if (found.bytes !== entry.bytes)
    throw archiveError(run, `is shorter than the ${formatCount(entry.bytes, "byte")} that it announces`);
  if (found.crc32 !== entry.crc32) throw archiveError(run, "has a wrong checksum");
}

function tooLong(run: Extraction, entry: ZipEntry): StoreError {
  return archiveError(run, `is longer than the ${formatCount(entry.bytes, "byte")} that it announces`);
}

function unpack(source: ZipSource): AsyncIterable<Buffer> | Iterable<Buffer> {
  if (!source.entry.isDeflated) return readStored(source);
  const isSmall = source.entry.bytes <= CHUNK_BYTES && source.entry.packedBytes <= CHUNK_BYTES;
  return isSmall ? [inflateAtOnce(source)] : inflateInChunks(source);
}

async function* readStored({ fd, entry }: ZipSource): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(entry.packedBytes, CHUNK_BYTES));
  for (let at = 0; at < entry.packedBytes; ) {
    const length = readSync(fd, buffer, 0, Math.min(buffer.length, entry.packedBytes - at), entry.dataStart + at);
    if (length === 0) return;
    yield buffer.subarray(0, length);
    at += length;
    if (at < entry.packedBytes) await setImmediate();
  }
}

/** What node:zlib gives back with the option `info`. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function inflateAtOnce({ fd, entry }: ZipSource): Buffer {
  const packed = Buffer.allocUnsafe(entry.packedBytes);
  const length = readSync(fd, packed, 0, packed.length, entry.dataStart);
  const options = { maxOutputLength: entry.bytes + 1, chunkSize: Math.max(64, entry.bytes + 1), info: true };
  const { buffer, engine } = inflateRawSync(packed.subarray(0, length), options) as unknown as Inflated;
  checkAllUsed(engine, entry);
  return buffer;
}

async function* inflateInChunks({ path, entry }: ZipSource): AsyncGenerator<Buffer> {
  const end = entry.dataStart + entry.packedBytes - 1;
  const source = createReadStream(path, { start: entry.dataStart, end, highWaterMark: CHUNK_BYTES });
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  source.on("error", (error) => inflate.destroy(error));
  source.pipe(inflate);
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } finally {
    await closeStream(source);
  }
  checkAllUsed(inflate, entry);
}

function checkAllUsed({ bytesWritten }: { readonly bytesWritten: number }, entry: ZipEntry): void {
  if (bytesWritten !== entry.packedBytes) throw new Error("something else follows the compressed data");
}

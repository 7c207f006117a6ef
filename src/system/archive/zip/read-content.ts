import { createReadStream, readSync } from "node:fs";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { isErrno, StoreError } from "../../../errors.ts";
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
 * The content of an entry in chunks, its size and checksum verified at the end.
 *
 * @throws StoreError ARCHIVE when it is damaged; LIMIT
 */
export async function readZipContent(
  run: Extraction,
  { path, fd, entry }: ZipSource,
  use: (chunk: Buffer) => void,
): Promise<void> {
  const found = { bytes: 0, crc32: 0 };
  const take = (chunk: Buffer): void => {
    found.bytes += chunk.length;
    if (found.bytes > entry.bytes) throw tooLong(run, entry);
    countExpanded(run, chunk.length);
    found.crc32 = crc32(chunk, found.crc32);
    use(chunk);
  };
  try {
    if (!entry.isDeflated) copyStored(fd, entry, take);
    else if (isSmall(entry)) inflateAtOnce(fd, entry, take);
    else await inflateInChunks(path, entry, take);
  } catch (error) {
    if (error instanceof StoreError || !(error instanceof Error)) throw error;
    if (isErrno(error, "ERR_BUFFER_TOO_LARGE")) throw tooLong(run, entry);
    throw archiveError(run, `has damaged data: ${error.message}`, error);
  }
  if (found.bytes !== entry.bytes)
    throw archiveError(run, `is shorter than the ${entry.bytes} bytes that it announces`);
  if (found.crc32 !== entry.crc32) throw archiveError(run, "has a wrong checksum");
}

function tooLong(run: Extraction, entry: ZipEntry): StoreError {
  return archiveError(run, `is longer than the ${entry.bytes} bytes that it announces`);
}

function isSmall(entry: ZipEntry): boolean {
  return entry.bytes <= CHUNK_BYTES && entry.packedBytes <= CHUNK_BYTES;
}

function copyStored(fd: number, entry: ZipEntry, take: (chunk: Buffer) => void): void {
  const buffer = Buffer.allocUnsafe(Math.min(entry.packedBytes, CHUNK_BYTES));
  for (let at = 0; at < entry.packedBytes; ) {
    const length = readSync(fd, buffer, 0, Math.min(buffer.length, entry.packedBytes - at), entry.dataStart + at);
    if (length === 0) return;
    take(buffer.subarray(0, length));
    at += length;
  }
}

function inflateAtOnce(fd: number, entry: ZipEntry, take: (chunk: Buffer) => void): void {
  const packed = Buffer.allocUnsafe(entry.packedBytes);
  const length = readSync(fd, packed, 0, packed.length, entry.dataStart);
  const options = { maxOutputLength: entry.bytes + 1, chunkSize: Math.max(64, entry.bytes + 1), info: true };
  const { buffer, engine } = inflateRawSync(packed.subarray(0, length), options) as unknown as InflateInfo;
  if (engine.bytesWritten !== entry.packedBytes) throw new Error("something else follows the compressed data");
  take(buffer);
}

/** What node:zlib gives back with the option `info`. */
interface InflateInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

async function inflateInChunks(path: string, entry: ZipEntry, take: (chunk: Buffer) => void): Promise<void> {
  const end = entry.dataStart + entry.packedBytes - 1;
  const source = createReadStream(path, { start: entry.dataStart, end, highWaterMark: CHUNK_BYTES });
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  source.on("error", (error) => inflate.destroy(error));
  source.pipe(inflate);
  try {
    for await (const chunk of inflate) take(chunk as Buffer);
  } finally {
    source.destroy();
  }
  if (inflate.bytesWritten !== entry.packedBytes) throw new Error("something else follows the compressed data");
}

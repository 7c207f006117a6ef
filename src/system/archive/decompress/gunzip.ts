import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { CHUNK_BYTES, type PackedFile } from "../packed-file.ts";

/**
 * The content of a gzip file with one or more members. Zeros may follow, as tapes have them, and nothing else.
 *
 * @throws Error when the file is damaged, cut short, or followed by something else
 */
export async function* gunzip(file: PackedFile): AsyncGenerator<Buffer> {
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const inflate = createGunzip({ chunkSize: CHUNK_BYTES });
  source.on("data", (chunk) => {
    file.readBytes += chunk.length;
  });
  source.on("error", (error) => inflate.destroy(error));
  source.pipe(inflate);
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } finally {
    source.destroy();
  }
  // zlib stops at the first zero after a member without a look at the rest.
  if (!isZeroFrom(file, inflate.bytesWritten)) throw new Error("something else follows the compressed data");
}

function isZeroFrom(file: PackedFile, start: number): boolean {
  const fd = openSync(file.path, "r");
  try {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    for (let at = start; ; ) {
      const length = readSync(fd, buffer, 0, buffer.length, at);
      if (length === 0) return true;
      if (buffer.subarray(0, length).some((byte) => byte !== 0)) return false;
      at += length;
    }
  } finally {
    closeSync(fd);
  }
}

import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import readBits from "@openpgp/unbzip2-stream/lib/bit_iterator.js";
import bzip2 from "@openpgp/unbzip2-stream/lib/bzip2.js";
import { CHUNK_BYTES, type PackedFile } from "../packed-file.ts";
import { endOfData } from "./trailing-zeros.ts";

const LEVEL_BYTES = 100_000;

/**
 * The content of a bzip2 file with one or more streams, all checksums verified. Zeros may follow. The parts of the package are used
 * rather than its stream, which keeps the bytes of a block as an array of numbers: gigabytes where data repeat.
 *
 * @throws Error when the file is damaged, cut short, or followed by something else
 */
export async function* bunzip2(file: PackedFile): AsyncGenerator<Buffer> {
  const end = endOfData(file);
  const fd = openSync(file.path, "r");
  try {
    const bits = readBits(() => readChunk(fd, file));
    while (bits.bytesRead < end) yield* bunzip2Stream(bits);
  } finally {
    closeSync(fd);
  }
}

/** A stream is a header, blocks, and a checksum over all of them. */
async function* bunzip2Stream(bits: Bzip2Bits): AsyncGenerator<Buffer> {
  const blockBytes = bzip2.header(bits) * LEVEL_BYTES;
  const work = new Int32Array(blockBytes);
  for (let checksum = 0; ; ) {
    const output = createOutput();
    const next = bzip2.decompress(bits, output.put, work, blockBytes, checksum);
    if (next === null) return;
    checksum = next;
    yield* output.chunks();
    await setImmediate();
  }
}

/** Takes byte after byte; a block can become 45 MB of them. */
function createOutput() {
  const full: Buffer[] = [];
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let length = 0;
  return {
    put(byte: number): void {
      if (length === CHUNK_BYTES) {
        full.push(chunk);
        chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        length = 0;
      }
      chunk[length++] = byte;
    },
    chunks: (): Buffer[] => [...full, chunk.subarray(0, length)],
  };
}

function readChunk(fd: number, file: PackedFile): Buffer {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES / 16);
  const length = readSync(fd, buffer);
  if (length === 0) throw new Error("unexpected end of file");
  file.readBytes += length;
  return buffer.subarray(0, length);
}

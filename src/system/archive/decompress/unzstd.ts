import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Decompress } from "fzstd";
import xxhash, { type XXHash } from "xxhash-wasm";
import type { PackedFile } from "../packed-file.ts";

/** Gives the next bytes of the file. @throws Error when it ends before */
type Read = (length: number) => Buffer;

interface FrameHeader {
  readonly bytes: Buffer;
  readonly hasChecksum: boolean;
}

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a5;
/** What the program `zstd` accepts, too, unless it is told otherwise. */
const LARGEST_WINDOW = 128 * 1024 * 1024;
const LARGEST_BLOCK = 128 * 1024;
const BLOCKS_PER_TURN = 32;

/**
 * The content of a zstd file with one or more frames (RFC 8878), all checksums verified. The frames are taken apart
 * here and given to the decoder block by block, since it verifies nothing and cannot be stopped while it works.
 *
 * @throws Error when the file is damaged, cut short, or followed by something else
 */
export async function* unzstd(file: PackedFile): AsyncGenerator<Buffer> {
  const { create64 } = await xxhash();
  const fd = openSync(file.path, "r");
  const read = (length: number) => readExactly(fd, file, length);
  try {
    while (file.readBytes < file.size) {
      const magic = read(4);
      if (magic.readUInt32LE() >>> 4 === SKIPPABLE_MAGIC) skip(file, read(4).readUInt32LE());
      else yield* unzstdFrame(read, readFrameHeader(read, magic), create64());
    }
  } finally {
    closeSync(fd);
  }
}

function skip(file: PackedFile, length: number): void {
  file.readBytes += length;
  if (file.readBytes > file.size) throw new Error(CUT_SHORT);
}

async function* unzstdFrame(read: Read, header: FrameHeader, hash: XXHash<bigint>): AsyncGenerator<Buffer> {
  const unpacked: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => unpacked.push(chunk));
  let held = header.bytes;
  for (let count = 1; ; count += 1) {
    const { bytes, isLast } = readBlock(read);
    const checksum = isLast && header.hasChecksum ? read(4) : Buffer.alloc(0);
    const input = Buffer.concat([held, bytes, checksum]);
    // The decoder never lets go of a chunk that it uses up to its last byte, so one byte waits for the next chunk.
    const end = isLast ? input.length : input.length - 1;
    decoder.push(input.subarray(0, end), isLast);
    held = input.subarray(end);
    for (const chunk of unpacked.splice(0)) {
      hash.update(chunk);
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
    if (isLast) return verify(hash, checksum);
    if (count % BLOCKS_PER_TURN === 0) await setImmediate();
  }
}

/** The checksum is the lower half of XXH64 over the content of the frame. */
function verify(hash: XXHash<bigint>, checksum: Buffer): void {
  if (checksum.length === 0) return;
  if (Number(hash.digest() & 0xffffffffn) !== checksum.readUInt32LE()) throw new Error("wrong checksum");
}

function readFrameHeader(read: Read, magic: Buffer): FrameHeader {
  if (magic.readUInt32LE() !== FRAME_MAGIC) throw new Error("no frame where one must begin");
  const descriptor = read(1);
  const flags = descriptor[0] as number;
  if ((flags & 0b1000) !== 0) throw new Error("unknown kind of frame");
  if ((flags & 0b11) !== 0) throw new Error("the data need a dictionary");
  const isSingle = (flags & 0b100000) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] as number;
  const rest = read((isSingle ? 0 : 1) + sizeBytes);
  const window = isSingle ? littleEndian(rest) : windowSize(rest[0] as number);
  if (window > LARGEST_WINDOW) throw new Error("the data need too much memory");
  return { bytes: Buffer.concat([magic, descriptor, rest]), hasChecksum: (flags & 0b100) !== 0 };
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 0b111);
}

function littleEndian(bytes: Buffer): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function readBlock(read: Read): { readonly bytes: Buffer; readonly isLast: boolean } {
  const header = read(3);
  const fields = header.readUIntLE(0, 3);
  const type = (fields >> 1) & 0b11;
  const size = fields >> 3;
  if (type === 3 || size > LARGEST_BLOCK) throw new Error("damaged block");
  const isRun = type === 1;
  return { bytes: Buffer.concat([header, read(isRun ? 1 : size)]), isLast: (fields & 1) === 1 };
}

const CUT_SHORT = "unexpected end of file";

function readExactly(fd: number, file: PackedFile, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const count = readSync(fd, bytes, at, length - at, file.readBytes);
    if (count === 0) throw new Error(CUT_SHORT);
    at += count;
    file.readBytes += count;
  }
  return bytes;
}

import { closeSync, openSync, readSync } from "node:fs";
import type { PackedFile } from "../packed-file.ts";

const PIECE = 64 * 1024;

/** Behind the last byte of a file that is no zero: tapes, and copies of them, have zeros at the end. */
export function endOfData({ path, size }: PackedFile): number {
  const fd = openSync(path, "r");
  try {
    for (let end = size; end > 0; end -= PIECE) {
      const piece = readPiece(fd, Math.max(0, end - PIECE), end);
      const last = piece.findLastIndex((byte) => byte !== 0);
      if (last >= 0) return Math.max(0, end - PIECE) + last + 1;
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}

/** What each bzip2 stream ends with: these bits, not aligned, a checksum, and zeros up to the next byte. */
const BZIP2_END = 0x177245385090n;
const [END_BITS, CHECKSUM_BITS] = [48, 32];

/** Whether a bzip2 file, the streams of which are good, has nothing but zeros behind the last one. */
export function endsBzip2InZeros(file: PackedFile): boolean {
  const end = endOfData(file);
  const start = Math.max(0, end - 16);
  const tail = readTail(file, start, end + CHECKSUM_BITS / 8);
  const bits = BigInt(`0x0${tail.toString("hex")}`);
  for (let left = tail.length * 8 - END_BITS; left >= CHECKSUM_BITS; left--) {
    if (BigInt.asUintN(END_BITS, bits >> BigInt(left)) !== BZIP2_END) continue;
    return start + tail.length - Math.floor((left - CHECKSUM_BITS) / 8) >= end;
  }
  return false;
}

function readTail({ path, size }: PackedFile, start: number, end: number): Buffer {
  const fd = openSync(path, "r");
  try {
    return readPiece(fd, start, Math.min(size, end));
  } finally {
    closeSync(fd);
  }
}

function readPiece(fd: number, start: number, end: number): Buffer {
  const buffer = Buffer.alloc(end - start);
  return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
}

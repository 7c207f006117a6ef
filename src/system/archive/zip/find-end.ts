import { readSync } from "node:fs";

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
/** Where archives are large, or were written to a pipe, two records stand between the list of entries and the end. */
const END64 = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
/** With what each entry of the list begins. */
export const CENTRAL_HEADER = 0x02014b50;

/** The end of a zip archive, which tells where its list of entries is. */
export interface ZipEnd {
  /** Bytes that stand before the archive and that its own positions do not count, as of a program that unpacks it. */
  readonly shift: number;
}

/** `undefined` when the file does not end as a zip archive does. */
export function findZipEnd(fd: number, size: number): ZipEnd | undefined {
  const start = Math.max(0, size - END64_BYTES - LOCATOR64_BYTES - END_BYTES - LONGEST_COMMENT);
  const tail = readAt(fd, start, size - start);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END || tail.readUInt16LE(at + 20) !== tail.length - at - END_BYTES) continue;
    const { end, bytes, position } = directoryIn(tail, at);
    const shift = start + end - bytes - position;
    if (shift < 0) return undefined;
    // Something else can stand behind the list, such as a signature.
    return { shift: isEntry(fd, position) || !isEntry(fd, shift + position) ? 0 : shift };
  }
  return undefined;
}

/** Where in the last bytes of the file the list of entries ends, its length, and where the archive says that it begins. */
function directoryIn(tail: Buffer, at: number) {
  const locator = at - LOCATOR64_BYTES;
  const end = locator - END64_BYTES;
  const isZip64 = end >= 0 && tail.readUInt32LE(locator) === LOCATOR64 && tail.readUInt32LE(end) === END64;
  if (!isZip64) return { end: at, bytes: tail.readUInt32LE(at + 12), position: tail.readUInt32LE(at + 16) };
  return { end, bytes: Number(tail.readBigUInt64LE(end + 40)), position: Number(tail.readBigUInt64LE(end + 48)) };
}

function isEntry(fd: number, position: number): boolean {
  const start = readAt(fd, position, 4);
  return start.length === 4 && start.readUInt32LE() === CENTRAL_HEADER;
}

function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, position));
}

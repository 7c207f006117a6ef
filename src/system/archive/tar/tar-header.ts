import { Header } from "tar/header";
import { type ByteString, fromBytes } from "../../../model/byte-string.ts";

/** A header block of a tar archive (POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"). */
export interface TarHeader {
  /** The type flag: `0`, `5`, `x`, …; `0` for the NUL of old archives. */
  readonly type: string;
  readonly name: ByteString;
  readonly linkName: ByteString;
  /** Bytes of data that follow, `undefined` when the field is no number. */
  readonly size: number | undefined;
  readonly isExecutable: boolean;
}

/**
 * `Header` drops the size of a file whose name ends in a slash, as a name may that is cut off because the whole of it
 * stands elsewhere; so it is told another name.
 */
const NAMED = { path: "-" };

/** `undefined` when the block is no header: its checksum is wrong. */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  const header = decode(block);
  if (!header) return undefined;
  return {
    type: block[156] === 0 ? "0" : String.fromCharCode(block[156] as number),
    name: nameIn(block),
    linkName: field(block, 157, 100),
    // GNU tar leaves the field empty in the label of a volume.
    size: block[124] === 0 ? 0 : header.size,
    isExecutable: ((header.mode ?? 0) & 0o111) !== 0,
  };
}

/** The bytes up to the first NUL of the field. */
function field(block: Buffer, start: number, length: number): ByteString {
  const nul = block.indexOf(0, start);
  return fromBytes(block.subarray(start, nul === -1 ? start + length : Math.min(nul, start + length)));
}

/** `undefined` when the block is no header. */
function decode(block: Buffer): Header | undefined {
  const header = decodeAll(block);
  if (header?.cksumValid) return header;
  return hasRightSum(block) ? decodeAll(withoutUnused(block)) : undefined;
}

function decodeAll(block: Buffer): Header | undefined {
  try {
    return new Header(block, 0, NAMED);
  } catch {
    // A number in base 256 that is malformed or too large for JavaScript.
    return undefined;
  }
}

const CHECKSUM = [148, 156] as const;

/** Where user, group, time and device stand, which are of no use here and can have values that `Header` refuses. */
const UNUSED = [
  [108, 124],
  [136, 148],
  [329, 345],
] as const;

/** Old programs took the bytes for signed numbers. */
function hasRightSum(block: Buffer): boolean {
  const said = Number.parseInt(block.toString("latin1", ...CHECKSUM).replace(/^[ \0]+/, ""), 8);
  return said === sumOf(block, (byte) => byte) || said === sumOf(block, (byte) => (byte < 128 ? byte : byte - 256));
}

/** The sum of the block with spaces for the sum itself. */
function sumOf(block: Buffer, worth: (byte: number) => number): number {
  const [start, end] = CHECKSUM;
  return block.reduce((sum, byte, at) => sum + (at >= start && at < end ? 0x20 : worth(byte)), 0);
}

function withoutUnused(block: Buffer): Buffer {
  const copy = Buffer.from(block);
  for (const [start, end] of UNUSED) copy.fill(0, start, end);
  copy.write(
    `${sumOf(copy, (byte) => byte)
      .toString(8)
      .padStart(6, "0")}\0 `,
    CHECKSUM[0],
    "latin1",
  );
  return copy;
}

/** Taken from the bytes, since `Header` decodes names as UTF-8 and loses all others. */
function nameIn(block: Buffer): ByteString {
  const name = field(block, 0, 100);
  // Only POSIX's format has the prefix; GNU's has other things there, and a magic with a space.
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? field(block, 345, 155) : "";
  return (prefix === "" ? name : `${prefix}/${name}`) as ByteString;
}

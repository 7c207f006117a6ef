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
  if (!header?.cksumValid) return undefined;
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

function decode(block: Buffer): Header | undefined {
  try {
    return new Header(block, 0, NAMED);
  } catch {
    // A number in base 256 that is malformed or too large for JavaScript.
    return undefined;
  }
}

/** Taken from the bytes, since `Header` decodes names as UTF-8 and loses all others. */
function nameIn(block: Buffer): ByteString {
  const name = field(block, 0, 100);
  // Only POSIX's format has the prefix; GNU's has other things there, and a magic with a space.
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? field(block, 345, 155) : "";
  return (prefix === "" ? name : `${prefix}/${name}`) as ByteString;
}

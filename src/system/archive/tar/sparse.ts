import { archiveError, type Extraction } from "../extraction.ts";
import { type PaxHeader, parsePaxNumber } from "./pax.ts";
import { BLOCK, type Reading, type TarInput, take } from "./tar-input.ts";

/** Which parts of a file the archive has; the rest are holes. The data of the parts follow each other. */
export interface SparseMap {
  /** Size of the file in bytes, holes included. */
  readonly size: number;
  readonly segments: readonly Segment[];
}

interface Segment {
  readonly offset: number;
  readonly length: number;
}

const MOST_SEGMENTS = 1_000_000;
const UNKNOWN_FORMAT = "is a sparse file in a format that is not supported";

/**
 * The map of an entry of type `S` in GNU's own format: four segments in the header, 21 in each block after it (GNU tar
 * manual, "Storing Sparse Files", old GNU format).
 *
 * @throws StoreError ARCHIVE when malformed
 */
export function* readOldSparseMap(input: TarInput, header: Buffer): Reading<SparseMap> {
  const { run } = input;
  if (header.toString("latin1", 257, 265) !== "ustar  \0") throw archiveError(run, UNKNOWN_FORMAT);
  const size = number(run, header, 483);
  const segments = segmentsIn(run, header, { start: 386, count: 4 });
  for (let more = header[482] !== 0; more; ) {
    const block = yield* take(input, BLOCK);
    segments.push(...segmentsIn(run, block, { start: 0, count: 21 }));
    if (segments.length > MOST_SEGMENTS) throw archiveError(run, "has too many holes");
    more = block[504] !== 0;
  }
  return { size, segments };
}

/**
 * The map of an entry that a PAX header makes sparse, in GNU's formats 0.0, 0.1 or 1.0 (GNU tar manual, "PAX Format,
 * Version 0.0" and on), and how many bytes of the entry's data it took: in 1.0 it stands before the data. `undefined`
 * when the entry is not sparse.
 *
 * @throws StoreError ARCHIVE when malformed or of another version
 */
export function* readPaxSparseMap(
  input: TarInput,
  pax: PaxHeader,
): Reading<{ readonly map: SparseMap; readonly mapBytes: number } | undefined> {
  const { run } = input;
  const { values, segments } = pax;
  if (segments.length === 0 && ![...values.keys()].some((key) => key.startsWith("GNU.sparse."))) return undefined;
  const version = `${values.get("GNU.sparse.major") ?? 0}.${values.get("GNU.sparse.minor") ?? 0}`;
  const size = values.get("GNU.sparse.realsize") ?? values.get("GNU.sparse.size");
  if (!["0.0", "0.1", "1.0"].includes(version) || size === undefined) throw archiveError(run, UNKNOWN_FORMAT);
  const numbers = version === "1.0" ? yield* readNumbers(input) : { list: numbersIn(run, pax), bytes: 0 };
  if (numbers.list.length % 2 !== 0) throw archiveError(run, "has a malformed map of its holes");
  return { map: { size: parsePaxNumber(run, size), segments: pairs(numbers.list) }, mapBytes: numbers.bytes };
}

/**
 * Checks that the segments are in order, inside the file, and `dataBytes` long in total.
 *
 * @throws StoreError ARCHIVE
 */
export function checkSparseMap(run: Extraction, map: SparseMap, dataBytes: number): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of map.segments) {
    if (offset < end || offset + length > map.size) throw archiveError(run, "has a wrong map of its holes");
    end = offset + length;
    total += length;
  }
  if (total !== dataBytes) throw archiveError(run, "has a map of its holes that does not fit its data");
}

function numbersIn(run: Extraction, pax: PaxHeader): readonly number[] {
  const map = pax.values.get("GNU.sparse.map");
  const texts = map === undefined ? pax.segments : map.split(",");
  return texts.map((text) => parsePaxNumber(run, text));
}

/** Format 1.0: the count of segments, then offset and length of each, a line for each number, up to a full block. */
function* readNumbers(input: TarInput): Reading<{ readonly list: readonly number[]; readonly bytes: number }> {
  const { run } = input;
  const list: number[] = [];
  let rest = "";
  for (let bytes = BLOCK; ; bytes += BLOCK) {
    const lines = (rest + (yield* take(input, BLOCK)).toString("latin1")).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) {
      list.push(parsePaxNumber(run, line));
      if (list.length > 2 * (list[0] as number)) return { list: list.slice(1), bytes };
    }
    if ((list[0] ?? 0) > MOST_SEGMENTS) throw archiveError(run, "has too many holes");
    if (rest.length > BLOCK) throw archiveError(run, "has a malformed map of its holes");
  }
}

function pairs(numbers: readonly number[]): Segment[] {
  const segments: Segment[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    segments.push({ offset: numbers[at] as number, length: numbers[at + 1] as number });
  }
  return segments;
}

/** Twelve bytes of offset and twelve of length each; an empty one ends the list. */
function segmentsIn(
  run: Extraction,
  block: Buffer,
  table: { readonly start: number; readonly count: number },
): Segment[] {
  const segments: Segment[] = [];
  for (let at = table.start; at < table.start + table.count * 24 && block[at] !== 0; at += 24) {
    segments.push({ offset: number(run, block, at), length: number(run, block, at + 12) });
  }
  return segments;
}

/** A number of twelve bytes: octal digits, or base 256 when the first bit is set. */
function number(run: Extraction, block: Buffer, at: number): number {
  const bytes = block.subarray(at, at + 12);
  const octal = /^[ ]*([0-7]+)[ \0]*$/.exec(bytes.toString("latin1"));
  const isBinary = bytes[0] === 0x80 && bytes.readUInt32BE(1) === 0 && bytes[5] === 0;
  const value = octal ? Number.parseInt(octal[1] as string, 8) : isBinary ? bytes.readUIntBE(6, 6) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw archiveError(run, "has a malformed map of its holes");
  return value;
}

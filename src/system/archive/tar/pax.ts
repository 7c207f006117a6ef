import { type ByteString, fromBytes } from "../../../model/byte-string.ts";
import { archiveError, type Extraction } from "../extraction.ts";

/**
 * The records of an extended header that matter here, with their last values; a record with an empty value deletes
 * what came before. `GNU.sparse.offset` and `GNU.sparse.numbytes` may come many times: `segments` has all their values
 * in order.
 */
export interface PaxHeader {
  readonly values: ReadonlyMap<string, ByteString>;
  readonly segments: readonly ByteString[];
}

/** Records without which the content would come out wrong, and which nothing here understands. */
const LOSES_DATA = ["GNU.volume.filename", "GNU.volume.offset", "SCHILY.realsize", "SUN.holesdata"];
const NAMES_ONE_ENTRY = /^(path|linkpath|size|GNU\.sparse\..*)$/;
const SPARSE_SEGMENT = /^GNU\.sparse\.(offset|numbytes)$/;

/**
 * Parses the content of an extended header for one entry (POSIX.1-2017 pax, "pax Extended Header"). `Pax` of the
 * package `tar` cannot be used: it loses values with a newline, names that are not UTF-8, and all records of GNU's.
 *
 * @throws StoreError ARCHIVE when malformed, or when a record would lose data.
 */
export function parsePaxHeader(run: Extraction, bytes: Buffer): PaxHeader {
  const values = new Map<string, ByteString>();
  const segments: ByteString[] = [];
  for (const [key, value] of records(run, bytes)) {
    if (SPARSE_SEGMENT.test(key)) segments.push(value);
    else if (value === "") values.delete(key);
    else values.set(key, value);
  }
  const refused = LOSES_DATA.find((key) => values.has(key));
  if (refused !== undefined) throw archiveError(run, `has an extended header '${refused}', which is not supported`);
  return { values, segments };
}

/**
 * Checks an extended header for all entries that follow. What may stand there (comments, times, owners) is not kept.
 *
 * @throws StoreError ARCHIVE when malformed, or when it would name or resize every entry.
 */
export function checkGlobalPaxHeader(run: Extraction, bytes: Buffer): void {
  for (const key of parsePaxHeader(run, bytes).values.keys()) {
    if (NAMES_ONE_ENTRY.test(key)) throw archiveError(run, `is a global extended header with '${key}'`);
  }
}

/** A decimal number in a record. @throws StoreError ARCHIVE */
export function parsePaxNumber(run: Extraction, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw archiveError(run, "has an extended header with a malformed number");
  return value;
}

/** Each record is `<length> <key>=<value>\n`, where the length counts the whole record. */
function* records(run: Extraction, bytes: Buffer): Generator<readonly [key: string, value: ByteString]> {
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 ? "" : bytes.toString("latin1", at, Math.min(space, at + 20));
    const end = /^\d{1,8}$/.test(length) ? at + Number(length) : Number.NaN;
    const equals = bytes.indexOf(0x3d, space);
    if (!(end <= bytes.length) || bytes[end - 1] !== 0x0a || equals <= space || equals >= end) {
      throw archiveError(run, "has a malformed extended header");
    }
    yield [bytes.toString("latin1", space + 1, equals), fromBytes(bytes.subarray(equals + 1, end - 1))];
    at = end;
  }
}

import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { carryOf, EMPTY_LOG, endAfter, type LogEnd } from "../../model/chain.ts";
import type { LogRecord } from "../../model/log-record.ts";
import { moveAside } from "./aside.ts";
import { damagedLog, type RecordEntry, toEntry } from "./entries.ts";
import { FEW_LINES, linesBackward } from "./lines.ts";
import { isBoundary, liveSegments, readForward } from "./read.ts";
import { findLast } from "./search.ts";
import { openSegment, type Segment } from "./segments.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** The end of the log as it lies on disk. */
export interface LogTail {
  /** The segment that is written to. */
  readonly segment: Segment | undefined;
  readonly size: number;
  /** The last valid record; in an earlier segment when the last one has none. */
  readonly last: RecordEntry | undefined;
  /** Where, in `segment`, begins what a write left that did not end; `size` when there is no such thing. */
  readonly tornFrom: number;
}

/**
 * Reads the last lines, never the whole log.
 * @throws StoreError DAMAGED when the last line is complete but no valid record, NEWER_FORMAT
 */
export function readTail(log: TransactionLog): LogTail {
  const segments = liveSegments(log);
  const segment = segments.at(-1);
  const ends = [...segments].reverse();
  let tail: LogTail = { segment, size: 0, last: undefined, tornFrom: 0 };
  for (const candidate of ends) {
    using open = openSegment(candidate);
    if (!open) continue;
    if (candidate === segment) tail = { ...tail, size: open.size, tornFrom: open.size };
    for (const line of linesBackward(open, open.size, FEW_LINES)) {
      const entry = toEntry(line, candidate);
      if (entry.kind === "record") return { ...tail, last: entry, tornFrom: tornBehind(entry, tail) };
      if (entry.fault !== "torn" || candidate !== segment) throw damagedLog(entry);
      tail = { ...tail, tornFrom: line.offset };
    }
  }
  return tail;
}

/** Moves aside what a write left that did not end, so that the segment ends with a whole line. Needs the lock. */
export function settleTail(log: TransactionLog, tail: LogTail): LogTail {
  const { segment, size, last, tornFrom } = tail;
  const unterminated = last !== undefined && last.place.segment.name === segment?.name && !last.place.terminated;
  if (!segment || (tornFrom === size && !unterminated)) return tail;
  if (tornFrom < size) {
    const bytes = readFileSync(segment.path).subarray(tornFrom, size);
    moveAside(log, { what: "torn", segment, offset: tornFrom, bytes });
  }
  const fd = openSync(segment.path, "r+");
  try {
    ftruncateSync(fd, tornFrom);
    if (unterminated) writeSync(fd, "\n", tornFrom);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  const end = tornFrom + (unterminated ? 1 : 0);
  return { ...tail, size: end, tornFrom: end };
}

/** What the next record must know. Reads the whole log only when another program left out `carry`. */
export function logEnd(log: TransactionLog, tail: LogTail): LogEnd {
  if (!tail.last) return EMPTY_LOG;
  const { record, place } = tail.last;
  const end = endAfter(record, place.bytes);
  return record.members.carry === undefined ? { ...end, carry: foldCarry(log) } : end;
}

/**
 * Why this program must not write to the store: the log holds a critical record of a type that it does not know.
 * `undefined` when it may. The error is not thrown but returned.
 */
export function readOnlyReason(log: TransactionLog, tail = readTail(log)): StoreError | undefined {
  const own = tail.last && unknownCritical(tail.last.record);
  const { crit } = logEnd(log, tail).carry;
  if (own || crit === undefined) return own;
  const found = findLast(liveSegments(log), (record) => record.seq <= crit)?.entry.record;
  // Whoever trimmed it away understood it.
  if (!found || isBoundary(found)) return undefined;
  return found.seq === crit ? unknownCritical(found) : readOnly(crit, "which is damaged");
}

/** Why a record forbids this program to write; `undefined` when it does not. */
export function unknownCritical({ seq, event }: LogRecord): StoreError | undefined {
  return event.type === "unknown" && event.crit ? readOnly(seq, `of type '${event.name}'`) : undefined;
}

function readOnly(seq: number, what: string): StoreError {
  return new StoreError(
    "NEWER_FORMAT",
    `the store is read-only: record ${seq} of its log, ${what}, is marked critical`,
    {
      hint: "A newer version of store wrote it: use that one to change anything. Reading works.",
      details: { seq },
    },
  );
}

/**
 * For answers about the end of the log: that it knows the transaction with this number.
 * @throws StoreError DAMAGED when it does not
 */
export function requireEnd(log: TransactionLog, expects: number): void {
  const { lastTx } = logEnd(log, readTail(log)).carry;
  if (lastTx < expects) throw lostEnd(lastTx, expects);
}

/** `lastTx`: the last transaction that the log knows; `expects`: one that a generation tells of. */
export function lostEnd(lastTx: number, expects: number): StoreError {
  const what = lastTx === 0 ? "the log is lost" : `the end of the log is lost: it ends with #${lastTx}`;
  return new StoreError("DAMAGED", `${what}, and a generation was made by #${expects}`, {
    hint: "`store log repair` writes what is lost anew, as far as the generations tell; the next change does it, too.",
    details: { lastTransaction: lastTx, expected: expects },
  });
}

/** @throws StoreError NEWER_FORMAT when `readOnlyReason` gives one, DAMAGED */
export function requireWritable(log: TransactionLog): void {
  const reason = readOnlyReason(log);
  if (reason) throw reason;
}

function tornBehind(entry: RecordEntry, tail: LogTail): number {
  const { segment, offset, bytes, terminated } = entry.place;
  return !terminated && segment.name === tail.segment?.name ? offset + bytes : tail.tornFrom;
}

function foldCarry(log: TransactionLog): LogEnd["carry"] {
  let end = EMPTY_LOG;
  let last: LogRecord | undefined;
  for (const entry of readForward(log)) {
    if (entry.kind !== "record") continue;
    last = entry.record;
    end = { ...endAfter(last, entry.place.bytes), carry: carryOf(last, end) };
  }
  return end.carry;
}

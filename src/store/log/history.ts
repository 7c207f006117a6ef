import { isTransactionEnd } from "../../model/chain.ts";
import type { LogRecord, OpenIntent } from "../../model/log-record.ts";
import { type HistoryState, type ProfileState, replay } from "../../model/log-state.ts";
import { damagedLog, type RecordEntry } from "./entries.ts";
import { isBoundary, liveSegments, readBackward, readForward, trustedEntries } from "./read.ts";
import { type Found, findLast } from "./search.ts";
import type { Segment } from "./segments.ts";
import { logEnd, readTail } from "./tail.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** Where the log begins to tell. */
export interface HistoryBegin {
  readonly seq: number;
  /** UTC. */
  readonly time: string;
  /** The first transaction that is told whole. */
  readonly transaction: number;
  /** Whether there was more once. */
  readonly trimmed: boolean;
}

/** Answer to "what was live then". */
export type Live =
  | {
      readonly kind: "live";
      readonly state: ProfileState;
      /** The last record that counts. */
      readonly record: LogRecord;
      /**
       * Number of the record with which the clock went back over the time asked for: it may have passed twice, and the
       * later passing counts.
       */
      readonly clockWentBack: number | undefined;
    }
  /** The profile was not there. */
  | { readonly kind: "no-profile"; readonly record: LogRecord }
  /** The log does not reach so far back; `undefined` when it is empty. */
  | { readonly kind: "before-history"; readonly begins: HistoryBegin | undefined };

/**
 * What was live in a profile at `instant` (milliseconds since 1970): the state after the last record that is not later.
 * Reads the way of a binary search, then back to the last snapshot.
 * @throws StoreError DAMAGED when the answer depends on a damaged line
 */
export function findAt(log: TransactionLog, instant: number, profile: string): Live {
  const segments = liveSegments(log);
  const place = locate(segments, readTail(log).last, new Date(clamped(instant)).toISOString());
  if (!place) return { kind: "before-history", begins: historyBegins(log) };
  return liveAt(log, place.found, profile, place.clockWentBack);
}

/**
 * What was live in a profile when a transaction was done. `undefined` when there never was such a transaction.
 * @throws StoreError DAMAGED
 */
export function findAfterTransaction(log: TransactionLog, transaction: number, profile: string): Live | undefined {
  const records = readTransaction(log, transaction);
  const seq = standInForEnd(log, transaction, records) ?? records.at(-1)?.seq;
  const found = seq === undefined ? undefined : findLast(liveSegments(log), (record) => record.seq <= seq);
  if (found) return liveAt(log, found, profile, undefined);
  const begins = historyBegins(log);
  return begins && transaction > 0 && transaction < begins.transaction ? { kind: "before-history", begins } : undefined;
}

/**
 * The number of the record that stands in for the end of a transaction, or for all of it, where these are lost: what was
 * live then is uncertain.
 */
function standInForEnd(log: TransactionLog, transaction: number, records: readonly LogRecord[]): number | undefined {
  if (isTransactionEnd(records.map(({ event }) => event.type))) return undefined;
  const isGiven = transaction >= 1 && transaction <= logEnd(log, readTail(log)).carry.lastTx;
  if (!isGiven) return undefined;
  // What stands in for all of a transaction knows only those before it.
  const from = records.at(-1)?.seq ?? lastBefore(log, transaction)?.seq;
  for (const { record } of trustedEntries(readForward(log, from)))
    if (record.replaces) return isBoundary(record) ? undefined : record.seq;
  return undefined;
}

/** The last record from before a transaction began. */
function lastBefore(log: TransactionLog, transaction: number): LogRecord | undefined {
  return findLast(liveSegments(log), (record) => record.carry.lastTx < transaction)?.entry.record;
}

/**
 * State of all profiles after the record with this number, or after the last record.
 * @throws StoreError DAMAGED
 */
export function stateAfter(log: TransactionLog, seq = Number.MAX_SAFE_INTEGER): HistoryState {
  const found = findLast(liveSegments(log), (record) => record.seq <= seq);
  return found ? replay(recordsUpTo(log, found)) : new Map();
}

/**
 * The records of one transaction in their order: up to the one that ends it, or all so far. Empty when the log does not
 * have it.
 * @throws StoreError DAMAGED
 */
export function readTransaction(log: TransactionLog, transaction: number): readonly LogRecord[] {
  if (transaction < 1 || transaction > logEnd(log, readTail(log)).carry.lastTx) return [];
  const records: LogRecord[] = [];
  for (const { record } of trustedEntries(readForward(log, (lastBefore(log, transaction)?.seq ?? 0) + 1))) {
    if (isBoundary(record) && transaction <= record.carry.lastTx) return [];
    if (record.tx !== transaction) continue;
    records.push(record);
    if (isTransactionEnd(records.map(({ event }) => event.type))) return records;
  }
  return records;
}

/**
 * `undefined` for an empty log.
 * @throws StoreError DAMAGED when the first line is
 */
export function historyBegins(log: TransactionLog): HistoryBegin | undefined {
  for (const { record } of trustedEntries(readForward(log))) {
    const { seq, time, tx, carry } = record;
    const trimmed = isBoundary(record);
    return { seq, time, transaction: trimmed ? carry.lastTx + 1 : Math.max(tx, 1), trimmed };
  }
  return undefined;
}

/** Intents whose switch nobody recorded: the process died. Whether it was made tells the profile's `current`. */
export function unsettledIntents(log: TransactionLog): readonly OpenIntent[] {
  return logEnd(log, readTail(log)).carry.intents ?? [];
}

function liveAt(log: TransactionLog, found: Found, profile: string, clockWentBack: number | undefined): Live {
  const record = found.entry.record;
  const state = replay(recordsUpTo(log, found)).get(profile);
  return state ? { kind: "live", state, record, clockWentBack } : { kind: "no-profile", record };
}

interface Located {
  readonly found: Found;
  readonly clockWentBack: number | undefined;
}

/**
 * The last record whose time is not later than `time`. Within an era times do not go back, so that each can be searched
 * like a sorted list; the latest era that has such a record decides.
 */
function locate(segments: readonly Segment[], last: RecordEntry | undefined, time: string): Located | undefined {
  for (let end = last?.record; end; end = lastBeforeEra(segments, end)) {
    const found = lastInEra(segments, end, time);
    if (found) return { found, clockWentBack: wentBackOver(segments, end, time) };
  }
  return undefined;
}

/** The last record up to `time` of the era that ends with `end`. */
function lastInEra(segments: readonly Segment[], end: LogRecord, time: string): Found | undefined {
  const { era } = end.carry;
  const found = findLast(segments, ({ seq, time: at }) => seq < era || (seq <= end.seq && at <= time));
  refuseDoubt(found);
  return found && found.entry.record.seq >= era ? found : undefined;
}

/** The last record of the era before the one that ends with `end`. */
function lastBeforeEra(segments: readonly Segment[], end: LogRecord): LogRecord | undefined {
  const { era } = end.carry;
  const before = era > 1 ? findLast(segments, ({ seq }) => seq < era) : undefined;
  refuseDoubt(before);
  return before?.entry.record;
}

/**
 * The number of the record with which the clock went back over `time`, before the end of an era: an earlier one has records
 * from before that time and from behind it.
 */
function wentBackOver(segments: readonly Segment[], end: LogRecord, time: string): number | undefined {
  let next = end;
  for (;;) {
    const before = lastBeforeEra(segments, next);
    if (!before) return undefined;
    if (before.time > time && lastInEra(segments, before, time)) return next.carry.era;
    next = before;
  }
}

/** A damaged line just where the search ends might be the record that was looked for. */
function refuseDoubt(found: Found | undefined): void {
  if (found?.fault && (found.next || found.fault.fault !== "torn")) throw damagedLog(found.fault);
}

/** Oldest first, from the last snapshot or the beginning of the log. */
function recordsUpTo(log: TransactionLog, found: Found): readonly LogRecord[] {
  refuseDoubt(found);
  const records: LogRecord[] = [];
  for (const entry of readBackward(log, found.entry.place)) {
    if (entry.kind === "fault") throw damagedLog(entry);
    records.push(entry.record);
    if (entry.record.event.type === "snapshot") break;
  }
  return records.reverse();
}

/** Within the years 0000 to 9999, which a record's time can have. */
function clamped(instant: number): number {
  return Math.min(Math.max(instant, -62_167_219_200_000), 253_402_300_799_999);
}

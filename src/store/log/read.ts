import { type LogRecord, linkFault, ZERO_SUM } from "../../model/log-record.ts";
import { readTextIfPresent } from "../../system/atomic-file.ts";
import {
  damagedLog,
  type FaultEntry,
  type LogEntry,
  linkEntry,
  type Place,
  type RecordEntry,
  toEntry,
} from "./entries.ts";
import { linesBackward, linesForward } from "./lines.ts";
import { findLast } from "./search.ts";
import { listLogDirectory, openSegment, type Segment, segmentAt, segmentsIn, TRIM_MARKER } from "./segments.ts";
import type { TransactionLog } from "./transaction-log.ts";

/**
 * Records and faults, newest first, read in blocks as they are asked for; from the end or from the record at `from`.
 */
export function* readBackward(log: TransactionLog, from?: Place): Generator<LogEntry, void> {
  let later: RecordEntry | undefined;
  for (const segment of [...liveSegments(log)].reverse()) {
    if (from && segmentAfter(segment, from.segment)) continue;
    using open = openSegment(segment);
    if (!open) return;
    const end = from?.segment.name === segment.name ? from.offset + from.bytes + 1 : open.size;
    for (const line of linesBackward(open, Math.min(end, open.size))) {
      const entry = toEntry(line, segment);
      const reason = later && entry.kind === "record" ? linkFault(entry.record, later.record) : undefined;
      if (later && reason) yield linkEntry(later, reason);
      later = entry.kind === "record" ? entry : undefined;
      yield entry;
    }
  }
  const reason = later && linkFault(undefined, later.record);
  if (later && reason) yield linkEntry(later, reason);
}

/** Records and faults in the order of their numbers, from the record with number `seq` or the next there is. */
export function* readForward(log: TransactionLog, seq = 1): Generator<LogEntry, void> {
  const segments = liveSegments(log);
  const start = seq > 1 ? findLast(segments, (record) => record.seq < seq)?.entry : undefined;
  let before: LogRecord | undefined = start?.record;
  let checkable = true;
  for (const segment of segments) {
    if (start && segmentAfter(start.place.segment, segment)) continue;
    using open = openSegment(segment);
    if (!open) continue;
    const offset = start?.place.segment.name === segment.name ? start.place.offset + start.place.bytes + 1 : 0;
    for (const line of linesForward(open, offset)) {
      const entry = toEntry(line, segment, offset === 0 ? (line.feeds ?? 0) + 1 : undefined);
      const reason = checkable && entry.kind === "record" ? linkFault(before, entry.record) : undefined;
      if (reason) yield linkEntry(entry as RecordEntry, reason);
      checkable = entry.kind === "record";
      if (entry.kind === "record") before = entry.record;
      yield entry;
    }
  }
}

/** The segments that count: a trim that was interrupted leaves some that do not. */
export function liveSegments(log: TransactionLog): readonly Segment[] {
  const names = listLogDirectory(log.directory);
  const segments = segmentsIn(log.directory, names);
  const first = names.includes(TRIM_MARKER) ? trimmedTo(log.directory) : undefined;
  return first ? segments.filter((segment) => !segmentAfter(first, segment)) : segments;
}

/** The segment that an interrupted trim made the first, when it came that far. */
export function trimmedTo(directory: string): Segment | undefined {
  const name = readTextIfPresent(segmentAt(directory, TRIM_MARKER).path)?.trim();
  if (!name || !/^\d{6,}\.jsonl$/.test(name)) return undefined;
  const segment = segmentAt(directory, name);
  using open = openSegment(segment);
  if (!open) return undefined;
  for (const line of linesForward(open, 0)) {
    const entry = toEntry(line, segment);
    return entry.kind === "record" && isBoundary(entry.record) ? segment : undefined;
  }
  return undefined;
}

/** Whether a record is the first one and stands in for others, mostly the snapshot that a trim begins the log with. */
export function isBoundary(record: LogRecord): boolean {
  return record.replaces !== undefined && record.prev === ZERO_SUM;
}

/**
 * The records alone, for answers that need all of them.
 * @throws StoreError DAMAGED at the first fault; what a write left that did not end, at the very end, is none
 */
export function* trustedEntries(entries: Iterable<LogEntry>): Generator<RecordEntry, void> {
  let torn: FaultEntry | undefined;
  for (const entry of entries) {
    if (torn) throw damagedLog(torn);
    if (entry.kind === "record") yield entry;
    else if (entry.fault === "torn") torn = entry;
    else throw damagedLog(entry);
  }
}

export function segmentAfter(segment: Segment, other: Segment): boolean {
  return Number.parseInt(segment.name, 10) > Number.parseInt(other.name, 10);
}

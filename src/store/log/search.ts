import type { LogRecord } from "../../model/log-record.ts";
import { type FaultEntry, type LogEntry, type RecordEntry, toEntry } from "./entries.ts";
import { FEW_LINES, lineStartFrom, linesForward } from "./lines.ts";
import { type OpenSegment, openSegment, type Segment } from "./segments.ts";

/** The last record for which a rule holds, and what follows it. */
export interface Found {
  readonly entry: RecordEntry;
  /** The next valid record. */
  readonly next: RecordEntry | undefined;
  /** The first damaged line between the two, or behind `entry` when there is no next. */
  readonly fault: FaultEntry | undefined;
}

/** Below this distance lines are read one after the other. */
const NEAR = 32 * 1024;

/**
 * Binary search over segments and byte offsets; `rule` holds for the first records up to some point and for none behind
 * it. Reads a line or two of each place it looks at, whatever the length of the log. `undefined` when it holds for none.
 */
export function findLast(segments: readonly Segment[], rule: (record: LogRecord) => boolean): Found | undefined {
  const index = lastSegment(segments, rule);
  if (index === -1) return undefined;
  using open = openSegment(segments[index] as Segment);
  if (!open) return undefined;
  return scan(segments, index, lastKnown(open, rule), rule);
}

/** The last segment whose first valid record keeps the rule; -1 when none does. */
function lastSegment(segments: readonly Segment[], rule: (record: LogRecord) => boolean): number {
  let best = -1;
  let low = -1;
  let high = segments.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const probe = lastWithHead(segments, low, middle);
    if (probe && !rule(probe.head.record)) high = probe.index;
    else {
      low = middle;
      best = probe?.index ?? best;
    }
  }
  return best;
}

/** The last segment behind `low` and up to `high` in which there is a valid record. */
function lastWithHead(segments: readonly Segment[], low: number, high: number) {
  for (let index = high; index > low; index -= 1) {
    const head = headOf(segments[index] as Segment);
    if (head) return { index, head };
  }
  return undefined;
}

function headOf(segment: Segment): RecordEntry | undefined {
  using open = openSegment(segment);
  return open && firstRecord(open, 0, open.size);
}

/** The first valid record that begins at or behind `offset` and before `end`. */
function firstRecord(open: OpenSegment, offset: number, end: number): RecordEntry | undefined {
  const start = lineStartFrom(open, offset);
  if (start >= end) return undefined;
  for (const line of linesForward(open, start, FEW_LINES)) {
    if (line.offset >= end) return undefined;
    const entry = toEntry(line, open.segment);
    if (entry.kind === "record") return entry;
  }
  return undefined;
}

/** Start of a line that keeps the rule, or 0, near the last one that does. */
function lastKnown(open: OpenSegment, rule: (record: LogRecord) => boolean): number {
  let low = 0;
  let high = open.size;
  while (high - low > NEAR) {
    const middle = low + ((high - low) >> 1);
    const entry = firstRecord(open, middle, high);
    if (!entry) high = middle;
    else if (rule(entry.record)) low = entry.place.offset;
    else high = middle;
  }
  return low;
}

function scan(
  segments: readonly Segment[],
  index: number,
  offset: number,
  rule: (record: LogRecord) => boolean,
): Found | undefined {
  let entry: RecordEntry | undefined;
  let fault: FaultEntry | undefined;
  for (const next of entriesFrom(segments, index, offset)) {
    if (next.kind === "fault") fault ??= next;
    else if (rule(next.record)) [entry, fault] = [next, undefined];
    else return entry && { entry, next, fault };
  }
  return entry && { entry, next: undefined, fault };
}

function* entriesFrom(segments: readonly Segment[], index: number, offset: number): Generator<LogEntry, void> {
  for (const segment of segments.slice(index)) {
    using open = openSegment(segment);
    if (!open) continue;
    const start = segment === segments[index] ? offset : 0;
    for (const line of linesForward(open, start)) yield toEntry(line, segment);
  }
}

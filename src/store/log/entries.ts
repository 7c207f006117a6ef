import { StoreError } from "../../errors.ts";
import { isFault, type LineFault, type LogRecord, parseLine } from "../../model/log-record.ts";
import { type Line, lineNumberAt } from "./lines.ts";
import { openSegment, type Segment } from "./segments.ts";

/** Where a line stands. */
export interface Place {
  readonly segment: Segment;
  readonly offset: number;
  /** Length without the line feed. */
  readonly bytes: number;
  readonly terminated: boolean;
  /** From 1; `undefined` where it was not counted. */
  readonly line?: number | undefined;
}

/** A valid record and its line. */
export interface RecordEntry {
  readonly kind: "record";
  readonly record: LogRecord;
  readonly place: Place;
}

/**
 * What is wrong at a place: with the line itself (`damaged`, `edited`, `newer`, or `torn`: left by a write that did not
 * end, which at the end of the log is no damage), or with a valid record's link to the one before (`link`).
 */
export interface FaultEntry {
  readonly kind: "fault";
  readonly fault: LineFault["kind"] | "torn" | "link";
  readonly reason: string;
  readonly place: Place;
  readonly record: LogRecord | undefined;
}

/** What a crash of the whole machine leaves of a write; a single changed byte does not look so. */
const ZEROS = Buffer.alloc(8);

export type LogEntry = RecordEntry | FaultEntry;

/** What `verify` prints of a fault. */
export interface LogFinding {
  /** `state`: the profiles contradict it. `lost`: records are missing at the end. */
  readonly fault: FaultEntry["fault"] | "state" | "lost";
  /** Name of the segment; empty when there is none. */
  readonly file: string;
  /** From 1; 0 for no line. */
  readonly line: number;
  readonly seq: number | undefined;
  readonly reason: string;
}

/** `number`: that of the line, when the caller counts. */
export function toEntry(line: Line, segment: Segment, number?: number): LogEntry {
  const { offset, bytes, terminated } = line;
  const place = { segment, offset, bytes: bytes.length, terminated, line: number };
  const parsed = parseLine(line.bytes.toString("utf8"));
  if (!isFault(parsed)) return { kind: "record", record: parsed, place };
  const whole = line.terminated ? undefined : wholeBeforeEnd(line, place);
  if (whole) return whole;
  if (line.terminated && !line.bytes.includes(ZEROS))
    return { kind: "fault", fault: parsed.kind, reason: parsed.reason, place, record: parsed.record };
  return { kind: "fault", fault: "torn", reason: "a write did not end here", place, record: undefined };
}

export function linkEntry(entry: RecordEntry, reason: string): FaultEntry {
  return { kind: "fault", fault: "link", reason, place: entry.place, record: entry.record };
}

export function toFinding(entry: FaultEntry): LogFinding {
  const { fault, reason, place, record } = entry;
  return { fault, file: place.segment.name, line: place.line ?? countLines(place), seq: record?.seq, reason };
}

function countLines(place: Place): number {
  using open = openSegment(place.segment);
  return open ? lineNumberAt(open, Math.min(place.offset, open.size)) : 0;
}

/** For an answer that needs the line: nothing is said that might be wrong. */
export function damagedLog(entry: FaultEntry): StoreError {
  const finding = toFinding(entry);
  const code = finding.fault === "newer" ? "NEWER_FORMAT" : "DAMAGED";
  return new StoreError(code, `the log is damaged at line ${finding.line} of ${finding.file}: ${finding.reason}`, {
    hint: HINTS[finding.fault],
    details: { ...finding, path: entry.place.segment.path },
  });
}

const REPAIR =
  "See all damage with `store log verify`; `store log repair` goes on without what is damaged, `store log reseal` accepts edits.";

const HINTS: Readonly<Record<LogFinding["fault"], string>> = {
  damaged: REPAIR,
  edited: REPAIR,
  link: REPAIR,
  torn: REPAIR,
  state: REPAIR,
  lost: REPAIR,
  newer: "Use the newer version of store that wrote it; nothing was changed.",
};

/** A whole record whose line feed alone was lost or changed. */
function wholeBeforeEnd(line: Line, place: Place): RecordEntry | undefined {
  const end = line.bytes.lastIndexOf("}") + 1;
  if (end === 0 || end === line.bytes.length) return undefined;
  const record = parseLine(line.bytes.toString("utf8", 0, end));
  return isFault(record) ? undefined : { kind: "record", record, place: { ...place, bytes: end } };
}

import { StoreError } from "../../errors.ts";
import { carryOf, EMPTY_LOG, endAfter, type LogEnd, type Stamp } from "../../model/chain.ts";
import type { JsonObject } from "../../model/log-event.ts";
import { isFault, LOG_VERSION, type LogRecord, parseLine, recordOf, sealLine } from "../../model/log-record.ts";
import { writeFileAtomic } from "../../system/atomic-file.ts";
import { appendLocked, lockLog } from "./append.ts";
import { moveAside } from "./aside.ts";
import { damagedLog, type FaultEntry, type LogEntry, toEntry } from "./entries.ts";
import { type Line, linesForward } from "./lines.ts";
import { liveSegments } from "./read.ts";
import { openSegment, type Segment } from "./segments.ts";
import { unknownCritical } from "./tail.ts";
import type { TransactionLog } from "./transaction-log.ts";

export interface ResealResult {
  /** Numbers of the records whose content was edited. */
  readonly edited: readonly number[];
  /** Numbers of the records that were taken out, as `[first, last]`. */
  readonly removed: readonly (readonly [number, number])[];
  /** Numbers from which on the chain was computed anew; `undefined` when nothing was edited and nothing was written. */
  readonly from: number | undefined;
}

/**
 * Accepts what was edited by hand in the log: changed members and lines that were taken out. Gives every record from the
 * first edit on its new `prev`, `carry` and `sum`, and logs that this was done. When it is interrupted, the log looks
 * edited still: run it again.
 * @throws StoreError DAMAGED for a line that is no record, with file and line; NEWER_FORMAT
 */
export async function resealLog(log: TransactionLog): Promise<ResealResult> {
  using _ = await lockLog(log);
  const walk: Walk = {
    stamp: { time: log.now().toISOString(), zone: log.zone },
    end: EMPTY_LOG,
    from: undefined,
    edited: [],
    removed: [],
  };
  const changed = liveSegments(log).flatMap((segment) => resealSegment(segment, walk));
  const { from, edited, removed } = walk;
  if (from === undefined) return { edited, removed, from };
  for (const { segment, torn } of changed) if (torn) moveAside(log, { what: "torn", segment, ...torn });
  for (const { segment, lines } of changed) writeFileAtomic(segment.path, lines.map((line) => `${line}\n`).join(""));
  appendLocked(log, [{ tx: "new", event: { type: "reseal", edited }, extra: { from, removed } }], { durable: true });
  return { edited, removed, from };
}

interface Walk {
  readonly stamp: Stamp;
  end: LogEnd;
  /** Number of the first record that changes. */
  from: number | undefined;
  readonly edited: number[];
  readonly removed: [number, number][];
}

interface ResealedSegment {
  readonly segment: Segment;
  readonly lines: readonly string[];
  readonly torn: { readonly offset: number; readonly bytes: Buffer } | undefined;
}

function resealSegment(segment: Segment, walk: Walk): readonly ResealedSegment[] {
  using open = openSegment(segment);
  if (!open) return [];
  const lines: string[] = [];
  let torn: { line: Line; entry: FaultEntry } | undefined;
  for (const line of linesForward(open, 0)) {
    if (torn) throw damagedLog(torn.entry);
    const entry = toEntry(line, segment, (line.feeds ?? 0) + 1);
    if (entry.kind === "fault" && entry.fault === "torn") torn = { line, entry };
    else lines.push(...resealLine(line, entry, walk));
  }
  return walk.from === undefined ? [] : [{ segment, lines, torn: torn?.line }];
}

function resealLine(line: Line, entry: LogEntry, walk: Walk): readonly string[] {
  const { record } = entry;
  if (!record || (entry.kind === "fault" && entry.fault !== "edited")) throw damagedLog(entry as FaultEntry);
  const forbidden = unknownCritical(record);
  if (forbidden) throw forbidden;
  const edited = entry.kind === "fault";
  if (edited) walk.edited.push(record.seq);
  const stand = standInBefore(record, entry, walk);
  if (walk.from === undefined && !edited && stand.length === 0 && record.prev === walk.end.prev) {
    walk.end = endAfter(record, line.bytes.length);
    return [line.bytes.toString("utf8", 0, entry.place.bytes)];
  }
  walk.from ??= record.seq;
  return [...stand, chainAnew(record.members, entry, walk)];
}

/** A record that stands for those that were taken out before `record`, if any were. */
function standInBefore(record: LogRecord, entry: LogEntry, walk: Walk): readonly string[] {
  const first = walk.end.seq + 1;
  const next = record.replaces?.first ?? record.seq;
  if (next === first || (walk.end.seq === 0 && record.replaces)) return [];
  if (next < first) throw outOfOrder(record, entry, walk);
  walk.removed.push([first, next - 1]);
  walk.from ??= next - 1;
  const { time, zone } = record;
  const replaces = { first, last: next - 1 };
  return [chainAnew({ v: LOG_VERSION, seq: next - 1, time, zone, tx: 0, type: "reseal", replaces }, entry, walk)];
}

function chainAnew(members: JsonObject, entry: LogEntry, walk: Walk): string {
  const { sum: _, ...replaces } = (members.replaces ?? {}) as JsonObject;
  const { prev } = walk.end;
  const draft = { ...members, prev, sum: prev, carry: undefined, replaces: members.replaces && replaces };
  const unsealed = recordOf(draft);
  if (typeof unsealed === "string") throw cannotSeal(entry, unsealed);
  const line = sealed({ ...draft, carry: carryOf(unsealed, walk.end) as unknown as JsonObject }, entry);
  const record = parseLine(line);
  if (isFault(record)) throw cannotSeal(entry, record.reason);
  walk.end = endAfter(record, Buffer.byteLength(line));
  return line;
}

function sealed(members: JsonObject, entry: LogEntry): string {
  try {
    return sealLine(members);
  } catch (error) {
    throw cannotSeal(entry, error instanceof Error ? error.message : String(error));
  }
}

function cannotSeal({ place }: LogEntry, reason: string): StoreError {
  return damagedLog({ kind: "fault", fault: "damaged", reason, place, record: undefined });
}

function outOfOrder(record: LogRecord, entry: LogEntry, walk: Walk): StoreError {
  const { segment, line } = entry.place;
  return new StoreError("DAMAGED", `line ${line} of ${segment.name} has number ${record.seq}, after ${walk.end.seq}`, {
    hint: "Records keep their numbers and their order: put the line back where it was, or take it out.",
    details: { file: segment.path, line, seq: record.seq },
  });
}

import type { StoreError } from "../../errors.ts";
import { isFault, type LogRecord, parseLine } from "../../model/log-record.ts";
import { damagedLog, type LogEntry, toEntry } from "./entries.ts";
import { factsOf, type Gap, type LiveFact } from "./gap.ts";
import { type Line, linesForward } from "./lines.ts";
import { liveSegments } from "./read.ts";
import { openSegment, type Segment } from "./segments.ts";
import { unknownCritical } from "./tail.ts";
import type { TransactionLog } from "./transaction-log.ts";

export type RepairPiece =
  | { readonly kind: "keep"; readonly bytes: Buffer }
  /** `salvaged`: lines of whole records that were found in it. */
  | {
      readonly kind: "aside";
      readonly what: "torn" | "damaged";
      readonly offset: number;
      readonly bytes: Buffer;
      readonly salvaged: readonly Buffer[];
    }
  | { readonly kind: "gap"; readonly gap: Gap };

export interface SegmentRepair {
  readonly segment: Segment;
  readonly pieces: readonly RepairPiece[];
}

export interface RepairPlan {
  /** Those that change. */
  readonly segments: readonly SegmentRepair[];
  readonly lost: readonly (readonly [number, number])[];
  readonly facts: readonly LiveFact[];
  /** Why this program must not write to this log. */
  readonly forbidden: StoreError | undefined;
}

/** Decides line by line what stays, what goes and what is missing. Changes nothing. */
export function planRepair(log: TransactionLog): RepairPlan {
  const segments: SegmentRepair[] = [];
  const facts: LiveFact[] = [];
  const gaps: Gap[] = [];
  const walk: Walk = { before: undefined, damagedLines: 0, forbidden: undefined };
  const all = liveSegments(log);
  for (const segment of all) {
    using open = openSegment(segment);
    if (!open) continue;
    const pieces: RepairPiece[] = [];
    for (const line of linesForward(open, 0))
      for (const piece of planLine(line, segment, walk)) {
        if (piece.kind === "gap") gaps.push(piece.gap);
        if (piece.kind === "keep" && walk.before) facts.push(...factsOf(walk.before));
        pieces.push(piece);
      }
    if (segment === all.at(-1)) pieces.push(...endGap(walk, gaps));
    if (pieces.some(({ kind }) => kind !== "keep")) segments.push({ segment, pieces });
  }
  return { segments, facts, forbidden: walk.forbidden, lost: gaps.map(({ first, last }) => [first, last]) };
}

interface Walk {
  /** The last record that stays. */
  before: LogRecord | undefined;
  /** Lines since then that might have been records. */
  damagedLines: number;
  forbidden: StoreError | undefined;
}

function planLine(line: Line, segment: Segment, walk: Walk): readonly RepairPiece[] {
  const entry = toEntry(line, segment, (line.feeds ?? 0) + 1);
  if (entry.kind === "record") return planRecord(entry, line, walk);
  if (entry.fault === "newer") walk.forbidden ??= damagedLog(entry);
  const salvaged = salvage(line.bytes);
  if (entry.fault !== "torn" && salvaged.length === 0) walk.damagedLines += 1;
  const aside = {
    kind: "aside",
    what: entry.fault === "torn" ? "torn" : "damaged",
    offset: line.offset,
    bytes: line.bytes,
  } as const;
  const kept: Buffer[] = [];
  const gaps: RepairPiece[] = [];
  for (const { bytes, record } of salvaged) {
    const gap = gapBefore(record, walk);
    if (gap === "order") continue;
    if (gap) gaps.push({ kind: "gap", gap });
    walk.before = record;
    walk.damagedLines = 0;
    kept.push(bytes);
  }
  return [...gaps, { ...aside, salvaged: kept }];
}

function planRecord(entry: LogEntry & { kind: "record" }, line: Line, walk: Walk): readonly RepairPiece[] {
  const { record, place } = entry;
  walk.forbidden ??= unknownCritical(record);
  const gap = gapBefore(record, walk);
  if (gap === "order") {
    const { offset, bytes } = line;
    return [{ kind: "aside", what: "damaged", offset, bytes, salvaged: [] }];
  }
  walk.before = record;
  walk.damagedLines = 0;
  const keep = { kind: "keep", bytes: line.bytes.subarray(0, place.bytes) } as const;
  return gap ? [{ kind: "gap", gap }, keep] : [keep];
}

/** The numbers that are missing before a record; `order` when it is not later than the one before it. */
function gapBefore(record: LogRecord, walk: Walk): Gap | "order" | undefined {
  const { before } = walk;
  if (before === undefined && record.replaces) return undefined;
  const first = (before?.seq ?? 0) + 1;
  const start = record.replaces?.first ?? record.seq;
  if (start < first) return "order";
  return start === first ? undefined : { first, last: start - 1, before, next: record };
}

/** Damaged lines at the end of the log have used numbers, too: at most one each. */
function endGap(walk: Walk, gaps: Gap[]): readonly RepairPiece[] {
  const { before, damagedLines } = walk;
  if (damagedLines === 0) return [];
  const first = (before?.seq ?? 0) + 1;
  const gap = { first, last: first + damagedLines - 1, before, next: undefined };
  gaps.push(gap);
  return [{ kind: "gap", gap }];
}

/** Whole records in a line that lost the line feed between them: all end with `zone`, the last member by name. */
function salvage(bytes: Buffer): readonly { readonly bytes: Buffer; readonly record: LogRecord }[] {
  const text = bytes.toString("latin1");
  const found: { bytes: Buffer; record: LogRecord }[] = [];
  let start = 0;
  for (const match of text.matchAll(/"zone":"[^"]*"\}/g)) {
    const end = match.index + match[0].length;
    const candidate = bytes.subarray(start, end);
    const record = parseLine(candidate.toString("utf8"));
    const next = text.indexOf("{", end);
    start = next === -1 ? bytes.length : next;
    if (!isFault(record)) found.push({ bytes: candidate, record });
  }
  return found;
}

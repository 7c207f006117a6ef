import type { StoreError } from "../../errors.ts";
import { isFault, type LogRecord, parseLine } from "../../model/log-record.ts";
import { damagedLog, toEntry } from "./entries.ts";
import { factsOf, type Gap, type LiveFact } from "./gap.ts";
import { type Line, linesForward } from "./lines.ts";
import { liveSegments } from "./read.ts";
import { openSegment, type Segment } from "./segments.ts";
import { unknownCritical } from "./tail.ts";
import type { TransactionLog } from "./transaction-log.ts";

export type RepairPiece =
  | { readonly kind: "keep"; readonly bytes: Buffer }
  | {
      readonly kind: "aside";
      readonly what: "torn" | "damaged";
      readonly offset: number;
      readonly bytes: Buffer;
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
  const walk: Walk = { before: undefined, damagedLines: 0, facts: [], gaps: [], forbidden: undefined };
  const segments: SegmentRepair[] = [];
  const all = liveSegments(log);
  for (const segment of all) {
    using open = openSegment(segment);
    if (!open) continue;
    const pieces = [...linesForward(open, 0)].flatMap((line) => planLine(line, segment, walk));
    if (segment === all.at(-1)) pieces.push(...endGap(walk));
    if (pieces.some(({ kind }) => kind !== "keep")) segments.push({ segment, pieces });
  }
  const { facts, gaps, forbidden } = walk;
  return { segments, facts, forbidden, lost: gaps.map(({ first, last }) => [first, last]) };
}

interface Walk {
  /** The last record that stays. */
  before: LogRecord | undefined;
  /** Lines since then that might have been records. */
  damagedLines: number;
  forbidden: StoreError | undefined;
  readonly facts: LiveFact[];
  readonly gaps: Gap[];
}

function planLine(line: Line, segment: Segment, walk: Walk): readonly RepairPiece[] {
  const { offset, bytes } = line;
  const entry = toEntry(line, segment, (line.feeds ?? 0) + 1);
  if (entry.kind === "record") {
    const kept = planRecord(entry.record, bytes.subarray(0, entry.place.bytes), walk);
    return kept.length > 0 ? kept : [{ kind: "aside", what: "damaged", offset, bytes }];
  }
  if (entry.fault === "newer") walk.forbidden ??= damagedLog(entry);
  const kept = salvage(bytes).flatMap((found) => planRecord(found.record, found.bytes, walk));
  if (entry.fault !== "torn" && kept.length === 0) walk.damagedLines += 1;
  return [{ kind: "aside", what: entry.fault === "torn" ? "torn" : "damaged", offset, bytes }, ...kept];
}

/** The record, with what is missing before it; nothing when it is not later than the one that stands before it. */
function planRecord(record: LogRecord, bytes: Buffer, walk: Walk): readonly RepairPiece[] {
  walk.forbidden ??= unknownCritical(record);
  const gap = gapBefore(record, walk);
  if (gap === "order") return [];
  walk.before = record;
  walk.damagedLines = 0;
  walk.facts.push(...factsOf(record));
  if (gap) walk.gaps.push(gap);
  return [...(gap ? [{ kind: "gap", gap } as const] : []), { kind: "keep", bytes }];
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
function endGap({ before, damagedLines, gaps }: Walk): readonly RepairPiece[] {
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

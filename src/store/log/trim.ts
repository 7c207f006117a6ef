import { readFileSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { isTransactionEnd } from "../../model/chain.ts";
import type { JsonObject, LogEvent } from "../../model/log-event.ts";
import { LOG_VERSION, type LogRecord, sealLine, ZERO_SUM } from "../../model/log-record.ts";
import { toSnapshot, toSnapshotStates } from "../../model/log-state.ts";
import { writeFileAtomic } from "../../system/atomic-file.ts";
import { appendLocked, lockLog } from "./append.ts";
import type { Place } from "./entries.ts";
import { type HistoryBegin, historyBegins, stateAfter } from "./history.ts";
import { isBoundary, readForward, trustedEntries } from "./read.ts";
import { segmentAt, TRIM_MARKER } from "./segments.ts";
import { readOnlyReason } from "./tail.ts";
import { tidyLog } from "./tidy.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** What stays: a transaction that keeps any of the rules does. */
export interface TrimRules {
  /** Those with a record at or after this instant, in milliseconds since 1970. */
  readonly before?: number | undefined;
  /** So many of the last. */
  readonly keepLast?: number | undefined;
  /** Nobody asked: the settings of the store say so. */
  readonly isPolicy?: boolean | undefined;
}

export interface TrimResult {
  readonly dropped: { readonly transactions: number; readonly records: number };
  readonly begins: HistoryBegin | undefined;
}

/** A transaction that began and did not end is taken for running so long. */
const UNFINISHED_MS = 7 * 24 * 3_600_000;

/**
 * Drops whole transactions from the beginning of the log. A snapshot stands in for them, as its first record; everything
 * else stays as it is, byte for byte, and numbers go on. Switches that nobody settled yet, and transactions of the last
 * week that did not end, stay in any case.
 * @throws StoreError USAGE without a rule, DAMAGED, NEWER_FORMAT
 */
export async function trimLog(log: TransactionLog, rules: TrimRules): Promise<TrimResult> {
  if (rules.before === undefined && rules.keepLast === undefined)
    throw new StoreError("USAGE", "trimming the log needs a rule for what stays", {
      hint: "Give --before TIME, --keep-last N, or both: `store log trim --before 90d --keep-last 100`.",
    });
  using _ = await lockLog(log);
  const readOnly = readOnlyReason(log);
  if (readOnly) throw readOnly;
  tidyLog(log);
  const found = survey(log);
  const cut = cutAt(found, rules, log.now().getTime());
  const dropped = found.filter(({ seq }) => seq < cut);
  const last = dropped.at(-1);
  if (!last || dropped.every(({ isFirst }) => isFirst))
    return { dropped: { transactions: 0, records: 0 }, begins: historyBegins(log) };
  replaceBeginning(log, boundaryAt(log, last.seq), last.place, found.find(({ seq }) => seq >= cut)?.place);
  const transactions = new Set(dropped.map(({ tx }) => tx).filter((tx) => tx > 0)).size;
  const count = { transactions, records: dropped.length };
  const event = { type: "trim", first: cut, dropped: count } as const;
  const { keepLast, isPolicy } = rules;
  const extra = { before: isoOf(rules.before), keepLast, ...(isPolicy && { policy: true }) };
  appendLocked(log, [{ tx: "new", event, extra }], { durable: true });
  return { dropped: count, begins: historyBegins(log) };
}

interface Surveyed {
  readonly seq: number;
  readonly tx: number;
  readonly time: string;
  readonly type: LogEvent["type"];
  readonly place: Place;
  /** Stands in already for what was dropped before. */
  readonly isFirst: boolean;
}

function survey(log: TransactionLog): readonly Surveyed[] {
  const found: Surveyed[] = [];
  for (const { record, place } of trustedEntries(readForward(log))) {
    const { seq, tx, time, event } = record;
    found.push({ seq, tx, time, type: event.type, place, isFirst: isBoundary(record) });
  }
  return found;
}

interface Span {
  readonly tx: number;
  readonly first: number;
  last: number;
  time: string;
  readonly types: LogEvent["type"][];
}

/** Number of the first record that stays: the cut divides no transaction. */
function cutAt(found: readonly Surveyed[], rules: TrimRules, now: number): number {
  const spans = spansOf(found);
  const recent = new Set(rules.keepLast ? spans.slice(-rules.keepLast) : []);
  const stays = (span: Span): boolean => {
    const { time, types } = span;
    if (recent.has(span)) return true;
    if (Date.parse(time) >= (rules.before ?? Number.POSITIVE_INFINITY)) return true;
    return !isTransactionEnd(types) && (types.includes("intent") || Date.parse(time) >= now - UNFINISHED_MS);
  };
  let cut = (found.at(-1)?.seq ?? 0) + 1;
  for (const span of spans) if (stays(span)) cut = Math.min(cut, span.first);
  // Transactions overlap: keeping one may divide another.
  for (const span of spans.reverse()) if (span.last >= cut) cut = Math.min(cut, span.first);
  return cut;
}

/** Where each transaction lies, in the order of their first records, which is that of their numbers. */
function spansOf(found: readonly Surveyed[]): Span[] {
  const spans = new Map<number, Span>();
  for (const { tx, seq, time, type } of found) {
    if (tx === 0) continue;
    const span = spans.get(tx) ?? { tx, first: seq, last: seq, time, types: [] };
    span.last = seq;
    span.time = time;
    span.types.push(type);
    spans.set(tx, span);
  }
  return [...spans.values()];
}

/** The line that stands in for all records up to the one with this number. */
function boundaryAt(log: TransactionLog, last: number): string {
  const profiles = toSnapshot(toSnapshotStates(stateAfter(log, last)));
  const first = recordAt(log, 1);
  const { seq, time, zone, carry, replaces, sum } = recordAt(log, last);
  const standsFor = { first: first.replaces?.first ?? first.seq, last: seq, sum: replaces?.sum ?? sum };
  const common = { v: LOG_VERSION, seq, time, zone, tx: 0, carry: carry as unknown as JsonObject };
  return sealLine({ ...profiles, ...common, prev: ZERO_SUM, replaces: standsFor });
}

function recordAt(log: TransactionLog, seq: number): LogRecord {
  for (const { record } of trustedEntries(readForward(log, seq))) return record;
  throw new Error(`no record ${seq}`);
}

/** One rename makes the cut; what is left before it goes afterwards, now or at the next write. */
function replaceBeginning(log: TransactionLog, boundary: string, last: Place, next: Place | undefined): void {
  const { segment, offset } = next ?? { segment: last.segment, offset: last.offset + last.bytes + 1 };
  const rest = readFileSync(segment.path).subarray(offset);
  writeFileAtomic(segmentAt(log.directory, TRIM_MARKER).path, `${segment.name}\n`);
  writeFileAtomic(segment.path, Buffer.concat([Buffer.from(`${boundary}\n`, "utf8"), rest]));
  tidyLog(log);
}

function isoOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}

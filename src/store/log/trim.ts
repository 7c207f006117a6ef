import { readFileSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { isTransactionEnd } from "../../model/chain.ts";
import type { JsonObject } from "../../model/log-event.ts";
import { LOG_VERSION, type LogRecord, sealLine, ZERO_SUM } from "../../model/log-record.ts";
import { toSnapshot, toSnapshotStates } from "../../model/log-state.ts";
import { writeFileAtomic } from "../../system/atomic-file.ts";
import { appendLocked, lockLog } from "./append.ts";
import { damagedLog, type RecordEntry } from "./entries.ts";
import { finishTrim } from "./finish-trim.ts";
import { type HistoryBegin, historyBegins, stateAfter } from "./history.ts";
import { readForward } from "./read.ts";
import { type Segment, segmentAt, TRIM_MARKER } from "./segments.ts";
import { readOnlyReason } from "./tail.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** What stays: a transaction that keeps any of the rules does. */
export interface TrimRules {
  /** Those with a record at or after this instant, in milliseconds since 1970. */
  readonly before?: number | undefined;
  /** So many of the last. */
  readonly keepLast?: number | undefined;
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
  finishTrim(log);
  const found = survey(log);
  const cut = cutAt(found, rules, log.now().getTime());
  const dropped = found.filter(({ seq }) => seq < cut);
  const last = dropped.at(-1);
  if (!last || dropped.length === 1) return { dropped: { transactions: 0, records: 0 }, begins: historyBegins(log) };
  const boundary = sealLine(boundaryOf(log, last.entry.record, (dropped[0] as Surveyed).entry.record));
  replaceBeginning(log, boundary, found.find(({ seq }) => seq >= cut)?.entry ?? last.entry, last.entry);
  const transactions = new Set(dropped.map(({ tx }) => tx).filter((tx) => tx > 0)).size;
  const count = { transactions, records: dropped.length };
  const event = { type: "trim", first: cut, dropped: count } as const;
  const extra = { before: isoOf(rules.before), keepLast: rules.keepLast };
  appendLocked(log, [{ tx: "new", event, extra }], { durable: true });
  return { dropped: count, begins: historyBegins(log) };
}

interface Surveyed {
  readonly seq: number;
  readonly tx: number;
  readonly entry: RecordEntry;
}

function survey(log: TransactionLog): readonly Surveyed[] {
  const found: Surveyed[] = [];
  for (const entry of readForward(log)) {
    if (entry.kind === "fault" && entry.fault !== "torn") throw damagedLog(entry);
    if (entry.kind === "record") found.push({ seq: entry.record.seq, tx: entry.record.tx, entry });
  }
  return found;
}

/** Number of the first record that stays: the cut divides no transaction. */
function cutAt(found: readonly Surveyed[], rules: TrimRules, now: number): number {
  const byTx = new Map<number, LogRecord[]>();
  for (const { tx, entry } of found) if (tx > 0) byTx.set(tx, [...(byTx.get(tx) ?? []), entry.record]);
  const recent = new Set([...byTx.keys()].sort((a, b) => b - a).slice(0, rules.keepLast ?? 0));
  const intents = new Set(found.at(-1)?.entry.record.carry.intents?.map(({ tx }) => tx));
  const stays = (tx: number, records: readonly LogRecord[]): boolean => {
    const time = Date.parse(records.at(-1)?.time ?? "");
    if (recent.has(tx) || intents.has(tx) || time >= (rules.before ?? Number.POSITIVE_INFINITY)) return true;
    return !isTransactionEnd(records) && time >= now - UNFINISHED_MS;
  };
  const spans = [...byTx].map(([tx, records]) => ({
    first: records[0]?.seq ?? 0,
    last: records.at(-1)?.seq ?? 0,
    stays: stays(tx, records),
  }));
  let cut = (found.at(-1)?.seq ?? 0) + 1;
  for (const span of spans) if (span.stays) cut = Math.min(cut, span.first);
  // Transactions overlap: keeping one may divide another. They are in the order of their first records.
  for (const span of [...spans].reverse()) if (span.last >= cut) cut = Math.min(cut, span.first);
  return cut;
}

function boundaryOf(log: TransactionLog, last: LogRecord, first: LogRecord): JsonObject {
  const { seq, time, zone, carry } = last;
  const profiles = toSnapshot(toSnapshotStates(stateAfter(log, seq)));
  const replaces = { first: first.replaces?.first ?? first.seq, last: seq, sum: last.replaces?.sum ?? last.sum };
  const common = { v: LOG_VERSION, seq, time, zone, tx: 0, carry: carry as unknown as JsonObject };
  return { ...profiles, ...common, prev: ZERO_SUM, replaces };
}

/** One rename makes the cut; what is left before it goes afterwards, now or at the next write. */
function replaceBeginning(log: TransactionLog, boundary: string, first: RecordEntry, last: RecordEntry): void {
  const segment: Segment = first.place.segment;
  // Where nothing stays, `first` is the last record itself.
  const from = first === last ? first.place.offset + first.place.bytes + 1 : first.place.offset;
  const rest = readFileSync(segment.path).subarray(from);
  writeFileAtomic(segmentAt(log.directory, TRIM_MARKER).path, `${segment.name}\n`);
  writeFileAtomic(segment.path, Buffer.concat([Buffer.from(`${boundary}\n`, "utf8"), rest]));
  finishTrim(log);
}

function isoOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}

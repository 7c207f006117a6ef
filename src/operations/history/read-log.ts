import { checkCounts } from "../../model/check-number.ts";
import type { ProfileName } from "../../model/ids.ts";
import type { LogRecord } from "../../model/log-record.ts";
import { parseTime } from "../../model/time-expression.ts";
import { type LogFilter, selectRecords } from "../../model/transaction-filter.ts";
import type { TransactionSummary } from "../../model/transaction-summary.ts";
import { openJournal } from "../../store/journal.ts";
import { type LogFinding, toFinding } from "../../store/log/entries.ts";
import { readTransactions } from "../../store/log/transactions.ts";
import type { Store } from "../../store/open-store.ts";
import { listProfiles } from "../../store/profiles.ts";
import { newestTransaction } from "../../store/recorded-generations.ts";

export interface LogRequest {
  /** A time: nothing that ended before it. A day means its beginning. */
  readonly since?: string | undefined;
  /** A time: nothing that ended behind it. A day means its end. */
  readonly until?: string | undefined;
  /** What was done to this profile; without it, all. */
  readonly profile?: ProfileName | undefined;
  /** What changed a package of this name, or failed to. */
  readonly package?: string | undefined;
  /** Types of records (`commit`, `pin`), or words of commands (`upgrade`). Without any, all. */
  readonly types?: readonly string[] | undefined;
  /** So many of the last transactions. */
  readonly limit?: number | undefined;
}

export type LogItem =
  | {
      readonly kind: "transaction";
      readonly summary: TransactionSummary;
      /** Those that were asked for, in their order. */
      readonly records: readonly LogRecord[];
    }
  /** A line that cannot be trusted. What lies before it is told all the same. */
  | { readonly kind: "fault"; readonly finding: LogFinding };

/**
 * The transactions of the log, newest first, read as far as they are asked for.
 * @throws StoreError INVALID_INPUT for what is no time
 */
export async function readLog(store: Store, request: LogRequest = {}): Promise<Iterable<LogItem>> {
  checkCounts({ limit: request.limit }, 1);
  const expects = Math.max(0, ...listProfiles(store).map((profile) => newestTransaction(store, profile)));
  const since = await placeOf(store, request.since);
  const until = await placeOf(store, request.until);
  const { profile, package: name, types = [], limit } = request;
  const times = { since: since && new Date(since.from), until: until && new Date(until.instant) };
  const filter = { since: times.since?.toISOString(), until: times.until?.toISOString(), profile, name, types };
  return items(store, { ...filter, expects, limit: limit ?? Number.POSITIVE_INFINITY });
}

function* items(
  store: Store,
  filter: LogFilter & { readonly limit: number; readonly expects: number },
): Generator<LogItem, void> {
  let left = filter.limit;
  let isEnd = true;
  for (const found of readTransactions(openJournal(store))) {
    if ("kind" in found) {
      isEnd = isEnd && found.fault === "torn";
      yield { kind: "fault", finding: toFinding(found) };
      continue;
    }
    const known = found.records.at(-1)?.carry.lastTx ?? 0;
    if (isEnd && known < filter.expects) yield lostEnd(known, filter.expects);
    isEnd = false;
    if (isBefore(found, filter)) return;
    const records = selectRecords(found, filter);
    if (records.length === 0) continue;
    yield { kind: "transaction", summary: found, records };
    left -= 1;
    if (left === 0) return;
  }
  if (isEnd && filter.expects > 0) yield lostEnd(0, filter.expects);
}

function lostEnd(known: number, expects: number): LogItem {
  const reason = `${known === 0 ? "the log is lost" : `it ends with #${known}`}; a generation was made by #${expects}`;
  return { kind: "fault", finding: { fault: "lost", file: "", line: 0, seq: undefined, reason } };
}

/** Whether this transaction, and so every earlier one, is too old: only where the clock has never gone back. */
function isBefore({ time, records }: TransactionSummary, { since }: LogFilter): boolean {
  return since !== undefined && time < since && records.every(({ carry }) => carry.era === 1);
}

async function placeOf(store: Store, text: string | undefined) {
  if (text === undefined) return undefined;
  const { resolveTime } = await import("../../model/resolve-time.ts");
  const { now, timeZone } = store.context;
  return resolveTime(parseTime(text), { now: now().getTime(), timeZone });
}

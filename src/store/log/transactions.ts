import type { LogRecord } from "../../model/log-record.ts";
import { summariseTransaction, type TransactionSummary } from "../../model/transaction-summary.ts";
import type { FaultEntry } from "./entries.ts";
import { readBackward } from "./read.ts";
import type { TransactionLog } from "./transaction-log.ts";

/**
 * Transactions, newest first, read as far as they are asked for. What the log wrote by itself stands between them,
 * except snapshots; so do faults, which a listing should show.
 */
export function* readTransactions(log: TransactionLog): Generator<TransactionSummary | FaultEntry, void> {
  const pending = new Map<number, LogRecord[]>();
  for (const entry of readBackward(log)) {
    if (entry.kind === "fault") {
      yield entry;
      continue;
    }
    const { record } = entry;
    yield* begunAfter(pending, record.carry.lastTx);
    if (record.tx > 0) pending.set(record.tx, [record, ...(pending.get(record.tx) ?? [])]);
    else if (record.event.type !== "snapshot") yield summariseTransaction([record]);
  }
  yield* begunAfter(pending, 0);
}

/** Those of which no earlier record can come: their numbers were given out behind the record just read. */
function* begunAfter(pending: Map<number, LogRecord[]>, lastTx: number): Generator<TransactionSummary, void> {
  for (const tx of [...pending.keys()].sort((a, b) => b - a)) {
    if (tx <= lastTx) continue;
    yield summariseTransaction(pending.get(tx) as LogRecord[]);
    pending.delete(tx);
  }
}

import {
  type ChainedRecord,
  chainRecords,
  endAfter,
  isSnapshotDue,
  type LogEnd,
  type NewRecord,
} from "../../model/chain.ts";
import type { LogRecord } from "../../model/log-record.ts";
import { toSnapshot } from "../../model/log-state.ts";
import { acquireLock, type Lock } from "../../system/lock.ts";
import { asideRecord, markReported, unreported } from "./aside.ts";
import { completeLog } from "./complete.ts";
import { type LogTail, logEnd, lostEnd, readOnlyReason, readTail, settleTail } from "./tail.ts";
import { tidyLog } from "./tidy.ts";
import type { TransactionLog } from "./transaction-log.ts";
import { writeLines } from "./write-lines.ts";

export interface Appended {
  /** What was asked for, in its order, with numbers, times and sums. */
  readonly records: readonly LogRecord[];
  /** Written before those: what was moved aside because a write had not ended or a repair took it out. */
  readonly recovered: readonly LogRecord[];
  /** Written before those: what was lost at the end of the log, from the records of the generations. */
  readonly completed: readonly LogRecord[];
  /** Written behind those, when one was due. */
  readonly snapshot: LogRecord | undefined;
  /** Why a snapshot that was due could not be written. The records stand all the same. */
  readonly snapshotError: unknown;
}

export interface AppendOptions {
  readonly durable: boolean;
  /** A transaction that the log must know: when it does not, its end is lost and is written anew first. */
  readonly expects?: number;
  /** Writes a snapshot also when none is due. */
  readonly withSnapshot?: boolean;
}

/**
 * Writes `drafts` as one piece at the end of the log. With `durable` they survive a power failure when this returns,
 * and so does all that was written before them.
 * @throws StoreError DAMAGED when the log's last line is, NEWER_FORMAT for a log that only a newer program may write,
 *   NO_SPACE, INVALID_INPUT for a draft that no reader would accept
 */
export async function appendRecords(
  log: TransactionLog,
  drafts: readonly NewRecord[],
  options: AppendOptions,
): Promise<Appended> {
  using _ = await lockLog(log);
  return appendLocked(log, drafts, options);
}

export function lockLog(log: TransactionLog): Promise<Lock> {
  return acquireLock(log.lockFile, { command: log.command, now: log.now, wait: true, signal: log.signal });
}

/** `appendRecords` for who holds the lock. */
export function appendLocked(log: TransactionLog, drafts: readonly NewRecord[], options: AppendOptions): Appended {
  const found = readTail(log);
  const readOnly = readOnlyReason(log, found);
  if (readOnly) throw readOnly;
  tidyLog(log);
  const tail = settleTail(log, found);
  const files = unreported(log);
  const recover = files.map(asideRecord);
  const begin = completed(log, { tail, end: logEnd(log, tail) }, options.expects ?? 0);
  const chained = chainRecords([...recover, ...drafts], begin.end, { time: log.now().toISOString(), zone: log.zone });
  const written = writeLines(log, begin.tail, chained, options.durable);
  markReported(log, files);
  const records = chained.map(({ record }) => record);
  return {
    records: records.slice(recover.length),
    recovered: records.slice(0, recover.length),
    completed: begin.records,
    ...writeSnapshot(log, { tail: written, end: endBehind(chained, begin.end), chained }, options),
  };
}

interface Ending {
  readonly tail: LogTail;
  readonly end: LogEnd;
}

function completed(log: TransactionLog, ending: Ending, expects: number): ReturnType<typeof completeLog> {
  if (ending.end.carry.lastTx >= expects) return { ...ending, records: [] };
  if (!log.generations) throw lostEnd(ending.end.carry.lastTx, expects);
  return completeLog(log, ending);
}

function endBehind(chained: readonly ChainedRecord[], end: LogEnd): LogEnd {
  const last = chained.at(-1);
  return last ? endAfter(last.record, Buffer.byteLength(last.line)) : end;
}

function writeSnapshot(
  log: TransactionLog,
  { tail, end, chained }: Ending & { readonly chained: readonly ChainedRecord[] },
  { durable, withSnapshot = false }: AppendOptions,
): Pick<Appended, "snapshot" | "snapshotError"> {
  const isWanted = withSnapshot || chained.some(({ record }) => isSnapshotDue(record));
  if (!log.snapshot || !isWanted) return { snapshot: undefined, snapshotError: undefined };
  try {
    const stamp = { time: log.now().toISOString(), zone: log.zone };
    const snapshot = chainRecords([{ tx: 0, event: toSnapshot(log.snapshot()) }], end, stamp);
    writeLines(log, tail, snapshot, durable);
    return { snapshot: snapshot[0]?.record, snapshotError: undefined };
  } catch (snapshotError) {
    return { snapshot: undefined, snapshotError };
  }
}

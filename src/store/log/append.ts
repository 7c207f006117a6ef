import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { isErrno, StoreError } from "../../errors.ts";
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
import { syncDirectory, writeAll } from "../../system/atomic-file.ts";
import { acquireLock, type Lock } from "../../system/lock.ts";
import { asideRecord, markReported, unreported } from "./aside.ts";
import { type Segment, segmentAt, segmentName, segmentNumber } from "./segments.ts";
import { type LogTail, logEnd, readOnlyReason, readTail, settleTail } from "./tail.ts";
import { tidyLog } from "./tidy.ts";
import type { TransactionLog } from "./transaction-log.ts";

export interface Appended {
  /** What was asked for, in its order, with numbers, times and sums. */
  readonly records: readonly LogRecord[];
  /** Written before those: what was moved aside because a write had not ended or a repair took it out. */
  readonly recovered: readonly LogRecord[];
  /** Written behind those, when one was due. */
  readonly snapshot: LogRecord | undefined;
  /** Why a snapshot that was due could not be written. The records stand all the same. */
  readonly snapshotError: unknown;
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
  options: { readonly durable: boolean },
): Promise<Appended> {
  using _ = await lockLog(log);
  return appendLocked(log, drafts, options);
}

export function lockLog(log: TransactionLog): Promise<Lock> {
  return acquireLock(log.lockFile, { command: log.command, now: log.now, wait: true, signal: log.signal });
}

/** `appendRecords` for who holds the lock. */
export function appendLocked(
  log: TransactionLog,
  drafts: readonly NewRecord[],
  options: { readonly durable: boolean },
): Appended {
  const found = readTail(log);
  const readOnly = readOnlyReason(log, found);
  if (readOnly) throw readOnly;
  tidyLog(log);
  const tail = settleTail(log, found);
  const files = unreported(log);
  const recover = files.map(asideRecord);
  const end = logEnd(log, tail);
  const chained = chainRecords([...recover, ...drafts], end, { time: log.now().toISOString(), zone: log.zone });
  const written = writeLines(log, tail, chained, options.durable);
  markReported(log, files);
  const records = chained.map(({ record }) => record);
  const result = { records: records.slice(recover.length), recovered: records.slice(0, recover.length) };
  return { ...result, ...writeSnapshot(log, written, chained, options.durable) };
}

function writeSnapshot(
  log: TransactionLog,
  tail: LogTail,
  chained: readonly ChainedRecord[],
  durable: boolean,
): Pick<Appended, "snapshot" | "snapshotError"> {
  const last = chained.at(-1);
  if (!last || !log.snapshot || !chained.some(({ record }) => isSnapshotDue(record)))
    return { snapshot: undefined, snapshotError: undefined };
  try {
    const end: LogEnd = endAfter(last.record, Buffer.byteLength(last.line));
    const stamp = { time: log.now().toISOString(), zone: log.zone };
    const snapshot = chainRecords([{ tx: 0, event: toSnapshot(log.snapshot()) }], end, stamp);
    writeLines(log, tail, snapshot, durable);
    return { snapshot: snapshot[0]?.record, snapshotError: undefined };
  } catch (snapshotError) {
    return { snapshot: undefined, snapshotError };
  }
}

function writeLines(log: TransactionLog, tail: LogTail, chained: readonly ChainedRecord[], durable: boolean): LogTail {
  if (chained.length === 0) return tail;
  const { segment, start } = placeFor(log, tail);
  const bytes = Buffer.from(chained.map(({ line }) => `${line}\n`).join(""), "utf8");
  const isNew = segment.name !== tail.segment?.name;
  const fd = openSync(segment.path, "a", 0o644);
  try {
    writeWhole(fd, bytes, start, segment);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (isNew) syncDirectory(log.directory);
  return { segment, size: start + bytes.length, last: undefined, tornFrom: start + bytes.length };
}

/** The segment for the next line. A successor must not outlive, in a power failure, the end of the one before it. */
function placeFor(log: TransactionLog, tail: LogTail): { readonly segment: Segment; readonly start: number } {
  if (!tail.segment) {
    mkdirSync(log.directory, { recursive: true });
    return { segment: segmentAt(log.directory, segmentName(1)), start: 0 };
  }
  if (tail.size <= log.segmentBytes) return { segment: tail.segment, start: tail.size };
  const fd = openSync(tail.segment.path, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return { segment: segmentAt(log.directory, segmentName(segmentNumber(tail.segment) + 1)), start: 0 };
}

function writeWhole(fd: number, bytes: Buffer, start: number, segment: Segment): void {
  try {
    writeAll(fd, bytes);
  } catch (error) {
    takeBack(fd, start);
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
    throw new StoreError("NO_SPACE", `there is no space left for the log ${segment.path}`, {
      hint: "Free some space, for example with `store gc`, and run the command again.",
      details: { file: segment.path },
      cause: error,
    });
  }
}

function takeBack(fd: number, start: number): void {
  try {
    ftruncateSync(fd, start);
  } catch {
    // The next writer moves aside what there is of it.
  }
}

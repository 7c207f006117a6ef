import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { isErrno, StoreError } from "../../errors.ts";
import type { ChainedRecord } from "../../model/chain.ts";
import { syncDirectory, writeAll } from "../../system/atomic-file.ts";
import { type Segment, segmentAt, segmentName, segmentNumber } from "./segments.ts";
import type { LogTail } from "./tail.ts";
import type { TransactionLog } from "./transaction-log.ts";

/**
 * Writes lines as one piece behind `tail`, which is settled; with `durable` they survive a power failure when this
 * returns. Returns where the log ends then. Needs the lock.
 * @throws StoreError NO_SPACE
 */
export function writeLines(
  log: TransactionLog,
  tail: LogTail,
  chained: readonly ChainedRecord[],
  durable: boolean,
): LogTail {
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

import { mkdirSync, readFileSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import type { LogRecord } from "../../model/log-record.ts";
import type { SnapshotState } from "../../model/log-state.ts";
import { writeFileAtomic } from "../../system/atomic-file.ts";
import { lockLog } from "./append.ts";
import { markReported, moveAside, unreported } from "./aside.ts";
import { composeLost, type RecordedGeneration } from "./compose.ts";
import { damagedLog } from "./entries.ts";
import { liveSegments, readForward } from "./read.ts";
import { segmentAt, segmentName, segmentNumber, TRIM_MARKER } from "./segments.ts";
import { tidyLog } from "./tidy.ts";
import type { TransactionLog } from "./transaction-log.ts";

/**
 * Writes a log anew, when there is none or no line of it is valid, from what the profiles know: each generation as a
 * transaction at the time of its making, then the present state. Switches between generations, failed changes and
 * commands are lost. What lies in the log's directory is moved aside.
 * @throws StoreError CONFLICT when the log still has valid records
 */
export async function rebuildLog(
  log: TransactionLog,
  generations: Iterable<RecordedGeneration>,
  state: Iterable<SnapshotState>,
): Promise<readonly LogRecord[]> {
  using _ = await lockLog(log);
  refuseIfAlive(log);
  const old = liveSegments(log);
  const lines = old.map((segment) => ({ segment, bytes: readFileSync(segment.path) }));
  for (const { segment, bytes } of lines)
    if (bytes.length > 0) moveAside(log, { what: "damaged", segment, offset: 0, bytes });
  const files = unreported(log);
  const last = old.at(-1);
  const name = segmentName(last ? segmentNumber(last) + 1 : 1);
  const chained = composeLost({ generations, state, files }, { time: log.now().toISOString(), zone: log.zone });
  mkdirSync(log.directory, { recursive: true });
  writeFileAtomic(segmentAt(log.directory, TRIM_MARKER).path, `${name}\n`);
  writeFileAtomic(segmentAt(log.directory, name).path, chained.map(({ line }) => `${line}\n`).join(""));
  tidyLog(log);
  markReported(log, files);
  return chained.map(({ record }) => record);
}

function refuseIfAlive(log: TransactionLog): void {
  for (const entry of readForward(log)) {
    if (entry.kind === "fault" && entry.fault === "newer") throw damagedLog(entry);
    if (entry.kind === "fault") continue;
    throw new StoreError("CONFLICT", `the log in ${log.directory} is not lost: record ${entry.record.seq} is valid`, {
      hint: "Run `store log repair`, which loses no valid record.",
      details: { directory: log.directory, seq: entry.record.seq },
    });
  }
}

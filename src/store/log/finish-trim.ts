import { rmSync } from "node:fs";
import { syncDirectory } from "../../system/atomic-file.ts";
import { segmentAfter, trimmedTo } from "./read.ts";
import { listLogDirectory, segmentAt, segmentsIn, TRIM_MARKER } from "./segments.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** Removes the segments that a trim dropped, also one that was interrupted. Needs the lock. */
export function finishTrim(log: TransactionLog): void {
  const names = listLogDirectory(log.directory);
  if (!names.includes(TRIM_MARKER)) return;
  const first = trimmedTo(log.directory);
  for (const segment of segmentsIn(log.directory, names))
    if (first && segmentAfter(first, segment)) rmSync(segment.path, { force: true });
  syncDirectory(log.directory);
  rmSync(segmentAt(log.directory, TRIM_MARKER).path, { force: true });
}

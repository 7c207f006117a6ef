import { join } from "node:path";
import { syncDirectory, TEMPORARY_MARK } from "../../system/atomic-file.ts";
import { removeFile } from "../../system/remove-file.ts";
import { segmentAfter, trimmedTo } from "./read.ts";
import { listLogDirectory, segmentsIn, TRIM_MARKER } from "./segments.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** Ends what a killed process left unfinished: temporary files, and a trim behind its cut. Needs the lock. */
export function tidyLog(log: TransactionLog): void {
  const names = listLogDirectory(log.directory);
  removeTemporary(log.directory, names);
  if (names.includes(TRIM_MARKER)) finishTrim(log.directory, names);
}

/** Removes, of these names in a directory, what a killed process was writing. */
export function removeTemporary(directory: string, names: readonly string[]): void {
  for (const name of names) if (name.includes(TEMPORARY_MARK)) removeFile(join(directory, name));
}

/** Removes the segments that the trim dropped. */
function finishTrim(directory: string, names: readonly string[]): void {
  const first = trimmedTo(directory);
  for (const segment of segmentsIn(directory, names))
    if (first && segmentAfter(first, segment)) removeFile(segment.path);
  syncDirectory(directory);
  removeFile(join(directory, TRIM_MARKER));
}

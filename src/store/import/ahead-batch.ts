import type { ByteString } from "../../model/byte-string.ts";
import type { ScannedFiles } from "./scan-files.ts";

/** Files that are read in one task while their tree is still being written. */
export interface AheadBatch {
  readonly names: ByteString[];
  bytes: number;
  /** Whether the task freezes them as well. */
  readonly freezes: boolean;
  /** Absent until it is sent. */
  answer?: Promise<ScannedFiles>;
}

/** What one message to a thread holds at most. */
export const BATCH_BYTES = 4 << 20;

export function newBatch(freezes: boolean): AheadBatch {
  return { names: [], bytes: 0, freezes };
}

export function addToBatch(batch: AheadBatch, path: ByteString, bytes: number): void {
  batch.names.push(path);
  batch.bytes += bytes;
}

/** The tree can turn out to be damaged before anybody waits for the answer. */
export function expectAnswer(batch: AheadBatch, answer: Promise<ScannedFiles>): void {
  answer.catch(() => undefined);
  batch.answer = answer;
}

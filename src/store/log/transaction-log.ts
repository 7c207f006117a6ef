import type { SnapshotState } from "../../model/log-state.ts";
import type { RecordedGeneration } from "./compose.ts";

/** The transaction log of a store: a directory of segments. It keeps no file open and holds no lock. */
export interface TransactionLog {
  readonly directory: string;
  /** The file whose kernel lock lets one process at a time write. */
  readonly lockFile: string;
  /** What this process does, for those who wait for the lock. */
  readonly command: string;
  readonly now: () => Date;
  /** IANA name of the time zone of the person who makes the changes. */
  readonly zone: string;
  /** All profiles as they are now. Asked for when a snapshot is due; without it none is written. */
  readonly snapshot?: (() => Iterable<SnapshotState>) | undefined;
  /** What the generation records tell: asked for when the log has lost its end. */
  readonly generations?: (() => Iterable<RecordedGeneration>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A segment with more bytes than this gets a successor. */
  readonly segmentBytes: number;
}

export interface LogOptions extends Omit<TransactionLog, "directory" | "segmentBytes"> {
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 4 * 1024 * 1024;

/** Reads nothing: an empty log has no files. */
export function openLog(directory: string, options: LogOptions): TransactionLog {
  return { segmentBytes: SEGMENT_BYTES, ...options, directory };
}

import { closeSync, constants, fstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno, StoreError } from "../../errors.ts";

/** One file of the log. */
export interface Segment {
  /** `000001.jsonl` */
  readonly name: string;
  readonly path: string;
}

/** Names the segment that a trim makes the first; there only while the ones before it are removed. */
export const TRIM_MARKER = "trimming";

/** Names in the log directory, or none when there is no such directory. */
export function listLogDirectory(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** The segments among `names`, in the order of their numbers. */
export function segmentsIn(directory: string, names: readonly string[]): readonly Segment[] {
  return names
    .filter((name) => /^\d{6,}\.jsonl$/.test(name))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .map((name) => segmentAt(directory, name));
}

export function segmentAt(directory: string, name: string): Segment {
  return { name, path: join(directory, name) };
}

export function segmentName(number: number): string {
  return `${String(number).padStart(6, "0")}.jsonl`;
}

export function segmentNumber(segment: Segment): number {
  return Number.parseInt(segment.name, 10);
}

/** A segment that is open for reading. Its size is that at the moment of opening. */
export interface OpenSegment extends Disposable {
  readonly segment: Segment;
  readonly fd: number;
  readonly size: number;
}

/**
 * `undefined` when it is gone: a trim removed it since the directory was read.
 * @throws StoreError DAMAGED when it is no regular file
 */
export function openSegment(segment: Segment): OpenSegment | undefined {
  const fd = openIfPresent(segment.path);
  if (fd === undefined) return undefined;
  const stats = fstatSync(fd);
  if (stats.isFile()) return { segment, fd, size: stats.size, [Symbol.dispose]: () => closeSync(fd) };
  closeSync(fd);
  throw new StoreError("DAMAGED", `${segment.path} is not a regular file`, {
    hint: "Move it away; then run `store log verify`.",
    details: { file: segment.path },
  });
}

function openIfPresent(path: string): number | undefined {
  try {
    // Opening a pipe that somebody put there must not wait for a writer.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

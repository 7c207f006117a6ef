import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, statSync } from "node:fs";
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
  throw noFile(segment.path);
}

/** What has the name of a segment and is no regular file. */
export function otherKinds({ directory }: { readonly directory: string }): readonly Segment[] {
  return segmentsIn(directory, listLogDirectory(directory)).filter(
    ({ path }) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === false && !isLinkToFile(path),
  );
}

function isLinkToFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function noFile(path: string, cause?: unknown): StoreError {
  return new StoreError("DAMAGED", `${path} is not a regular file`, {
    hint: "`store verify --repair` moves it aside, and writes what is lost anew from the generations.",
    details: { file: path },
    cause,
  });
}

function openIfPresent(path: string): number | undefined {
  try {
    // Opening a pipe that somebody put there must not wait for a writer.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    if (isErrno(error, "ELOOP", "ENXIO")) throw noFile(path, error);
    throw error;
  }
}

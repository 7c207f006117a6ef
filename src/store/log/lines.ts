import { readSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import type { OpenSegment } from "./segments.ts";

/** A line of a segment, without its line feed. */
export interface Line {
  readonly offset: number;
  readonly bytes: Buffer;
  /** Whether a line feed follows. */
  readonly terminated: boolean;
  /** How many line feeds lie between the place where reading began and this line; known when reading forward. */
  readonly feeds?: number;
}

const BLOCK = 64 * 1024;
/** No record is longer: what is must be something else. */
const LONGEST_LINE = 256 * 1024 * 1024;
const LINE_FEED = 10;
const NOTHING = Buffer.alloc(0);

/** For who wants a line or two: a search looks at many places. */
export const FEW_LINES = 4 * 1024;

/**
 * The lines from `offset`, which is the start of one, to the end. Empty lines are left out. Reads so many bytes at once
 * as `size` says.
 */
export function* linesForward(open: OpenSegment, offset: number, size = BLOCK): Generator<Line, void> {
  let rest: Buffer = NOTHING;
  let start = offset;
  let feeds = 0;
  for (let at = offset; at < open.size; ) {
    const block = readAt(open, at, Math.max(size, rest.length));
    at += block.length;
    let from = 0;
    for (let to = block.indexOf(LINE_FEED); to !== -1; to = block.indexOf(LINE_FEED, from)) {
      const bytes = join(rest, block.subarray(from, to));
      if (bytes.length > 0) yield { offset: start, bytes, terminated: true, feeds };
      start += bytes.length + 1;
      feeds += 1;
      rest = NOTHING;
      from = to + 1;
    }
    rest = limited(join(rest, block.subarray(from)), open);
  }
  if (rest.length > 0) yield { offset: start, bytes: rest, terminated: false, feeds };
}

/**
 * The lines that begin before `end`, newest first; `end` is the start of a line or the end of the segment. Reads so many
 * bytes at once as `size` says.
 */
export function* linesBackward(open: OpenSegment, end: number, size = BLOCK): Generator<Line, void> {
  let rest: Buffer = NOTHING;
  let terminated = false;
  for (let at = end; at > 0; ) {
    const length = Math.min(at, Math.max(size, rest.length));
    const block = readAt(open, at - length, length);
    at -= length;
    let to = block.length;
    for (let feed = lastFeed(block, to); feed !== -1; feed = lastFeed(block, to)) {
      const bytes = join(block.subarray(feed + 1, to), rest);
      if (bytes.length > 0) yield { offset: at + feed + 1, bytes, terminated };
      rest = NOTHING;
      terminated = true;
      to = feed;
    }
    rest = limited(join(block.subarray(0, to), rest), open);
  }
  if (rest.length > 0) yield { offset: 0, bytes: rest, terminated };
}

/** The start of the first line that begins at or behind `offset`; the segment's size when there is none. */
export function lineStartFrom(open: OpenSegment, offset: number): number {
  if (offset === 0) return 0;
  for (let at = offset - 1; at < open.size; ) {
    const block = readAt(open, at, FEW_LINES);
    const feed = block.indexOf(LINE_FEED);
    if (feed !== -1) return at + feed + 1;
    at += block.length;
  }
  return open.size;
}

/** The number, from 1, of the line that starts at `offset`. */
export function lineNumberAt(open: OpenSegment, offset: number): number {
  let number = 1;
  for (let at = 0; at < offset; ) {
    const block = readAt(open, at, Math.min(BLOCK, offset - at));
    for (let feed = block.indexOf(LINE_FEED); feed !== -1; feed = block.indexOf(LINE_FEED, feed + 1)) number += 1;
    at += block.length;
  }
  return number;
}

function lastFeed(block: Buffer, to: number): number {
  return to === 0 ? -1 : block.lastIndexOf(LINE_FEED, to - 1);
}

function join(left: Buffer, right: Buffer): Buffer {
  return left.length === 0 ? right : right.length === 0 ? left : Buffer.concat([left, right]);
}

function limited(bytes: Buffer, open: OpenSegment): Buffer {
  if (bytes.length <= LONGEST_LINE) return bytes;
  throw new StoreError("DAMAGED", `${open.segment.path} has a line of more than ${LONGEST_LINE} bytes`, {
    hint: "This is no segment of a log: move it away; then run `store log verify`.",
    details: { file: open.segment.path },
  });
}

function readAt(open: OpenSegment, at: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(Math.min(length, open.size - at));
  for (let done = 0; done < buffer.length; ) {
    const read = readSync(open.fd, buffer, done, buffer.length - done, at + done);
    if (read === 0) throw shorter(open);
    done += read;
  }
  return buffer;
}

function shorter(open: OpenSegment): StoreError {
  return new StoreError("BUSY", `${open.segment.path} became shorter while it was read`, {
    hint: "Another process repaired it: run the command again.",
    details: { file: open.segment.path },
  });
}

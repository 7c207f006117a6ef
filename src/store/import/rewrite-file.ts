import { readSync } from "node:fs";
import { overlapOf, type Replacement, replaceBefore } from "../../model/rewrite.ts";
import { writeAll } from "../../system/atomic-file.ts";

const PIECE = 1 << 20;

/** Replaces every occurrence in an open file, in place: nothing moves, since both sides have one length. */
export function rewriteFile(fd: number, list: readonly Replacement[]): void {
  const overlap = overlapOf(list.map(({ from }) => from));
  const buffer = Buffer.allocUnsafe(PIECE + overlap);
  let start = 0;
  let held = 0;
  for (;;) {
    const count = readSync(fd, buffer, held, buffer.length - held, start + held);
    const bytes = buffer.subarray(0, held + count);
    const settled = replaceBefore(bytes, list, count === 0 ? bytes.length : Math.max(0, bytes.length - overlap));
    writeAll(fd, bytes.subarray(0, settled), start);
    if (count === 0) return;
    held = bytes.length - settled;
    buffer.copyWithin(0, settled, bytes.length);
    start += settled;
  }
}

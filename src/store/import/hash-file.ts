import { readSync } from "node:fs";
import { startBlob } from "../../model/git-object.ts";
import type { BlobId } from "../../model/ids.ts";

const PIECE = 1 << 20;

/** The blob id of an open file of `size` bytes. */
export function hashFile(fd: number, size: number): BlobId {
  const hash = startBlob(size);
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(size, PIECE)));
  for (let at = 0; ; ) {
    const count = readSync(fd, buffer, 0, buffer.length, at);
    if (count === 0) return hash.digest("hex") as BlobId;
    hash.update(buffer.subarray(0, count));
    at += count;
  }
}

import { fstatSync, readSync } from "node:fs";
import { BLOB_HEADER_ROOM, hashBlobInPlace, startBlob } from "../../model/git-object.ts";
import type { BlobId } from "../../model/ids.ts";
import { createRewriter, type Replacement, replaceInPlace } from "../../model/rewrite.ts";
import { findBaseNames } from "../../model/search/find-base-names.ts";
import { LONGEST_BASE_NAME } from "../../model/search/find-landmarks.ts";
import { countBytes, type Pace } from "./pace.ts";

export interface FileForms {
  /** Of the bytes as they lie there. */
  readonly local: BlobId;
  /** Of the canonical form; only where `canonicalise` was given. */
  readonly canonical: BlobId | undefined;
  readonly size: number;
}

export interface HashOptions {
  readonly pace: Pace;
  /** Turns the local form into the canonical one. */
  readonly canonicalise?: readonly Replacement[] | undefined;
  /** Collects what may be names of other objects. */
  readonly baseNames?: Set<string> | undefined;
}

/** Reads an open file from its start, once. */
export function hashForms(fd: number, options: HashOptions): FileForms {
  const { size } = fstatSync(fd);
  return size <= PIECE ? hashSmall(fd, size, options) : hashLarge(fd, size, options);
}

const PIECE = 1 << 20;

let spare: Buffer | undefined;

/** One buffer a thread: allocating a mebibyte for every file costs more than small files themselves. */
function room(): Buffer {
  spare ??= Buffer.allocUnsafeSlow(BLOB_HEADER_ROOM + PIECE + LONGEST_BASE_NAME);
  return spare;
}

function hashSmall(fd: number, expected: number, { pace, canonicalise, baseNames }: HashOptions): FileForms {
  const began = performance.now();
  const buffer = room();
  let size = 0;
  while (size < expected) {
    const count = readSync(fd, buffer, BLOB_HEADER_ROOM + size, expected - size, null);
    if (count === 0) break;
    size += count;
  }
  const content = buffer.subarray(BLOB_HEADER_ROOM, BLOB_HEADER_ROOM + size);
  if (baseNames) findBaseNames(content, baseNames);
  const local = hashBlobInPlace(buffer, size);
  const isSame = canonicalise !== undefined && replaceInPlace(content, canonicalise) === 0;
  const canonical = canonicalise === undefined ? undefined : isSame ? local : hashBlobInPlace(buffer, size);
  countBytes(pace, size, began);
  return { local, canonical, size };
}

function hashLarge(fd: number, expected: number, { pace, canonicalise, baseNames }: HashOptions): FileForms {
  const buffer = room();
  const local = startBlob(expected);
  const canonical = canonicalise && startBlob(expected);
  const rewriter = canonicalise && createRewriter(canonicalise);
  let size = 0;
  let held = 0;
  for (;;) {
    const began = performance.now();
    const count = readSync(fd, buffer, held, PIECE, null);
    if (count === 0) break;
    const fresh = buffer.subarray(held, held + count);
    local.update(fresh);
    if (rewriter) canonical?.update(rewriter.push(fresh));
    if (baseNames) held = search(buffer.subarray(0, held + count), baseNames);
    size += count;
    countBytes(pace, count, began);
  }
  if (rewriter) canonical?.update(rewriter.end());
  return { local: local.digest("hex") as BlobId, canonical: canonical?.digest("hex") as BlobId | undefined, size };
}

/** Searches a piece; what the next must see again moves to the front. Returns its length. */
function search(seen: Buffer, baseNames: Set<string>): number {
  findBaseNames(seen, baseNames);
  const held = Math.min(LONGEST_BASE_NAME, seen.length);
  seen.copyWithin(0, seen.length - held);
  return held;
}

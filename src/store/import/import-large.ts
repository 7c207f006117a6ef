import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
} from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import { startBlob } from "../../model/git-object.ts";
import type { BlobId } from "../../model/ids.ts";
import { LONGEST_BASE_NAME } from "../../model/search/find-landmarks.ts";
import { writeAll } from "../../system/atomic-file.ts";
import { randomName } from "../../system/random-name.ts";
import { removeFile } from "../../system/remove-file.ts";
import type { Steps } from "../../system/steps.ts";
import { freeze, frozenMode } from "./freeze.ts";
import { hashFile } from "./hash-file.ts";
import type { ImportedFile } from "./import-settings.ts";
import { type ImportWork, type Mentions, printOf } from "./import-work.ts";
import { rewriteFile } from "./rewrite-file.ts";
import { changedWhileRead } from "./source-file.ts";

/** A file that is copied, hashed and searched in pieces. */
export interface LargeFile {
  readonly fd: number;
  readonly status: Stats;
  readonly source: ByteString;
  readonly target: ByteString;
}

export function* importLarge(work: ImportWork, file: LargeFile): Steps<ImportedFile> {
  const target = openLargeTarget(work, file);
  try {
    const reading = target.readable ? target.fd : file.fd;
    const {
      size,
      id: read,
      ...found
    } = yield* scanLarge(work, wholeFile(reading), target.readable ? undefined : target.fd);
    if (size !== file.status.size) throw changedWhileRead(file.source);
    if (found.fromLocal) rewriteFile(target.fd, work.canonicalise);
    const id = found.fromLocal ? hashFile(target.fd, size) : read;
    const executable = (file.status.mode & 0o100) !== 0;
    if (!found.mentions) freeze(target.fd, frozenMode(executable));
    if (target.aside !== undefined) renameSync(target.aside, toFsPath(file.target));
    return { id, size, executable, pooled: false, print: printOf(work, file.source, file.status), ...found };
  } finally {
    closeSync(target.fd);
  }
}

interface LargeTarget {
  readonly fd: number;
  /** The content is in it already. */
  readonly readable: boolean;
  /** Where it lies until it is complete. */
  readonly aside?: string;
}

/** The target, open for reading and writing. */
function openLargeTarget(work: ImportWork, file: LargeFile): LargeTarget {
  if (work.settings.mode === "adopt") {
    if (file.status.nlink === 1) {
      chmodSync(toFsPath(file.target), 0o600);
      return { fd: openSync(toFsPath(file.target), constants.O_RDWR | constants.O_NOFOLLOW), readable: true };
    }
    // Other names of the tree share the file: this one gets a copy of its own. Until that is complete it stays a link,
    // so that no other thread takes the shared file for its alone and writes to it.
    const aside = `${work.settings.scratch}/${randomName()}`;
    return { fd: openNew(aside), readable: false, aside };
  }
  if (work.settings.cloneLarge && tryClone(file)) {
    return { fd: openSync(toFsPath(file.target), constants.O_RDWR | constants.O_NOFOLLOW), readable: true };
  }
  return { fd: openNew(toFsPath(file.target)), readable: false };
}

function openNew(path: string | Buffer): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
}

/** Shares the source's extents where the filesystem can: the bytes that are hashed are then the copy's own. */
function tryClone(file: LargeFile): boolean {
  try {
    copyFileSync(
      toFsPath(file.source),
      toFsPath(file.target),
      constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE,
    );
    chmodSync(toFsPath(file.target), 0o600);
    return true;
  } catch {
    removeFile(toFsPath(file.target));
    return false;
  }
}

/** What is read of an open file. */
interface Part {
  readonly fd: number;
  readonly offset: number;
  /** How long it should be. */
  readonly bytes: number;
  /** How much is read at most. */
  readonly most: number;
}

/** The file from its start to wherever its end is by then. */
export function wholeFile(fd: number): Part {
  return { fd, offset: 0, bytes: fstatSync(fd).size, most: Number.POSITIVE_INFINITY };
}

/**
 * Reads a part of an open file once, a piece a step: hashes, searches, and copies to `copyTo`. Where `size` is not as long
 * as it should be the file changed meanwhile, and the id means nothing.
 */
export function* scanLarge(
  work: ImportWork,
  { fd, offset, bytes, most }: Part,
  copyTo: number | undefined,
): Steps<Mentions & Pick<ImportedFile, "id" | "size">> {
  const { buffer, search } = work;
  const hash = startBlob(bytes);
  let size = 0;
  let held = 0;
  for (;;) {
    const count = readSync(fd, buffer, held, Math.min(buffer.length - held, most - size), offset + size);
    if (count === 0) break;
    const fresh = buffer.subarray(held, held + count);
    hash.update(fresh);
    if (copyTo !== undefined) writeAll(copyTo, fresh);
    size += count;
    const seen = buffer.subarray(0, held + count);
    search.look(seen);
    held = Math.min(LONGEST_BASE_NAME, seen.length);
    buffer.copyWithin(0, seen.length - held, seen.length);
    yield;
  }
  return { ...search.found(), size, id: hash.digest("hex") as BlobId };
}

import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
} from "node:fs";
import { StoreError } from "../../errors.ts";
import { type ByteString, toEscaped, toFsPath } from "../../model/byte-string.ts";
import { findBaseNames, LONGEST_BASE_NAME } from "../../model/find-base-names.ts";
import { BLOB_HEADER_ROOM, hashBlobInPlace, startBlob } from "../../model/git-object.ts";
import type { BlobId } from "../../model/ids.ts";
import { type Replacement, replaceInPlace, replacements } from "../../model/rewrite.ts";
import { writeAll } from "../../system/atomic-file.ts";
import { freeze, freezeNew, frozenMode } from "./freeze.ts";
import { takeFromPool } from "./pool-files.ts";
import { rewriteFile } from "./rewrite-file.ts";
import { changedWhileRead, openSource } from "./source-file.ts";

/** How a file of the pool gets into an object. */
export type LinkMethod = "hardlink" | "reflink" | "copy";

/** What every file of one import has in common. Plain data: it is sent to worker threads. */
export interface ImportSettings {
  /** The pool's directory. */
  readonly files: string;
  /** A private directory on the store's filesystem for temporary names. */
  readonly scratch: string;
  readonly localStoreDir: string;
  readonly canonicalStoreDir: string;
  /** The name that the object has in its own canonical form. */
  readonly zeroBaseName: string;
  /** The name under which the tree was made in the local storeDir, if it was: it counts as local form. */
  readonly selfName: string | undefined;
  readonly method: LinkMethod;
  /** Whether large files can be cloned from the source's filesystem into the store's. */
  readonly cloneLarge: boolean;
  /** `adopt`: the files lie in the store's temporary directory already and belong to nobody else. */
  readonly mode: "copy" | "adopt";
  /** A new file has the mode that is asked for, and no attributes: neither umask nor access list have a say. */
  readonly plainFiles: boolean;
}

/** Files of one directory. */
export interface FileBatch {
  readonly source: ByteString;
  readonly target: ByteString;
  readonly names: readonly ByteString[];
}

/** What an import found out about one file, which now lies in the target in canonical form. */
export interface ImportedFile {
  /** Of the canonical form. */
  readonly id: BlobId;
  readonly size: number;
  readonly executable: boolean;
  /** Linked to a file that the pool held already. */
  readonly pooled: boolean;
  /** Holds the canonical or the local storeDir, or the object's own name: it must be localised. */
  readonly mentions: boolean;
  readonly fromLocal: boolean;
  readonly fromCanonical: boolean;
  /** Texts that begin with what may be the name of another object. */
  readonly baseNames: readonly string[] | undefined;
}

/** Files up to this size, in bytes, are read whole. */
const SMALL = 1 << 20;

/** Copies or adopts the files of one batch; results stand in the order of its names. */
export function importFiles(settings: ImportSettings, batch: FileBatch): ImportedFile[] {
  const work = createWork(settings);
  return batch.names.map((name) =>
    importOne(work, `${batch.source}/${name}` as ByteString, `${batch.target}/${name}` as ByteString),
  );
}

interface Work {
  readonly settings: ImportSettings;
  readonly buffer: Buffer;
  readonly local: Buffer;
  readonly canonical: Buffer;
  readonly zero: Buffer;
  readonly self: Buffer | undefined;
  readonly canonicalise: readonly Replacement[];
}

let spare: Buffer | undefined;

function createWork(settings: ImportSettings): Work {
  // One buffer a thread: allocating a mebibyte for every batch costs more than small files themselves.
  spare ??= Buffer.allocUnsafeSlow(BLOB_HEADER_ROOM + SMALL + 1);
  return {
    settings,
    buffer: spare,
    local: Buffer.from(settings.localStoreDir),
    canonical: Buffer.from(settings.canonicalStoreDir),
    zero: Buffer.from(settings.zeroBaseName),
    self: settings.selfName === undefined ? undefined : Buffer.from(settings.selfName),
    canonicalise: canonicalReplacements(settings),
  };
}

function importOne(work: Work, source: ByteString, target: ByteString): ImportedFile {
  const fd = openSource(source, work.settings.mode);
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) throw new StoreError("INVALID_INPUT", `${toEscaped(source)} is not a regular file`);
    const size = status.size <= SMALL ? readSmall(work.buffer, fd, status.size) : undefined;
    return size === undefined
      ? importLarge(work, { fd, status, source, target })
      : importSmall(work, size, { status, target });
  } finally {
    closeSync(fd);
  }
}

/** Reads a file of that size behind the header room; `undefined` when it turns out to be of another size. */
function readSmall(buffer: Buffer, fd: number, size: number): number | undefined {
  // The files of /proc and the like say 0 whatever they hold.
  if (size === 0) return readSync(fd, buffer, BLOB_HEADER_ROOM, 1, null) === 0 ? 0 : undefined;
  let at = 0;
  while (at < size) {
    const count = readSync(fd, buffer, BLOB_HEADER_ROOM + at, size - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return size;
}

function importSmall(work: Work, size: number, file: { status: Stats; target: ByteString }): ImportedFile {
  const content = work.buffer.subarray(BLOB_HEADER_ROOM, BLOB_HEADER_ROOM + size);
  const executable = (file.status.mode & 0o100) !== 0;
  const found = scan(work, content);
  if (found.fromLocal) replaceInPlace(content, work.canonicalise);
  const id = hashBlobInPlace(work.buffer, size);
  const result = { id, size, executable, ...found };
  if (found.mentions) {
    place(work, file.target, content, { mode: 0o600, frozen: false });
    return { ...result, pooled: false };
  }
  if (takeFromPool(work.settings, { id, size, executable, target: file.target })) return { ...result, pooled: true };
  place(work, file.target, content, { mode: frozenMode(executable), frozen: true });
  return { ...result, pooled: false };
}

function scan(
  work: Work,
  content: Buffer,
): Pick<ImportedFile, "mentions" | "fromLocal" | "fromCanonical" | "baseNames"> {
  const names = new Set<string>();
  const fromLocal = isLocal(work, content);
  const fromCanonical = hasTwoForms(work.settings) && content.indexOf(work.canonical) >= 0;
  const mentions = fromLocal || fromCanonical || content.indexOf(work.zero) >= 0;
  findBaseNames(content, names);
  return { mentions, fromLocal, fromCanonical, baseNames: names.size > 0 ? [...names] : undefined };
}

/**
 * Puts a small file at the target. In `adopt` mode it lies there already; when its bytes must change a new file takes
 * its place, since other names of the tree can be hard links to it.
 */
function place(work: Work, target: ByteString, content: Buffer, how: { mode: number; frozen: boolean }): void {
  const adopt = work.settings.mode === "adopt";
  if (adopt && !how.frozen) rmSync(toFsPath(target));
  const keep = adopt && how.frozen;
  const flags = keep
    ? constants.O_RDONLY | constants.O_NOFOLLOW
    : constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const fd = openSync(toFsPath(target), flags, how.mode);
  try {
    if (!keep) writeAll(fd, content);
    if (how.frozen && !keep && work.settings.plainFiles) freezeNew(fd);
    else if (how.frozen) freeze(fd, how.mode);
  } finally {
    closeSync(fd);
  }
}

function isLocal(work: Work, bytes: Buffer): boolean {
  return bytes.indexOf(work.local) >= 0 || (work.self !== undefined && bytes.indexOf(work.self) >= 0);
}

/** In a store rooted at `/store` canonical and local storeDir are one. */
function hasTwoForms({ localStoreDir, canonicalStoreDir }: ImportSettings): boolean {
  return localStoreDir !== canonicalStoreDir;
}

/** What turns a tree that was made in this store, at `selfName`, into canonical form. */
export function canonicalReplacements(settings: ImportSettings): readonly Replacement[] {
  const { localStoreDir, canonicalStoreDir, selfName, zeroBaseName } = settings;
  const self = selfName === undefined ? [] : ([[selfName, zeroBaseName]] as const);
  return replacements([[localStoreDir, canonicalStoreDir], ...self]);
}

interface LargeFile {
  readonly fd: number;
  readonly status: Stats;
  readonly source: ByteString;
  readonly target: ByteString;
}

function importLarge(work: Work, file: LargeFile): ImportedFile {
  const target = openLargeTarget(work, file);
  try {
    const reading = target.readable ? target.fd : file.fd;
    const { size, id: read, ...found } = scanLarge(work, reading, target.readable ? undefined : target.fd);
    if (size !== file.status.size) throw changedWhileRead(file.source);
    if (found.fromLocal) rewriteFile(target.fd, work.canonicalise);
    const id = found.fromLocal ? hashFile(target.fd, size) : read;
    const executable = (file.status.mode & 0o100) !== 0;
    if (!found.mentions) freeze(target.fd, frozenMode(executable));
    if (target.aside !== undefined) renameSync(target.aside, toFsPath(file.target));
    return { id, size, executable, pooled: false, ...found };
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
function openLargeTarget(work: Work, file: LargeFile): LargeTarget {
  if (work.settings.mode === "adopt") {
    if (file.status.nlink === 1) {
      chmodSync(toFsPath(file.target), 0o600);
      return { fd: openSync(toFsPath(file.target), constants.O_RDWR | constants.O_NOFOLLOW), readable: true };
    }
    // Other names of the tree share the file: this one gets a copy of its own. Until that is complete it stays a link,
    // so that no other thread takes the shared file for its alone and writes to it.
    const aside = `${work.settings.scratch}/${randomBytes(8).toString("hex")}`;
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
    rmSync(toFsPath(file.target), { force: true });
    return false;
  }
}

interface LargeScan
  extends Pick<ImportedFile, "mentions" | "fromLocal" | "fromCanonical" | "baseNames" | "id" | "size"> {}

/** Reads `fd` from its start once: hashes, searches, and copies to `copyTo`. */
function scanLarge(work: Work, fd: number, copyTo: number | undefined): LargeScan {
  const { buffer } = work;
  const names = new Set<string>();
  const hash = startBlob(fstatSync(fd).size);
  const found = { fromLocal: false, fromCanonical: false, mentions: false };
  let size = 0;
  let held = 0;
  for (;;) {
    const count = readSync(fd, buffer, held, buffer.length - held, size);
    if (count === 0) break;
    const fresh = buffer.subarray(held, held + count);
    hash.update(fresh);
    if (copyTo !== undefined) writeAll(copyTo, fresh);
    size += count;
    const seen = buffer.subarray(0, held + count);
    found.fromLocal ||= isLocal(work, seen);
    found.fromCanonical ||= hasTwoForms(work.settings) && seen.indexOf(work.canonical) >= 0;
    found.mentions ||= seen.indexOf(work.zero) >= 0;
    findBaseNames(seen, names);
    held = Math.min(OVERLAP, seen.length);
    buffer.copyWithin(0, seen.length - held, seen.length);
  }
  const mentions = found.mentions || found.fromLocal || found.fromCanonical;
  return {
    ...found,
    mentions,
    size,
    id: hash.digest("hex") as BlobId,
    baseNames: names.size > 0 ? [...names] : undefined,
  };
}

const OVERLAP = LONGEST_BASE_NAME;

/** The blob id of an open file of `size` bytes. */
export function hashFile(fd: number, size: number): BlobId {
  const hash = startBlob(size);
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(size, SMALL)));
  for (let at = 0; ; ) {
    const count = readSync(fd, buffer, 0, buffer.length, at);
    if (count === 0) return hash.digest("hex") as BlobId;
    hash.update(buffer.subarray(0, count));
    at += count;
  }
}

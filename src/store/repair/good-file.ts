import { chmodSync, closeSync, constants, copyFileSync, fsyncSync, linkSync, lstatSync, openSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../../model/byte-string.ts";
import type { FileListEntry } from "../../model/file-list.ts";
import type { BaseName, BlobId } from "../../model/ids.ts";
import { canonicalising, type Forms, localising, type Replacement, replacements } from "../../model/rewrite.ts";
import { FROZEN_MS } from "../../model/verify/compare-tree.ts";
import { lstatIfThere } from "../../system/lstat-if-there.ts";
import { randomName } from "../../system/random-name.ts";
import { removeFile } from "../../system/remove-file.ts";
import { freeze, frozenMode } from "../import/freeze.ts";
import { rewriteFile } from "../import/rewrite-file.ts";
import { type Layout, poolPath } from "../layout.ts";
import type { Store } from "../open-store.ts";
import { hashForms } from "../verify/hash-forms.ts";
import type { Pace } from "../verify/pace.ts";
import type { LocatedEntry } from "./locate.ts";
import { placeIn } from "./place.ts";

/** Content that somebody needs: by the id of its local form. */
export interface WantedFile {
  readonly id: BlobId;
  readonly executable: boolean;
  readonly size: number;
  /** Where it ought to lie; the first is the one that it is wanted for. */
  readonly places: readonly LocatedEntry[];
  /** Places with the same content in canonical form. */
  readonly related: readonly LocatedEntry[];
}

/** A tree that was made or fetched again. */
export interface ObtainedTree {
  readonly directory: string;
  /** It is in canonical form, else in that of this store. */
  readonly isCanonical: boolean;
  readonly from: string;
}

export interface GoodFileOptions {
  readonly pace: Pace;
  /** A private directory on the store's filesystem. */
  readonly scratch: string;
  /** Gets a whole object again; asked last. */
  obtain(object: BaseName): Promise<ObtainedTree | undefined>;
}

/** A frozen, durable file under a temporary name, and where its bytes came from. */
export interface GoodFile {
  readonly path: ByteString;
  readonly from: string;
}

/** Finds good bytes for a file: every candidate is read and must give the id that is wanted. */
export async function findGoodFile(
  store: Store,
  wanted: WantedFile,
  options: GoodFileOptions,
): Promise<GoodFile | undefined> {
  for (const candidate of candidatesIn(store, wanted)) {
    const found = tryCandidate(candidate, wanted, options);
    if (found) return found;
  }
  for (const { object, entry } of wanted.places) {
    const tree = await options.obtain(object);
    const path = tree && (`${fromText(tree.directory)}/${entry.path}` as ByteString);
    const convert = tree?.isCanonical ? localising(formsOf(store.layout), object) : [];
    const found = tree && path && tryCandidate({ path, from: tree.from, convert }, wanted, options);
    if (found) return found;
  }
  return undefined;
}

export function wantedKey({ id, executable }: Pick<WantedFile, "id" | "executable">): string {
  return `${id}${executable ? "x" : ""}`;
}

/** The local id of a file in a list. */
export function localIdOf({ id, localId }: FileListEntry): BlobId {
  return localId ?? (id as BlobId);
}

/** Whether the file at `path` has this content. */
export function hasContent(path: ByteString, wanted: Pick<WantedFile, "id">, pace: Pace): boolean {
  try {
    const fd = openSync(toFsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return hashForms(fd, { pace }).local === wanted.id;
    } finally {
      closeSync(fd);
    }
  } catch {
    // What is not there or cannot be read has no content that would help.
    return false;
  }
}

interface Candidate {
  readonly path: ByteString;
  readonly from: string;
  /** Makes its bytes into those that are wanted. */
  readonly convert: readonly Replacement[];
  /** It lies in the pool: whoever has its content shares it. */
  readonly isShared?: boolean;
}

function* candidatesIn(store: Store, wanted: WantedFile): Generator<Candidate> {
  const { layout } = store;
  for (const executable of [wanted.executable, !wanted.executable])
    yield {
      path: fromText(poolPath(layout, wanted.id, executable)),
      from: "from the pool",
      convert: [],
      isShared: executable === wanted.executable,
    };
  for (const located of wanted.places) yield inObject(store, located, []);
  const target = wanted.places[0];
  if (!target) return;
  for (const located of wanted.related)
    yield inObject(store, located, conversion(layout, located.object, target.object));
  for (const { object, entry } of wanted.places) {
    const path = `${fromText(layout.twins)}/${object}/${entry.path}` as ByteString;
    const convert = replacements([[layout.canonicalStoreDir, layout.storeDir]]);
    yield { path, from: `from the twin of ${object}`, convert };
  }
}

function inObject(store: Store, { object, entry }: LocatedEntry, convert: readonly Replacement[]): Candidate {
  return { path: placeIn(store, object, entry.path), from: `from ${object}/${toEscaped(entry.path)}`, convert };
}

function conversion(layout: Layout, from: BaseName, to: BaseName): readonly Replacement[] {
  const forms = formsOf(layout);
  return [...canonicalising(forms, from), ...localising(forms, to)];
}

function formsOf({ storeDir, canonicalStoreDir }: Layout): Forms {
  return { canonicalStoreDir, localStoreDir: storeDir };
}

function tryCandidate(candidate: Candidate, wanted: WantedFile, options: GoodFileOptions): GoodFile | undefined {
  const status = lstatIfThere(candidate.path);
  if (!status?.isFile() || status.size !== wanted.size) return undefined;
  const path = `${fromText(options.scratch)}/${randomName()}` as ByteString;
  const isFrozen = (status.mode & 0o7777) === frozenMode(wanted.executable) && status.mtimeMs === FROZEN_MS;
  const canLink = candidate.isShared === true && isFrozen && status.uid === process.getuid?.();
  try {
    if (!(canLink && tryLink(candidate.path, path))) copy(candidate, path, wanted);
    if (hasContent(path, wanted, options.pace)) return { path, from: candidate.from };
  } catch (error) {
    if (!isErrno(error, "EIO", "EACCES", "ENOENT", "ELOOP")) throw error;
  }
  removeFile(toFsPath(path));
  return undefined;
}

/** A further name for a frozen file; where the filesystem has no link left, a copy. */
export function linkOrCopy(from: ByteString, to: ByteString): void {
  if (tryLink(from, to)) return;
  const { mode } = lstatSync(toFsPath(from));
  const wanted = { executable: (mode & 0o100) !== 0 };
  copy({ path: from, convert: [] }, to, wanted);
}

/** Places that share a file go on sharing it. */
function tryLink(from: ByteString, to: ByteString): boolean {
  try {
    linkSync(toFsPath(from), toFsPath(to));
    return true;
  } catch (error) {
    if (isErrno(error, "EMLINK", "EPERM", "ENOTSUP", "EOPNOTSUPP", "EXDEV", "ENOENT")) return false;
    throw error;
  }
}

function copy(
  { path, convert }: Omit<Candidate, "from">,
  to: ByteString,
  { executable }: Pick<WantedFile, "executable">,
): void {
  copyFileSync(toFsPath(path), toFsPath(to), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chmodSync(toFsPath(to), 0o600);
  const fd = openSync(toFsPath(to), constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    if (convert.length > 0) rewriteFile(fd, convert);
    fsyncSync(fd);
    freeze(fd, frozenMode(executable));
  } finally {
    closeSync(fd);
  }
}

import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  createWriteStream,
  fstatSync,
  fsyncSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromBytes, fromText, toBytes, toEscaped, toFsPath } from "../model/byte-string.ts";
import type { FileListEntry } from "../model/file-list.ts";
import { hashLinkTarget, startBlob } from "../model/git-object.ts";
import type { BaseName } from "../model/ids.ts";
import { directoriesOfList, treeIdOfList } from "../model/list-tree.ts";
import { PACKED_MANIFEST, PACKED_TREE, packedManifest, printPackedManifest } from "../model/packed-object.ts";
import { canonicalising, createRewriter, type Replacement, replaceInPlace } from "../model/rewrite.ts";
import { type TarMember, writeTar } from "../system/archive/tar/write-tar.ts";
import { syncDirectory, TEMPORARY_MARK } from "../system/atomic-file.ts";
import { objectPath } from "./layout.ts";
import { readManifest } from "./manifests.ts";
import type { Store } from "./open-store.ts";
import { readFileList } from "./twins.ts";

/**
 * Writes an object in canonical form, with what must be known of it, to the file `target`: the same bytes in every store
 * that has it. Everything is checked on the way; `target` appears when it is whole and durable. Returns its size.
 * @throws StoreError DAMAGED when the object is not what its manifest says, UNSUPPORTED when its name cannot be checked
 */
export async function packObject(
  store: Store,
  object: BaseName,
  { target, signal }: { readonly target: string; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const members = packedMembers(store, object);
  const temporary = join(dirname(target), `${TEMPORARY_MARK}${randomBytes(8).toString("hex")}`);
  try {
    // Opened here and not by the stream, which would do so later, perhaps after the removal below.
    const file = createWriteStream(temporary, { fd: openSync(temporary, "wx", 0o644) });
    await pipeline(Readable.from(writeTar(members)), createGzip(), file, { signal });
    flush(temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(target));
  return statSync(target).size;
}

function* packedMembers(store: Store, object: BaseName): Generator<TarMember> {
  const manifest = readManifest(store, object);
  const text = Buffer.from(printPackedManifest(packedManifest(manifest, store.layout.width)));
  const list = readFileList(store, object);
  if (treeIdOfList(list) !== manifest.treeId) throw damaged(object, "its file list is not that of its tree id");
  const forms = { canonicalStoreDir: store.layout.canonicalStoreDir, localStoreDir: store.layout.storeDir };
  const reading: Reading = { store, object, replacements: canonicalising(forms, object) };
  const place = (path: string) => `${PACKED_TREE}/${path}` as ByteString;
  const size = text.length;
  yield { kind: "file", path: fromText(PACKED_MANIFEST), executable: false, size, content: () => [text] };
  yield { kind: "directory", path: fromText(PACKED_TREE) };
  for (const path of directoriesOfList(list)) yield { kind: "directory", path: place(path) };
  for (const entry of list) {
    if (entry.mode === "40000") continue;
    if (entry.mode === "120000") yield { kind: "symlink", path: place(entry.path), target: readTarget(reading, entry) };
    else {
      const executable = entry.mode === "100755";
      const content = () => readContent(reading, entry);
      yield { kind: "file", path: place(entry.path), executable, size: entry.size, content };
    }
  }
}

interface Reading {
  readonly store: Store;
  readonly object: BaseName;
  readonly replacements: readonly Replacement[];
}

function readTarget(reading: Reading, entry: FileListEntry): ByteString {
  const bytes = toBytes(open(reading, entry, (path) => readlinkSync(path, "latin1")) as ByteString);
  replaceInPlace(bytes, reading.replacements);
  const target = fromBytes(bytes);
  if (hashLinkTarget(target) === entry.id) return target;
  throw damaged(reading.object, `the link ${toEscaped(entry.path)} has another target than it should`);
}

const PIECE = 1 << 20;

/** The canonical content of a file, whose id is checked when all of it was read. */
function* readContent(reading: Reading, entry: FileListEntry): Generator<Buffer> {
  const fd = open(reading, entry, (path) => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  try {
    checkStatus(reading, entry, fd);
    const rewriter = createRewriter(entry.localId === undefined ? [] : reading.replacements);
    const hash = startBlob(entry.size);
    let left = entry.size;
    for (;;) {
      const buffer = Buffer.allocUnsafe(Math.min(PIECE, left + 1));
      const count = readSync(fd, buffer);
      left -= count;
      if (left < 0) break;
      const piece = count === 0 ? rewriter.end() : rewriter.push(buffer.subarray(0, count));
      hash.update(piece);
      if (piece.length > 0) yield piece;
      if (count === 0) break;
    }
    if (left === 0 && hash.digest("hex") === entry.id) return;
  } finally {
    closeSync(fd);
  }
  throw damaged(reading.object, `${toEscaped(entry.path)} has other content than it should`);
}

function checkStatus(reading: Reading, entry: FileListEntry, fd: number): void {
  const status = fstatSync(fd);
  const executable = (status.mode & 0o100) !== 0;
  if (status.isFile() && executable === (entry.mode === "100755")) return;
  throw damaged(reading.object, `${toEscaped(entry.path)} is not the kind of file that it should be`);
}

function open<T>({ store, object }: Reading, { path }: FileListEntry, action: (path: string | Buffer) => T): T {
  try {
    return action(toFsPath(`${fromText(objectPath(store.layout, object))}/${path}` as ByteString));
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EINVAL")) throw error;
    throw damaged(object, `${toEscaped(path)} is missing`, error);
  }
}

function flush(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function damaged(object: BaseName, reason: string, cause?: unknown): StoreError {
  return new StoreError("DAMAGED", `${object} is damaged: ${reason}`, {
    hint: "`store verify --repair` gets it again where that is possible.",
    details: { path: object },
    cause,
  });
}

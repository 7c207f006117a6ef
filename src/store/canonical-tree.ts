import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromBytes, fromText, toBytes, toEscaped, toFsPath } from "../model/byte-string.ts";
import type { FileListEntry } from "../model/file-list.ts";
import { hashLinkTarget, startBlob } from "../model/git-object.ts";
import type { BaseName } from "../model/ids.ts";
import { directoriesOfList, treeIdOfList } from "../model/list-tree.ts";
import { canonicalising, createRewriter, type Replacement, replaceInPlace } from "../model/rewrite.ts";
import type { TarMember } from "../system/archive/tar/write-tar.ts";
import { objectPath } from "./layout.ts";
import { readManifest } from "./manifests.ts";
import type { Store } from "./open-store.ts";
import { readFileList } from "./twins.ts";

/**
 * Everything in an object in canonical form: directories, then files and links, with their paths in it. Each is compared
 * with what the object's records say while it is read.
 * @throws StoreError DAMAGED, also from a file's content
 */
export function* canonicalTree(store: Store, object: BaseName): Generator<TarMember> {
  const list = readFileList(store, object);
  if (treeIdOfList(list) !== readManifest(store, object).treeId)
    throw damagedObject(object, "its file list is not that of its tree id");
  const forms = { canonicalStoreDir: store.layout.canonicalStoreDir, localStoreDir: store.layout.storeDir };
  const reading: Reading = { store, object, replacements: canonicalising(forms, object) };
  for (const path of directoriesOfList(list)) yield { kind: "directory", path };
  for (const entry of list) {
    const { path, size, mode } = entry;
    if (mode === "120000") yield { kind: "symlink", path, target: readTarget(reading, entry) };
    else if (mode !== "40000") {
      yield { kind: "file", path, executable: mode === "100755", size, content: () => readContent(reading, entry) };
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
  throw damagedObject(reading.object, `the link ${toEscaped(entry.path)} has another target than it should`);
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
  throw damagedObject(reading.object, `${toEscaped(entry.path)} has other content than it should`);
}

function checkStatus(reading: Reading, entry: FileListEntry, fd: number): void {
  const status = fstatSync(fd);
  const executable = (status.mode & 0o100) !== 0;
  if (status.isFile() && executable === (entry.mode === "100755")) return;
  throw damagedObject(reading.object, `${toEscaped(entry.path)} is not the kind of file that it should be`);
}

function open<T>({ store, object }: Reading, { path }: FileListEntry, action: (path: string | Buffer) => T): T {
  try {
    return action(toFsPath(`${fromText(objectPath(store.layout, object))}/${path}` as ByteString));
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EINVAL")) throw error;
    throw damagedObject(object, `${toEscaped(path)} is missing`, error);
  }
}

export function damagedObject(object: BaseName, reason: string, cause?: unknown): StoreError {
  return new StoreError("DAMAGED", `${object} is damaged: ${reason}`, {
    hint: "`store verify --repair` gets it again where that is possible.",
    details: { path: object },
    cause,
  });
}

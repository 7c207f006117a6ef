import type { Hash } from "node:crypto";
import type { ByteString } from "../model/byte-string.ts";
import type { FileListEntry } from "../model/file-list.ts";
import { EMPTY_TREE_ID, hashLinkTarget, startBlob } from "../model/git-object.ts";
import type { TreeId } from "../model/ids.ts";
import { treeIdOfList } from "../model/list-tree.ts";
import { notPacked, PACKED_MANIFEST, PACKED_TREE } from "../model/packed-object.ts";
import type { EntryWriter } from "../system/archive/entry-writer.ts";

export interface PackedTree extends EntryWriter {
  /**
   * The manifest and the tree id of what was read.
   * @throws StoreError ARCHIVE when that is no packed object
   */
  read(): { readonly manifest: string; readonly treeId: TreeId };
}

/** More than any honest manifest has. */
export const LARGEST_MANIFEST = 16 << 20;

type Entry = Pick<FileListEntry, "mode" | "id" | "size">;

/** Takes the entries of a packed object and keeps of them what they hash to. */
export function packedTree(file: string): PackedTree {
  const entries = new Map<ByteString, Entry>();
  const directories = new Set<ByteString>();
  let manifest: Buffer[] | undefined;
  let open: { readonly path: ByteString; readonly executable: boolean; readonly size: number; readonly hash: Hash };

  function add(path: ByteString, entry: Entry): void {
    const inTree = path.startsWith(`${PACKED_TREE}/`);
    if (!inTree && path !== PACKED_MANIFEST) throw unexpected(file);
    entries.set(path, entry);
    for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) directories.add(parent);
  }

  return {
    makeDirectory(path) {
      if (path !== PACKED_TREE && !path.startsWith(`${PACKED_TREE}/`)) throw unexpected(file);
      directories.add(path);
    },
    makeSymlink: (path, target) => add(path, { mode: "120000", id: hashLinkTarget(target), size: target.length }),
    makeHardLink(path, existing) {
      const entry = entries.get(existing);
      if (!entry) throw notPacked(file, "it has a hard link to what does not come before it");
      add(path, entry);
    },
    openFile(path, executable, size) {
      open = { path, executable, size, hash: startBlob(size) };
      if (path !== PACKED_MANIFEST) return;
      if (size > LARGEST_MANIFEST) throw notPacked(file, `${PACKED_MANIFEST} is no such file`);
      manifest = [];
    },
    write(bytes, start, end, position) {
      if (position !== undefined) throw notPacked(file, "it has a file with holes");
      const piece = bytes.subarray(start, end);
      open.hash.update(piece);
      // The piece is valid only now.
      if (open.path === PACKED_MANIFEST) manifest?.push(Buffer.from(piece));
    },
    closeFile() {
      const { path, executable, size, hash } = open;
      add(path, { mode: executable ? "100755" : "100644", id: hash.digest("hex"), size });
    },
    read() {
      if (!manifest || !directories.has(PACKED_TREE as ByteString)) throw unexpected(file);
      entries.delete(PACKED_MANIFEST as ByteString);
      return { manifest: Buffer.concat(manifest).toString("utf8"), treeId: treeIdOf(entries, directories) };
    },
  };
}

function treeIdOf(entries: ReadonlyMap<ByteString, Entry>, directories: Iterable<ByteString>): TreeId {
  const all = new Map<ByteString, Entry>(entries);
  const filled = new Set([...entries.keys(), ...directories].map(parentOf));
  for (const path of directories)
    if (!filled.has(path) && path !== PACKED_TREE) all.set(path, { mode: "40000", id: EMPTY_TREE_ID, size: 0 });
  const prefix = PACKED_TREE.length + 1;
  const list = [...all].map(([path, entry]): FileListEntry => {
    return { ...entry, localId: undefined, path: path.slice(prefix) as ByteString };
  });
  return treeIdOfList(list);
}

function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) as ByteString;
}

function unexpected(file: string): Error {
  return notPacked(file, `it does not consist of ${PACKED_MANIFEST} and ${PACKED_TREE}`);
}

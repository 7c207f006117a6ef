import { createReadStream, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { StoreError } from "../errors.ts";
import { type ByteString, toEscaped, toFsPath } from "../model/byte-string.ts";
import { type GitTreeEntry, hashLinkTarget, hashTree, startBlob } from "../model/git-object.ts";
import type { TreeId } from "../model/ids.ts";

export interface DirectoryContent {
  readonly treeId: TreeId;
  /** How many files and symlinks. */
  readonly files: number;
  /** Bytes in files. */
  readonly size: number;
}

/**
 * The tree id of a directory as it is: git's SHA-256 tree object id, with empty directories kept.
 *
 * @throws StoreError INVALID_INPUT for devices, FIFOs and sockets; the signal's reason
 */
export async function readDirectoryContent(
  directory: ByteString,
  signal?: AbortSignal | undefined,
): Promise<DirectoryContent> {
  const entries: GitTreeEntry[] = [];
  let files = 0;
  let size = 0;
  for (const entry of readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" })) {
    signal?.throwIfAborted();
    const name = entry.name as ByteString;
    const path = `${directory}/${name}` as ByteString;
    if (entry.isDirectory()) {
      const content = await readDirectoryContent(path, signal);
      files += content.files;
      size += content.size;
      entries.push({ mode: "40000", name, id: content.treeId });
    } else {
      const leaf = await readLeaf(path);
      files += 1;
      size += leaf.size;
      entries.push({ mode: leaf.mode, name, id: leaf.id });
    }
  }
  return { treeId: hashTree(entries), files, size };
}

async function readLeaf(path: ByteString): Promise<Pick<GitTreeEntry, "mode" | "id"> & { readonly size: number }> {
  const stat = lstatSync(toFsPath(path));
  if (stat.isSymbolicLink()) {
    const target = readlinkSync(toFsPath(path), { encoding: "latin1" }) as ByteString;
    return { mode: "120000", id: hashLinkTarget(target), size: 0 };
  }
  if (!stat.isFile()) {
    throw new StoreError("INVALID_INPUT", `${toEscaped(path)} is neither a file nor a directory nor a symlink`);
  }
  const hash = startBlob(stat.size);
  let size = 0;
  for await (const chunk of createReadStream(toFsPath(path), { highWaterMark: 1 << 18 })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  if (size !== stat.size) throw new StoreError("FAILED", `${toEscaped(path)} changed while it was read`);
  return { mode: stat.mode & 0o111 ? "100755" : "100644", id: hash.digest("hex"), size };
}

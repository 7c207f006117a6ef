import type { ByteString } from "../byte-string.ts";
import type { FileListEntry } from "../file-list.ts";
import { type GitTreeEntry, hashTree } from "../git-object.ts";
import type { TreeId } from "../ids.ts";

/**
 * The tree id that a file list stands for. A list in which a path stands twice, or both as a file and as a directory,
 * has the id of no tree that was ever added.
 */
export function treeIdOfList(entries: readonly FileListEntry[]): TreeId {
  const top: Directory = new Map();
  for (const { path, mode, id } of entries) {
    const names = path.split("/") as ByteString[];
    const last = names.pop() as ByteString;
    let directory = top;
    for (const name of names) directory = enter(directory, name);
    directory.set(last, { mode, id });
  }
  return hashDirectory(top);
}

type Directory = Map<ByteString, Directory | Pick<GitTreeEntry, "mode" | "id">>;

function enter(directory: Directory, name: ByteString): Directory {
  const present = directory.get(name);
  if (present instanceof Map) return present;
  const made: Directory = new Map();
  directory.set(name, made);
  return made;
}

function hashDirectory(directory: Directory): TreeId {
  const entries: GitTreeEntry[] = [];
  for (const [name, entry] of directory) {
    if (entry instanceof Map) entries.push({ mode: "40000", name, id: hashDirectory(entry) });
    else entries.push({ ...entry, name });
  }
  return hashTree(entries);
}

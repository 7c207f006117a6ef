import type { ByteString } from "./byte-string.ts";
import type { FileListEntry } from "./file-list.ts";
import { type GitTreeEntry, hashTree } from "./git-object.ts";
import type { TreeId } from "./ids.ts";

/** The tree id of the object that a file list describes. */
export function treeIdOfList(entries: readonly FileListEntry[]): TreeId {
  const top: Directory = { entries: [], directories: new Map() };
  for (const { path, mode, id } of entries) {
    const parts = path.split("/") as ByteString[];
    const name = parts.pop() as ByteString;
    directoryAt(top, parts).entries.push({ mode, name, id });
  }
  return hashDirectory(top);
}

/** Every directory of the object that a file list describes, each behind the one that it is in; without the top. */
export function directoriesOfList(entries: readonly FileListEntry[]): readonly ByteString[] {
  const found = new Set<ByteString>();
  for (const { path, mode } of entries) {
    const parts = path.split("/");
    const depth = mode === "40000" ? parts.length : parts.length - 1;
    for (let length = 1; length <= depth; length++) found.add(parts.slice(0, length).join("/") as ByteString);
  }
  return [...found];
}

interface Directory {
  readonly entries: GitTreeEntry[];
  readonly directories: Map<ByteString, Directory>;
}

function directoryAt(top: Directory, parts: readonly ByteString[]): Directory {
  let directory = top;
  for (const name of parts) {
    const inner = directory.directories.get(name) ?? { entries: [], directories: new Map() };
    directory.directories.set(name, inner);
    directory = inner;
  }
  return directory;
}

function hashDirectory({ entries, directories }: Directory): TreeId {
  const inner = [...directories].map(([name, directory]): GitTreeEntry => {
    return { mode: "40000", name, id: hashDirectory(directory) };
  });
  return hashTree([...entries, ...inner]);
}

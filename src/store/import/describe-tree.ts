import { StoreError } from "../../errors.ts";
import { type ByteString, toEscaped } from "../../model/byte-string.ts";
import type { FileListEntry } from "../../model/file-list.ts";
import { compareEntries, EMPTY_TREE_ID, type GitTreeEntry, hashLinkTarget, hashTree } from "../../model/git-object.ts";
import type { TreeId } from "../../model/ids.ts";
import type { ImportedDirectory } from "./import-tree.ts";

/** What an imported tree is, in canonical form. */
export interface TreeDescription {
  readonly treeId: TreeId;
  /** In git's order, depth first. */
  readonly entries: readonly FileListEntry[];
  /** Bytes in regular files. */
  readonly size: number;
  /** Regular files and symlinks. */
  readonly files: number;
  /** Whether anything mentions the storeDir or the object's own name. */
  readonly mentions: boolean;
  /** Texts that begin with what may be the name of another object. */
  readonly baseNames: ReadonlySet<string>;
}

/** @throws StoreError INVALID_INPUT when one part of the tree is in canonical and another in local form */
export function describeTree(tree: ImportedDirectory): TreeDescription {
  const state: State = {
    entries: [],
    size: 0,
    files: 0,
    mentions: false,
    baseNames: new Set(),
    local: undefined,
    canonical: undefined,
  };
  const treeId = describeDirectory(state, tree, "");
  if (state.local !== undefined && state.canonical !== undefined) throw mixedForms(state.local, state.canonical);
  return { ...state, treeId };
}

interface State {
  readonly entries: FileListEntry[];
  size: number;
  files: number;
  mentions: boolean;
  readonly baseNames: Set<string>;
  /** The first path that was found in local form, and in canonical form. */
  local: string | undefined;
  canonical: string | undefined;
}

function describeDirectory(state: State, directory: ImportedDirectory, prefix: string): TreeId {
  const children = childrenOf(directory).sort(compareEntries);
  const entries = children.map((child) => {
    const path = `${prefix}${child.name}` as ByteString;
    const inner = directory.directories.get(child.name);
    if (inner) return { ...child, id: describeInner(state, inner, path) };
    note(state, directory, child.name, path);
    const size = directory.files.get(child.name)?.size ?? directory.links.get(child.name)?.target.length ?? 0;
    state.entries.push({ mode: child.mode, id: child.id, size, localId: undefined, path });
    return child;
  });
  return hashTree(entries);
}

function describeInner(state: State, inner: ImportedDirectory, path: ByteString): TreeId {
  const id = describeDirectory(state, inner, `${path}/`);
  if (id === EMPTY_TREE_ID) state.entries.push({ mode: "40000", id, size: 0, localId: undefined, path });
  return id;
}

function childrenOf(directory: ImportedDirectory): GitTreeEntry[] {
  const children: GitTreeEntry[] = [];
  for (const [name, file] of directory.files)
    children.push({ mode: file.executable ? "100755" : "100644", name, id: file.id });
  for (const [name, link] of directory.links) children.push({ mode: "120000", name, id: hashLinkTarget(link.target) });
  for (const name of directory.directories.keys()) children.push({ mode: "40000", name, id: "" });
  return children;
}

function note(state: State, directory: ImportedDirectory, name: ByteString, path: ByteString): void {
  const file = directory.files.get(name);
  const found = file ?? directory.links.get(name);
  if (!found) return;
  state.files += 1;
  state.size += file?.size ?? 0;
  state.mentions ||= found.mentions;
  if (found.fromLocal) state.local ??= path;
  if (found.fromCanonical) state.canonical ??= path;
  for (const text of found.baseNames ?? []) state.baseNames.add(text);
}

function mixedForms(local: string, canonical: string): StoreError {
  const [here, there] = [toEscaped(local as ByteString), toEscaped(canonical as ByteString)];
  return new StoreError(
    "INVALID_INPUT",
    `${here} mentions this store's own path and ${there} the canonical one (/store/pkgs_…)`,
    {
      hint: "A tree is added in one form: build it against this store, or export it whole from another.",
      details: { local: here, canonical: there },
    },
  );
}

import { StoreError } from "../../errors.ts";
import { type ByteString, toEscaped } from "../../model/byte-string.ts";
import { hashTree } from "../../model/git-object.ts";
import type { TreeId } from "../../model/ids.ts";
import type { ImportedDirectory, ImportedFiles, ImportedLink } from "./imported-tree.ts";
import { hasFlag, idAt, someHave, totalSize } from "./pack-files.ts";
import { childrenOf, type TreeChild } from "./tree-children.ts";

/** What an imported tree is, in canonical form. */
export interface TreeDescription {
  readonly treeId: TreeId;
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
  size: number;
  files: number;
  mentions: boolean;
  readonly baseNames: Set<string>;
  /** The first path that was found in local form, and in canonical form. */
  local: string | undefined;
  canonical: string | undefined;
}

function describeDirectory(state: State, directory: ImportedDirectory, prefix: string): TreeId {
  for (const part of directory.files) noteFiles(state, part);
  for (const link of directory.links.values()) noteLink(state, link);
  if (directory.summary) return directory.summary.treeId;
  const entries = childrenOf(directory).map((child) => {
    const { mode, name } = child;
    const path = `${prefix}${name}`;
    if (isIn(child, "fromLocal")) state.local ??= path;
    if (isIn(child, "fromCanonical")) state.canonical ??= path;
    return { mode, name, id: idOf(state, child, path) };
  });
  return hashTree(entries);
}

function isIn({ part, at, link }: TreeChild, form: "fromLocal" | "fromCanonical"): boolean {
  return part ? hasFlag(part.files, at, form) : (link?.[form] ?? false);
}

function idOf(state: State, { part, at, link, inner }: TreeChild, path: string): string {
  if (part) return idAt(part.files, at);
  if (link) return link.id;
  return describeDirectory(state, inner as ImportedDirectory, `${path}/`);
}

function noteFiles(state: State, { names, files }: ImportedFiles): void {
  state.files += names.length;
  state.size += totalSize(files);
  state.mentions ||= someHave(files, "mentions");
  for (const found of files.baseNames.values()) for (const text of found) state.baseNames.add(text);
}

function noteLink(state: State, { mentions, baseNames }: ImportedLink): void {
  state.files += 1;
  state.mentions ||= mentions;
  for (const text of baseNames ?? []) state.baseNames.add(text);
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

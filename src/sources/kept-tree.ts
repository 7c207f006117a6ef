import { createHash } from "node:crypto";
import type { TreeId } from "../model/ids.ts";
import type { FetchContext } from "./fetch-context.ts";
import { commitRecordPath, treePath } from "./source-paths.ts";
import { readRecord } from "./source-record.ts";

/** A commit, with or without its submodules. */
export interface KeptCommit {
  readonly commit: string;
  /** Default: true. */
  readonly submodules?: boolean | undefined;
}

/** A commit stands for its files wherever it was fetched from; with submodules it has others. */
export function commitRecord(context: FetchContext, { commit, submodules = true }: KeptCommit): string {
  const key = createHash("sha256")
    .update(`${commit}${submodules ? " submodules" : ""}`)
    .digest("hex");
  return commitRecordPath(context.directory, key);
}

/** The tree that a commit is recorded to have. */
export function recordedTree(context: FetchContext, commit: KeptCommit): TreeId | undefined {
  const tree = readRecord(commitRecord(context, commit))?.tree;
  return typeof tree === "string" && /^[0-9a-f]{64}$/.test(tree) ? (tree as TreeId) : undefined;
}

/** Where the files of a commit lie when they are kept; whether they do is not looked at. */
export function keptTreePath(context: FetchContext, commit: KeptCommit): string | undefined {
  const tree = recordedTree(context, commit);
  return tree === undefined ? undefined : treePath(context.directory, tree);
}

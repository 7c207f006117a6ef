import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { fromText } from "../model/byte-string.ts";
import type { TreeId } from "../model/ids.ts";
import { syncDirectory } from "../system/atomic-file.ts";
import { removeTree } from "../system/remove-tree.ts";
import { checkOutCommit } from "./check-out-commit.ts";
import { type DirectoryContent, readDirectoryContent } from "./directory-content.ts";
import type { FetchContext } from "./fetch-context.ts";
import type { GitSource } from "./git-source.ts";
import { type Integrity, toIntegrity } from "./integrity.ts";
import { commitRecord, recordedTree } from "./kept-tree.ts";
import { markUsed } from "./mark-used.ts";
import { printableUrl } from "./printable-url.ts";
import { lockSource } from "./source-lock.ts";
import { treePath } from "./source-paths.ts";
import { writeRecord } from "./source-record.ts";
import { makeTemporaryDirectory } from "./temporary-sources.ts";

export interface GitRequest extends GitSource {
  /** Whether submodules are fetched too, and theirs. Default: true. */
  readonly submodules?: boolean | undefined;
  /** What the tree must be, if that is known. */
  readonly treeId?: TreeId | undefined;
}

/** A source tree that lies in the store. */
export interface FetchedTree extends DirectoryContent {
  /** A directory without `.git`; its files are read-only. */
  readonly path: string;
  readonly commit: string;
  /** `git+<url>#<commit>`, without credentials. */
  readonly origin: string;
  readonly reused: boolean;
}

/**
 * Fetches the files of a commit into the store, or finds them there. The same commit gives the same tree on every
 * machine, whatever git is told by configuration and attributes.
 *
 * @throws StoreError NOT_FOUND, NETWORK, OFFLINE, INTEGRITY (another tree), INVALID_INPUT, LIMIT, NO_SPACE, UNSUPPORTED (no
 *   git); the signal's reason
 */
export async function fetchGit(context: FetchContext, request: GitRequest): Promise<FetchedTree> {
  const origin = `git+${printableUrl(request.url)}#${request.commit}`;
  let content = await findKeptTree(context, request);
  let reused = content !== undefined;
  if (!content) {
    checkOffline(context, request, origin);
    using _lock = await lockSource(context, origin);
    const found = await findKeptTree(context, request);
    reused = found !== undefined;
    content = found ?? (await fetchTree(context, request, origin));
  }
  if (request.treeId && request.treeId !== content.treeId) throw wrongTree(origin, request.treeId, content.treeId);
  context.onEvent?.({ kind: "checked-out", url: origin, treeId: content.treeId, reused });
  const path = treePath(context.directory, content.treeId);
  return { ...content, path, commit: request.commit, origin, reused };
}

/** The kept tree of this commit, read again from end to end; a damaged one is removed and told by an event. */
async function findKeptTree(context: FetchContext, request: GitRequest): Promise<DirectoryContent | undefined> {
  const tree = recordedTree(context, request);
  if (tree === undefined) return undefined;
  const path = treePath(context.directory, tree);
  try {
    const content = await readDirectoryContent(fromText(path), context.signal);
    if (content.treeId === tree) {
      markUsed(path, context.now());
      return content;
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
  context.onEvent?.({ kind: "damaged", path });
  removeTree(path);
  return undefined;
}

async function fetchTree(context: FetchContext, request: GitRequest, origin: string): Promise<DirectoryContent> {
  using directory = makeTemporaryDirectory(context, origin);
  const tree = join(directory.path, "tree");
  mkdirSync(tree);
  const { submodules = true } = request;
  await checkOutCommit(context, request, { target: fromText(tree), scratch: directory.path, submodules });
  const content = await readDirectoryContent(fromText(tree), context.signal);
  keepTree(tree, treePath(context.directory, content.treeId));
  const { commit, url } = request;
  writeRecord(commitRecord(context, request), { commit, submodules, tree: content.treeId, url: printableUrl(url) });
  return content;
}

/** The tree is not flushed: it is read again before each use, and what a power loss tore is fetched again. */
function keepTree(temporary: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    renameSync(temporary, path);
  } catch (error) {
    // Another commit has the same files.
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
  }
  syncDirectory(dirname(path));
}

function checkOffline(context: FetchContext, { url, commit }: GitRequest, origin: string): void {
  if (!context.offline || new URL(url).protocol === "file:") return;
  throw new StoreError("OFFLINE", `${origin} is not in the store and cannot be fetched offline`, {
    hint: "Fetch it without --offline first.",
    details: { url: printableUrl(url), commit },
  });
}

/** A tree id in the form in which recipes give integrities. */
function integrityOf(treeId: TreeId): Integrity {
  return toIntegrity({ algorithm: "sha256", hex: treeId });
}

function wrongTree(origin: string, expected: TreeId, actual: TreeId): StoreError {
  return new StoreError(
    "INTEGRITY",
    `${origin} has other files than its integrity says\n  expected: ${integrityOf(expected)}\n  actual:   ${integrityOf(actual)}`,
    {
      hint: `Check the commit; if you trust its files, write \`integrity: ${integrityOf(actual)}\`.`,
      details: { url: origin, expected, actual },
    },
  );
}

import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
  symlinkSync,
} from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromBytes, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import { type DirectoryContent, readDirectoryContent } from "./directory-content.ts";
import type { FetchContext } from "./fetch-context.ts";
import { noSpace } from "./kept-files.ts";
import { listWorkingTree } from "./list-working-tree.ts";

/**
 * Copies a local directory to `target`, which must not exist: of a git checkout what git tracks and what it does not
 * ignore, of any other directory everything. Files become read-only and keep only whether their owner may run them.
 *
 * @throws StoreError NOT_FOUND, INVALID_INPUT (not a directory; a device, FIFO or socket), NO_SPACE, UNSUPPORTED (a
 *   checkout, but no git); the signal's reason
 */
export async function collectWorkingTree(
  context: FetchContext,
  directory: string,
  target: string,
): Promise<DirectoryContent> {
  const source = resolveDirectory(directory);
  mkdirSync(target);
  await copyDirectory(context, source, fromText(target));
  return readDirectoryContent(fromText(target), context.signal);
}

/** Fills `target`, which exists. */
async function copyDirectory(context: FetchContext, source: ByteString, target: ByteString): Promise<void> {
  const real = new Map<string, boolean>([["", true]]);
  const paths = await listWorkingTree(context, source);
  const parents = new Set(paths.flatMap(parentsOf));
  for (const path of paths) {
    context.signal?.throwIfAborted();
    // Behind a symlink, or gone since git saw it: it is not part of the tree.
    if (!parentsOf(path).every((parent) => isRealDirectory(source, parent, real))) continue;
    const stat = statOf(`${source}/${path}` as ByteString);
    if (!stat) continue;
    makeParents(target, path);
    const to = `${target}/${path}` as ByteString;
    if (!stat.isDirectory()) copyLeaf(`${source}/${path}` as ByteString, to, stat);
    else {
      mkdirSync(toFsPath(to), { recursive: true });
      // Where a tracked file was, and what is in it was listed, too.
      if (parents.has(path)) continue;
      // If it is not empty it is another checkout within this one.
      const inner = `${source}/${path}` as ByteString;
      if (readdirSync(toFsPath(inner)).length > 0) await copyDirectory(context, inner, to);
    }
  }
}

function copyLeaf(from: ByteString, to: ByteString, stat: Stats): void {
  if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(toFsPath(from), { encoding: "buffer" }), toFsPath(to));
    return;
  }
  if (!stat.isFile()) {
    throw new StoreError("INVALID_INPUT", `${toEscaped(from)} is neither a file nor a directory nor a symlink`);
  }
  try {
    copyFileSync(toFsPath(from), toFsPath(to), constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    chmodSync(toFsPath(to), stat.mode & 0o100 ? 0o555 : 0o444);
  } catch (error) {
    throw noSpace(error) ?? error;
  }
}

function makeParents(target: ByteString, path: ByteString): void {
  const parent = parentsOf(path).at(-1);
  if (parent !== undefined) mkdirSync(toFsPath(`${target}/${parent}` as ByteString), { recursive: true });
}

/** `a`, `a/b` for `a/b/c`. */
function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function isRealDirectory(source: ByteString, path: string, known: Map<string, boolean>): boolean {
  const answer = known.get(path) ?? statOf(`${source}/${path}` as ByteString)?.isDirectory() ?? false;
  known.set(path, answer);
  return answer;
}

function statOf(path: ByteString): Stats | undefined {
  try {
    return lstatSync(toFsPath(path));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function resolveDirectory(directory: string): ByteString {
  try {
    const path = fromBytes(realpathSync(directory, "buffer"));
    if (statOf(path)?.isDirectory()) return path;
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
    throw new StoreError("NOT_FOUND", `${directory} does not exist`, { details: { directory }, cause: error });
  }
  throw new StoreError("INVALID_INPUT", `${directory} is not a directory`, { details: { directory } });
}

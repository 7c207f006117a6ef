import { createHash } from "node:crypto";
import { join } from "node:path";
import type { TreeId } from "../model/ids.ts";
import type { ContentHash } from "./integrity.ts";

/** A fetched file (`sha256`) or the link that leads to it (other algorithms). */
export function filePath(directory: string, hash: ContentHash): string {
  return join(directory, hash.algorithm, hash.hex.slice(0, 2), hash.hex);
}

/** What the link of another algorithm contains: the way from it to the file of this SHA-256. */
export function linkTarget(sha256: string): string {
  return `../../sha256/${sha256.slice(0, 2)}/${sha256}`;
}

/** What every URL gave. */
export function urlRecordsDirectory(directory: string): string {
  return join(directory, "urls");
}

/** Which contents a URL gave. */
export function urlRecordPath(directory: string, url: string): string {
  const key = sum(url);
  return join(urlRecordsDirectory(directory), key.slice(0, 2), `${key}.json`);
}

/** Downloads that have not ended. */
export function partialDirectory(directory: string): string {
  return join(directory, "partial");
}

/** A download that has not ended; `<this>.json` beside it tells what it is part of. */
export function partialPath(directory: string, url: string): string {
  return join(partialDirectory(directory), sum(url));
}

/** The lock of work on `subject`. A few thousand files serve all subjects: sharing one costs only a wait. */
export function lockPath(directory: string, subject: string): string {
  return join(directory, "locks", sum(subject).slice(0, 3));
}

/** Parent of directories that vanish with their process. */
export function temporaryPath(directory: string): string {
  return join(directory, "tmp");
}

/** What a registry said about the versions of a package that were asked for. */
export function npmRecordPath(directory: string, packageName: string): string {
  return join(directory, "npm", `${packageName}.json`);
}

/** The tree that a git commit gave. */
export function commitRecordPath(directory: string, key: string): string {
  return join(directory, "git", "commits", key.slice(0, 2), `${key}.json`);
}

/** Trees of files that git commits gave. */
export function treesDirectory(directory: string): string {
  return join(directory, "git", "trees");
}

/** A tree of files, named by its tree id. */
export function treePath(directory: string, treeId: TreeId): string {
  return join(treesDirectory(directory), treeId.slice(0, 2), treeId);
}

function sum(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

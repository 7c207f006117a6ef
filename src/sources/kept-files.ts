import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { replaceLink, syncDirectory } from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type FileHashes, hashFile } from "./hash-file.ts";
import { type ContentHash, type Integrity, toContentHash, toIntegrity } from "./integrity.ts";
import { markUsed } from "./mark-used.ts";
import { filePath, linkTarget } from "./source-paths.ts";

/** A file in `sources/sha256/`. */
export interface KeptFile {
  readonly path: string;
  /** SHA-256. */
  readonly integrity: Integrity;
  /** In bytes. */
  readonly size: number;
}

/**
 * The kept file with this content, read again from end to end: one that is damaged is removed, told by an event, and
 * counts as missing.
 */
export async function findKeptFile(context: FetchContext, integrity: Integrity): Promise<KeptFile | undefined> {
  const wanted = toContentHash(integrity);
  const path = filePath(context.directory, wanted);
  try {
    const hashes = await hashFile(path, wanted.algorithm, context.signal);
    const kept = keptFile(context, hashes);
    if (hashes.hex.get(wanted.algorithm) === wanted.hex && existsSync(kept.path)) {
      markUsed(kept.path, context.now());
      return kept;
    }
    context.onEvent?.({ kind: "damaged", path });
    removeFile(path);
    return undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whether there is a kept file of this name; its content is not read. */
export function isKept(context: FetchContext, integrity: Integrity): boolean {
  return existsSync(filePath(context.directory, toContentHash(integrity)));
}

/**
 * Moves a temporary file that has these hashes into `sources/sha256/`: flush, rename, then the link of the other
 * algorithm. Another process may do the same at the same time; both put the same content there.
 */
export function keepFile(context: FetchContext, temporary: string, hashes: FileHashes): KeptFile {
  const kept = keptFile(context, hashes);
  try {
    makeDurable(temporary);
    mkdirSync(dirname(kept.path), { recursive: true });
    renameSync(temporary, kept.path);
    syncDirectory(dirname(kept.path));
    for (const [algorithm, hex] of hashes.hex) if (algorithm !== "sha256") link(context, { algorithm, hex }, kept);
  } catch (error) {
    throw noSpace(error) ?? error;
  }
  return kept;
}

/** The error for a full disk or quota, or `undefined` for any other one. */
export function noSpace(error: unknown): StoreError | undefined {
  if (!isErrno(error, "ENOSPC", "EDQUOT")) return undefined;
  return new StoreError("NO_SPACE", "there is no space left for sources", {
    hint: "Free some space, for example with `store gc`, then fetch it again: what came of it is not kept on a full disk.",
    cause: error,
  });
}

function keptFile(context: FetchContext, hashes: FileHashes): KeptFile {
  const hash: ContentHash = { algorithm: "sha256", hex: hashes.hex.get("sha256") as string };
  return { path: filePath(context.directory, hash), integrity: toIntegrity(hash), size: hashes.size };
}

function makeDurable(path: string): void {
  chmodSync(path, 0o444);
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function link(context: FetchContext, hash: ContentHash, kept: KeptFile): void {
  const path = filePath(context.directory, hash);
  mkdirSync(dirname(path), { recursive: true });
  replaceLink(linkTarget(toContentHash(kept.integrity).hex), path);
}

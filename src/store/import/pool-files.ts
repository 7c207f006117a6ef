import { randomBytes } from "node:crypto";
import { constants, copyFileSync, linkSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import { TEMPORARY_MARK } from "../../system/atomic-file.ts";
import type { ImportSettings } from "./import-files.ts";
import type { PoolEntry } from "./tasks.ts";

/**
 * Makes the pool hold each of these files once. The files must be durable: what is in the pool is never torn. A file
 * that the pool holds already becomes a link to it; at the filesystem's limit of links the file stays as it is and
 * takes the place of the pool's.
 */
export function poolFiles(settings: ImportSettings, entries: readonly PoolEntry[]): undefined {
  if (settings.method === "copy") return;
  for (const entry of entries) {
    const pool = `${settings.files}/${entry.id.slice(0, 2)}/${entry.id}${entry.executable ? "x" : ""}`;
    if (settings.method === "reflink") cloneIntoPool(entry.path, pool);
    else linkIntoPool(settings, entry.path, pool);
  }
}

function linkIntoPool(settings: ImportSettings, path: ByteString, pool: string): void {
  try {
    linkSync(toFsPath(path), pool);
  } catch (error) {
    // A filesystem without hard links has no pool.
    if (isErrno(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK")) return;
    if (!isErrno(error, "EEXIST")) throw error;
    if (isIntact(path, pool)) linkFromPool(settings, path, pool);
    else replaceInPool(path, pool);
  }
}

/** Whether the pool's file still has the size and the time that it was frozen with. */
function isIntact(path: ByteString, pool: string): boolean {
  const status = statSync(pool, { throwIfNoEntry: false });
  return status?.size === statSync(toFsPath(path)).size && status.mtimeMs === 1000;
}

function linkFromPool(settings: ImportSettings, path: ByteString, pool: string): void {
  const temporary = `${settings.scratch}/${randomBytes(8).toString("hex")}`;
  try {
    linkSync(pool, temporary);
    renameSync(temporary, toFsPath(path));
    // Renaming a link onto another link of the same file does nothing and leaves both.
    rmSync(temporary, { force: true });
  } catch (error) {
    // The limit of links is reached, or a collection was faster.
    if (!isErrno(error, "EMLINK", "ENOENT")) throw error;
    replaceInPool(path, pool);
  }
}

function replaceInPool(path: ByteString, pool: string): void {
  const temporary = `${pool}${TEMPORARY_MARK}${randomBytes(6).toString("hex")}`;
  linkSync(toFsPath(path), temporary);
  renameSync(temporary, pool);
}

function cloneIntoPool(path: ByteString, pool: string): void {
  if (statSync(pool, { throwIfNoEntry: false })) return;
  const temporary = `${pool}${TEMPORARY_MARK}${randomBytes(6).toString("hex")}`;
  copyFileSync(toFsPath(path), temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  utimesSync(temporary, 1, 1);
  renameSync(temporary, pool);
}

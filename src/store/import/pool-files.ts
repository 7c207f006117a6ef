import { closeSync, constants, copyFileSync, existsSync, linkSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "../../errors.ts";
import { type ByteString, fromText, toFsPath } from "../../model/byte-string.ts";
import type { BlobId } from "../../model/ids.ts";
import { FROZEN_MS } from "../../model/verify/compare-tree.ts";
import { syncDirectory } from "../../system/atomic-file.ts";
import { randomName } from "../../system/random-name.ts";
import { removeFile } from "../../system/remove-file.ts";
import { replacedMark } from "../layout.ts";
import { freezeFile } from "./freeze.ts";
import type { ImportSettings } from "./import-settings.ts";
import { hasFlag, idAt } from "./pack-files.ts";
import { mayHold } from "./pool-names.ts";
import type { PoolBatch } from "./tasks.ts";

/**
 * Makes the pool hold each of these files once. The files must be durable: what is in the pool is never torn. A file
 * that the pool holds already becomes a link to it; at the filesystem's limit of links the file stays as it is and
 * takes the place of the pool's.
 */
export function poolFiles(settings: ImportSettings, batches: readonly PoolBatch[]): undefined {
  if (settings.method === "copy") return;
  for (const { directory, names, files } of batches) {
    names.forEach((name, at) => {
      const path = `${directory}/${name}` as ByteString;
      const pool = poolFile(settings, poolName({ id: idAt(files, at), executable: hasFlag(files, at, "executable") }));
      if (settings.method === "reflink") cloneIntoPool(settings, path, pool);
      else linkIntoPool(settings, path, pool);
    });
  }
}

/** What a file with this local content is called in the pool. */
function poolName({ id, executable }: Pick<PoolRequest, "id" | "executable">): string {
  return executable ? `${id}x` : id;
}

interface PoolRequest {
  readonly id: BlobId;
  readonly size: number;
  readonly executable: boolean;
  readonly target: ByteString;
}

/** Whether the pool seems to hold this content for the target; in `adopt` mode what lies there already is kept. */
export function isWorthLinking(settings: ImportSettings, file: Pick<PoolRequest, "id" | "executable">): boolean {
  return settings.method !== "copy" && settings.mode !== "adopt" && mayHold(settings, poolName(file));
}

/** Takes the target's content from the pool when it is there, and whole. */
export function takeFromPool(settings: ImportSettings, request: PoolRequest): boolean {
  const pool = poolFile(settings, poolName(request));
  const status = statSync(pool, { throwIfNoEntry: false });
  // Somebody who wrote to a file of the pool changed its time: such a file is not spread any further.
  if (!status || status.size !== request.size || status.mtimeMs !== FROZEN_MS) return false;
  try {
    if (settings.method === "hardlink") linkSync(pool, toFsPath(request.target));
    else cloneFromPool(pool, request);
    return true;
  } catch (error) {
    if (isErrno(error, "EMLINK", "ENOENT")) return false;
    throw error;
  }
}

function cloneFromPool(pool: string, { target, executable }: PoolRequest): void {
  copyFileSync(pool, toFsPath(target), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  freezeFile(target, executable);
}

function poolFile({ files }: ImportSettings, name: string): string {
  return `${files}/${name.slice(0, 2)}/${name}`;
}

function linkIntoPool(settings: ImportSettings, path: ByteString, pool: string): void {
  try {
    linkSync(toFsPath(path), pool);
  } catch (error) {
    // A filesystem without hard links has no pool.
    if (isErrno(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK")) return;
    if (!isErrno(error, "EEXIST")) throw error;
    if (isIntact(path, pool)) linkFromPool(settings, path, pool);
    else replaceInPool(settings, path, pool);
  }
}

/** Whether the pool's file still has the size and the time that it was frozen with. */
function isIntact(path: ByteString, pool: string): boolean {
  const status = statSync(pool, { throwIfNoEntry: false });
  return status?.size === statSync(toFsPath(path)).size && status.mtimeMs === FROZEN_MS;
}

function linkFromPool(settings: ImportSettings, path: ByteString, pool: string): void {
  const temporary = scratchName(settings);
  try {
    linkSync(pool, temporary);
    renameSync(temporary, toFsPath(path));
    // Renaming a link onto another link of the same file does nothing and leaves both.
    removeFile(temporary);
  } catch (error) {
    // The limit of links is reached, or a collection was faster.
    if (!isErrno(error, "EMLINK", "ENOENT")) throw error;
    replaceInPool(settings, path, pool);
  }
}

function replaceInPool(settings: ImportSettings, path: ByteString, pool: string): void {
  markReplaced(settings);
  const temporary = scratchName(settings);
  linkSync(toFsPath(path), temporary);
  renameSync(temporary, pool);
}

/** From now on objects can list a file of the pool and have another one, of the same content. */
export function markReplaced({ files }: Pick<ImportSettings, "files">): void {
  const mark = replacedMark(files);
  if (existsSync(mark)) return;
  closeSync(openSync(mark, "a", 0o600));
  // It must not be lost when what follows is not.
  syncDirectory(dirname(mark));
}

function cloneIntoPool(settings: ImportSettings, path: ByteString, pool: string): void {
  if (existsSync(pool)) return;
  markReplaced(settings);
  const temporary = scratchName(settings);
  copyFileSync(toFsPath(path), temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  freezeFile(fromText(temporary), pool.endsWith("x"));
  renameSync(temporary, pool);
}

/** A killed process leaves nothing in the pool that is no file of the pool. */
function scratchName({ scratch }: ImportSettings): string {
  return `${scratch}/${randomName()}`;
}

import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTextIfPresent } from "../../system/atomic-file.ts";
import { removeTree } from "../../system/remove-tree.ts";

/**
 * What the database file held when it was last written in full. LMDB maps the file and believes what it finds: a
 * truncated, foreign or damaged file could end the process, so a file that is another one is thrown away unread.
 */
export interface IndexDirectory {
  readonly directory: string;
  /** The store that the index is of. */
  readonly storeId: string;
}

/** Version of what the database holds; another one is thrown away. */
const INDEX_FORMAT = 3;

export function dataFile({ directory }: IndexDirectory): string {
  return join(directory, "data.mdb");
}

/** LMDB names it so. */
export function lockFile(index: IndexDirectory): string {
  return `${dataFile(index)}-lock`;
}

export function isSealed(index: IndexDirectory): boolean {
  const seal = readTextIfPresent(sealFile(index));
  return seal !== undefined && seal === currentSeal(index);
}

export function writeSeal(index: IndexDirectory): void {
  const seal = currentSeal(index);
  if (seal !== undefined) writeFileSync(sealFile(index), seal);
}

export function discardIndex(index: IndexDirectory): void {
  for (const path of [sealFile(index), dataFile(index), lockFile(index)]) removeTree(path);
}

function currentSeal(index: IndexDirectory): string | undefined {
  const status = lstatSync(dataFile(index), { throwIfNoEntry: false });
  if (!status?.isFile()) return undefined;
  return `${JSON.stringify({ format: INDEX_FORMAT, store: index.storeId, sha256: sumOf(dataFile(index)) })}\n`;
}

/** Memory that is used again stays warm. */
const BLOCK = 1 << 17;

function sumOf(path: string): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(BLOCK);
  const fd = openSync(path, "r");
  try {
    for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(fd);
  }
  return hash.digest("hex");
}

function sealFile({ directory }: IndexDirectory): string {
  return join(directory, "seal.json");
}

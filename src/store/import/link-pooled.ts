import type { ByteString } from "../../model/byte-string.ts";
import { finish } from "../../system/steps.ts";
import { importFiles } from "./import-files.ts";
import type { ImportSettings } from "./import-settings.ts";
import { type PackedFiles, unpackFiles } from "./pack-files.ts";
import { takeFromPool } from "./pool-files.ts";
import { changedWhileRead } from "./source-file.ts";

/** Files of one directory that the pool seemed to have when they were read. */
export interface PooledBatch {
  readonly source: ByteString;
  readonly target: ByteString;
  readonly names: readonly ByteString[];
  /** In the order of the names. */
  readonly files: PackedFiles;
}

/**
 * Puts the pool's files at their targets. Returns the names of those that had to be copied after all: the pool's file
 * is gone meanwhile, has been written to, or has as many links as the filesystem allows.
 * @throws StoreError FAILED when the source is no longer what was hashed
 */
export function linkPooled(settings: ImportSettings, batch: PooledBatch): readonly ByteString[] {
  const { source, target, names } = batch;
  const files = unpackFiles(batch.files).map((file, at) => ({ ...file, name: names[at] as ByteString }));
  const missing = files.filter(
    (file) => !takeFromPool(settings, { ...file, target: `${target}/${file.name}` as ByteString }),
  );
  if (missing.length === 0) return [];
  const toCopy = missing.map(({ name }) => name);
  const copies = finish(importFiles({ ...settings, method: "copy" }, { source, target, names: toCopy }));
  missing.forEach(({ name, id, executable }, at) => {
    const copy = copies[at];
    if (copy?.id !== id || copy.executable !== executable) throw changedWhileRead(`${source}/${name}` as ByteString);
  });
  return toCopy;
}

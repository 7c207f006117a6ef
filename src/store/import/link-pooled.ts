import type { ByteString } from "../../model/byte-string.ts";
import { importFiles } from "./import-files.ts";
import type { ImportedFile, ImportSettings } from "./import-settings.ts";
import { takeFromPool } from "./pool-files.ts";
import { changedWhileRead } from "./source-file.ts";

/** Files of one directory that the pool seemed to have when they were read. */
export interface PooledBatch {
  readonly source: ByteString;
  readonly target: ByteString;
  readonly files: readonly PooledFile[];
}

export type PooledFile = Pick<ImportedFile, "id" | "size" | "executable"> & { readonly name: ByteString };

/**
 * Puts the pool's files at their targets. Returns the names of those that had to be copied after all: the pool's file
 * is gone meanwhile, has been written to, or has as many links as the filesystem allows.
 * @throws StoreError FAILED when the source is no longer what was hashed
 */
export function linkPooled(settings: ImportSettings, { source, target, files }: PooledBatch): readonly ByteString[] {
  const missing = files.filter(
    ({ name, ...file }) => !takeFromPool(settings, { ...file, target: `${target}/${name}` as ByteString }),
  );
  if (missing.length === 0) return [];
  const names = missing.map(({ name }) => name);
  const copies = importFiles({ ...settings, method: "copy" }, { source, target, names });
  missing.forEach(({ name, id, executable }, at) => {
    const copy = copies[at];
    if (copy?.id !== id || copy.executable !== executable) throw changedWhileRead(`${source}/${name}` as ByteString);
  });
  return names;
}

import type { ByteString } from "../../model/byte-string.ts";
import type { Replacement } from "../../model/rewrite.ts";
import { type FileBatch, type ImportedFile, type ImportSettings, importFiles } from "./import-files.ts";
import { type LocalisedFile, localiseFile } from "./localise-file.ts";
import { poolFiles } from "./pool-files.ts";

/** Files of one directory of the finished tree that the pool does not know yet. */
export interface PoolBatch {
  readonly directory: ByteString;
  readonly names: readonly ByteString[];
  /** What each is called in the pool (see `poolName`), by its local content. */
  readonly poolNames: readonly string[];
}

/** What a thread can be asked to do. */
export type ImportTask =
  | { readonly kind: "import"; readonly batch: FileBatch }
  | {
      readonly kind: "localise";
      readonly path: ByteString;
      readonly executable: boolean;
      readonly replacements: readonly Replacement[];
    }
  | { readonly kind: "pool"; readonly batches: readonly PoolBatch[] };

export type ImportAnswer = readonly ImportedFile[] | LocalisedFile | undefined;

export function runImportTask(settings: ImportSettings, task: ImportTask): ImportAnswer {
  switch (task.kind) {
    case "import":
      return importFiles(settings, task.batch);
    case "localise":
      return localiseFile(task);
    case "pool":
      return poolFiles(settings, task.batches);
  }
}

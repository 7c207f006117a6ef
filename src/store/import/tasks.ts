import type { ByteString } from "../../model/byte-string.ts";
import type { Replacement } from "../../model/rewrite.ts";
import type { Steps } from "../../system/steps.ts";
import { importFiles } from "./import-files.ts";
import type { FileBatch, ImportSettings } from "./import-settings.ts";
import { linkPooled, type PooledBatch } from "./link-pooled.ts";
import { type LocalisedFile, localiseFile } from "./localise-file.ts";
import { type PackedFiles, packFiles } from "./pack-files.ts";
import { poolFiles } from "./pool-files.ts";
import { type FreezeRequest, freezeFiles, type ScannedFiles, type ScanRequest, scanFiles } from "./scan-files.ts";
import { type UnpackRequest, unpackFiles } from "./unpack-files.ts";

/** Files of one directory of the finished tree that the pool does not know yet. */
export interface PoolBatch {
  readonly directory: ByteString;
  readonly names: readonly ByteString[];
  /** In the order of the names, by their local content: 64 characters each, and sums of `FLAG`. */
  readonly files: Pick<PackedFiles, "ids" | "flags">;
}

/** What a thread can be asked to do. */
export type ImportTask =
  | { readonly kind: "import"; readonly batch: FileBatch }
  | ({ readonly kind: "scan" } & ScanRequest)
  | ({ readonly kind: "unpack" } & UnpackRequest)
  | ({ readonly kind: "freeze" } & FreezeRequest)
  | { readonly kind: "link"; readonly batches: readonly PooledBatch[] }
  | {
      readonly kind: "localise";
      readonly path: ByteString;
      readonly executable: boolean;
      readonly replacements: readonly Replacement[];
    }
  | { readonly kind: "pool"; readonly batches: readonly PoolBatch[] };

interface ImportAnswers {
  readonly import: PackedFiles;
  readonly scan: ScannedFiles;
  readonly unpack: ScannedFiles;
  readonly freeze: undefined;
  /** For each batch. */
  readonly link: readonly (readonly ByteString[])[];
  readonly localise: LocalisedFile;
  readonly pool: undefined;
}

/** The answer to one kind of task. */
export type ImportAnswer<Task extends ImportTask = ImportTask> = ImportAnswers[Task["kind"]];

export function* importTaskSteps(settings: ImportSettings, task: ImportTask): Steps<ImportAnswer> {
  switch (task.kind) {
    case "import":
      return packFiles(yield* importFiles(settings, task.batch));
    case "scan":
      return yield* scanFiles(settings, task);
    case "unpack":
      return yield* unpackFiles(settings, task);
    case "freeze":
      return freezeFiles(task);
    case "link":
      return task.batches.map((batch) => linkPooled(settings, batch));
    case "localise":
      return localiseFile(task);
    case "pool":
      return poolFiles(settings, task.batches);
  }
}

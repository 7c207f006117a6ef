import { type ByteString, fromText } from "../../model/byte-string.ts";
import type { FileWatch } from "../../system/archive/tree-writer.ts";
import type { OpenFiles } from "../../system/open-files.ts";
import { type AheadBatch, addToBatch, BATCH_BYTES, expectAnswer, newBatch } from "./ahead-batch.ts";
import type { ImportedFile } from "./import-settings.ts";
import type { ImportRunner } from "./runner.ts";
import { readScanned, type ScannedFiles } from "./scan-files.ts";
import { type TakingContents, takeContents } from "./take-contents.ts";

/** Files of a tree that were read while it was written, by path in it. Those that must be rewritten are not among them. */
export interface KnownFiles {
  readonly files: ReadonlyMap<ByteString, ImportedFile>;
  /** Those of them that are frozen already. */
  readonly frozen: ReadonlySet<ByteString>;
}

/** Reads the files of a tree in worker threads while the tree is still being written, or has them written there. */
export interface ScanAhead extends FileWatch {
  /**
   * What was found out; `hoisted` is the top directory that was left out of the tree meanwhile. Nothing when there are too
   * few files to be worth a thread.
   */
  results(hoisted: ByteString | undefined): Promise<KnownFiles>;
}

const BATCH_FILES = 256;

/** What is still open when the tree is given up is closed with `openFiles`, to be disposed of after the runner. */
export function createScanAhead(directory: string, runner: ImportRunner, openFiles: OpenFiles): ScanAhead {
  /** Which batch holds the file that lies at a path now. */
  const latest = new Map<ByteString, AheadBatch>();
  const batches: AheadBatch[] = [];
  const total = { files: 0, bytes: 0 };
  let sent = 0;
  let open = newBatch(false);
  let taking: TakingContents | undefined;

  function close(): void {
    batches.push(open);
    open = newBatch(false);
    if (sent === 0 && !runner.useThreads(total)) return;
    for (const batch of batches.slice(sent)) send(batch);
    sent = batches.length;
  }

  function send(batch: AheadBatch): void {
    expectAnswer(batch, runner.run({ kind: "scan", directory: fromText(directory), names: batch.names }));
  }

  return {
    written(path, bytes) {
      addToBatch(open, path, bytes);
      latest.set(path, open);
      total.files += 1;
      total.bytes += bytes;
      if (open.names.length >= BATCH_FILES || open.bytes >= BATCH_BYTES) close();
    },
    replaced(path) {
      latest.delete(path);
    },
    takeContents({ path, source, bytes }) {
      if (!runner.useThreads({ files: 0, bytes })) return undefined;
      openFiles.add(source);
      taking = takeContents({ archive: path, source, runner, openFiles, latest });
      return taking;
    },
    async results(hoisted) {
      if (open.names.length > 0) close();
      const files = new Map<ByteString, ImportedFile>();
      const frozen = new Set<ByteString>();
      const inside = hoisted === undefined ? 0 : hoisted.length + 1;
      for (const batch of [...batches.slice(0, sent), ...(taking?.finish() ?? [])]) {
        for (const [path, file] of readScanned((await batch.answer) as ScannedFiles)) {
          if (latest.get(path) !== batch) continue;
          const name = path.slice(inside) as ByteString;
          files.set(name, file);
          if (batch.freezes) frozen.add(name);
        }
      }
      return { files, frozen };
    },
  };
}

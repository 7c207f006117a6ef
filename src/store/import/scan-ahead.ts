import { type ByteString, fromText } from "../../model/byte-string.ts";
import type { FileWatch } from "../../system/archive/tree-writer.ts";
import type { ImportedFile } from "./import-settings.ts";
import type { ImportRunner } from "./runner.ts";
import { readScanned, type ScannedFiles } from "./scan-files.ts";

/** Reads the files of a tree in worker threads while the tree is still being written. */
export interface ScanAhead extends FileWatch {
  /**
   * What was found out, by path in the tree; `hoisted` is the top directory that was left out of it meanwhile. Files that
   * must be rewritten are not among them, and none at all when there are too few to be worth a thread.
   */
  results(hoisted: ByteString | undefined): Promise<ReadonlyMap<ByteString, ImportedFile>>;
}

/** What one message to a thread holds at most. */
const BATCH_FILES = 256;
const BATCH_BYTES = 4 << 20;

export function createScanAhead(directory: string, runner: ImportRunner): ScanAhead {
  /** Which batch holds the file that lies at a path now. */
  const latest = new Map<ByteString, Batch>();
  const batches: Batch[] = [];
  const total = { files: 0, bytes: 0 };
  let sent = 0;
  let open = newBatch();

  function close(): void {
    batches.push(open);
    open = newBatch();
    if (sent === 0 && !runner.useThreads(total)) return;
    for (const batch of batches.slice(sent)) send(batch);
    sent = batches.length;
  }

  function send(batch: Batch): void {
    batch.answer = runner.run({ kind: "scan", directory: fromText(directory), names: batch.names });
    // The archive can turn out to be damaged before anybody waits for this.
    batch.answer.catch(() => undefined);
  }

  return {
    written(path, bytes) {
      open.names.push(path);
      open.bytes += bytes;
      latest.set(path, open);
      total.files += 1;
      total.bytes += bytes;
      if (open.names.length >= BATCH_FILES || open.bytes >= BATCH_BYTES) close();
    },
    replaced(path) {
      latest.delete(path);
    },
    async results(hoisted) {
      if (open.names.length > 0) close();
      const known = new Map<ByteString, ImportedFile>();
      const inside = hoisted === undefined ? 0 : hoisted.length + 1;
      for (const batch of batches.slice(0, sent)) {
        const files = readScanned((await batch.answer) as ScannedFiles);
        for (const [path, file] of files) {
          if (latest.get(path) === batch) known.set(path.slice(inside) as ByteString, file);
        }
      }
      return known;
    },
  };
}

interface Batch {
  readonly names: ByteString[];
  bytes: number;
  /** Absent until it is sent. */
  answer?: Promise<ScannedFiles>;
}

function newBatch(): Batch {
  return { names: [], bytes: 0 };
}

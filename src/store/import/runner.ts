import { lstatSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import { createSpareWorkers } from "../../system/spare-workers.ts";
import type { WorkerPool } from "../../system/worker-pool.ts";
import type { FileBatch, ImportedFile, ImportSettings } from "./import-settings.ts";
import { type PackedFiles, unpackFiles } from "./pack-files.ts";
import { type ImportAnswer, type ImportTask, type PoolBatch, runImportTask } from "./tasks.ts";

/** Runs the tasks of one import: a few files in this thread, many in worker threads. */
export interface ImportRunner extends AsyncDisposable {
  importBatch(batch: FileBatch): Promise<readonly ImportedFile[]>;
  run<Task extends ImportTask>(task: Task): Promise<ImportAnswer<Task>>;
  /** Whether so much is worth threads, which then start. */
  useThreads(work: { readonly files: number; readonly bytes: number }): boolean;
  /** No more batches will come: what waits for enough company starts now. */
  finishQueue(): void;
}

/** What a worker thread is sent: threads work for one import after the other. */
export interface ImportJob {
  readonly settings: ImportSettings;
  readonly task: ImportTask;
}

/** What it answers. */
export type ImportJobAnswer = ImportAnswer | PackedFiles;

/** From so many files, or so many bytes, on threads are worth their start, about 40 ms each. */
const ENOUGH_FILES = 400;
const ENOUGH_BYTES = 32 << 20;

const workers = createSpareWorkers<ImportJob, ImportJobAnswer>(workerScript);

export function createImportRunner(settings: ImportSettings): ImportRunner {
  const queue: { batch: FileBatch; start(run: Promise<readonly ImportedFile[]>): void }[] = [];
  let pool: WorkerPool<ImportJob, ImportJobAnswer> | undefined;
  let queued = 0;

  function startPool(): void {
    const started = workers.borrow();
    pool = started;
    for (const { batch, start } of queue.splice(0)) start(importIn(started, batch));
  }

  async function importIn(threads: NonNullable<typeof pool>, batch: FileBatch): Promise<readonly ImportedFile[]> {
    return unpackFiles((await threads.run({ settings, task: { kind: "import", batch } })) as PackedFiles);
  }

  return {
    importBatch(batch) {
      if (pool) return importIn(pool, batch);
      return new Promise((resolve) => {
        queue.push({ batch, start: resolve });
        queued += batch.names.length;
        if (queued >= ENOUGH_FILES) startPool();
      });
    },
    async run<Task extends ImportTask>(task: Task) {
      const answer = pool ? await pool.run({ settings, task }) : runImportTask(settings, task);
      return answer as ImportAnswer<Task>;
    },
    useThreads({ files, bytes }) {
      if (files < ENOUGH_FILES && bytes < ENOUGH_BYTES) return false;
      if (!pool) startPool();
      return true;
    },
    finishQueue() {
      if (bytesOf(queue.map(({ batch }) => batch)) >= ENOUGH_BYTES) startPool();
      for (const { batch, start } of queue.splice(0)) start(importHere(settings, batch));
    },
    async [Symbol.asyncDispose]() {
      await pool?.[Symbol.asyncDispose]();
    },
  };
}

/** Makes the pool hold these files (see `poolFiles`), in threads when there are many. */
export async function poolInThreads(settings: ImportSettings, batches: readonly PoolBatch[]): Promise<void> {
  if (batches.reduce((sum, { names }) => sum + names.length, 0) < ENOUGH_FILES) {
    runImportTask(settings, { kind: "pool", batches });
    return;
  }
  await using pool = workers.borrow();
  await Promise.all(inPieces(batches).map((piece) => pool.run({ settings, task: { kind: "pool", batches: piece } })));
}

const DIRECTORIES_AT_ONCE = 16;

/** Batches of directories, in pieces that are worth a message each. */
export function inPieces<Batch>(batches: readonly Batch[]): readonly (readonly Batch[])[] {
  const pieces: (readonly Batch[])[] = [];
  for (let at = 0; at < batches.length; at += DIRECTORIES_AT_ONCE) {
    pieces.push(batches.slice(at, at + DIRECTORIES_AT_ONCE));
  }
  return pieces;
}

function bytesOf(batches: readonly FileBatch[]): number {
  let bytes = 0;
  for (const { source, names } of batches) {
    for (const name of names) bytes += sizeOf(`${source}/${name}` as ByteString);
  }
  return bytes;
}

function sizeOf(path: ByteString): number {
  return lstatSync(toFsPath(path), { throwIfNoEntry: false })?.size ?? 0;
}

async function importHere(settings: ImportSettings, batch: FileBatch): Promise<readonly ImportedFile[]> {
  return runImportTask(settings, { kind: "import", batch }) as readonly ImportedFile[];
}

/** The bundled worker: beside this file in the bundle, in `dist/` for the sources. */
function workerScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/import-worker.cjs", import.meta.url)
    : new URL("./import-worker.cjs", import.meta.url);
}

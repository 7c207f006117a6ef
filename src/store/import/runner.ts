import { lstatSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import { createWorkerPool, type WorkerPool } from "../../system/worker-pool.ts";
import type { FileBatch, ImportedFile, ImportSettings } from "./import-files.ts";
import { type ImportAnswer, type ImportTask, type PoolBatch, runImportTask } from "./tasks.ts";

/** Runs the tasks of one import: a few files in this thread, many in worker threads. */
export interface ImportRunner extends AsyncDisposable {
  importBatch(batch: FileBatch): Promise<readonly ImportedFile[]>;
  run(task: ImportTask): Promise<ImportAnswer>;
  /** No more batches will come: what waits for enough company starts now. */
  finishQueue(): void;
}

/** From so many files, or so many bytes, on threads are worth their start, about 20 ms each. */
const ENOUGH_FILES = 400;
const ENOUGH_BYTES = 32 << 20;

export function createImportRunner(settings: ImportSettings): ImportRunner {
  const queue: { task: ImportTask; files: number; start(run: Promise<ImportAnswer>): void }[] = [];
  let pool: WorkerPool<ImportTask, ImportAnswer> | undefined;
  let queued = 0;

  function startPool(): void {
    pool = createWorkerPool<ImportTask, ImportAnswer>(workerScript(), settings);
    for (const { task, start } of queue.splice(0)) start(pool.run(task));
  }

  function enqueue(task: ImportTask, files: number): Promise<ImportAnswer> {
    if (pool) return pool.run(task);
    return new Promise((resolve) => {
      queue.push({ task, files, start: resolve });
      queued += files;
      if (queued >= ENOUGH_FILES) startPool();
    });
  }

  return {
    async importBatch(batch) {
      return (await enqueue({ kind: "import", batch }, batch.names.length)) as readonly ImportedFile[];
    },
    async run(task) {
      return pool ? pool.run(task) : runImportTask(settings, task);
    },
    finishQueue() {
      if (bytesOf(queue.map(({ task }) => task)) >= ENOUGH_BYTES) startPool();
      for (const { task, start } of queue.splice(0)) start(inThisThread(settings, task));
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
  await using pool = createWorkerPool<ImportTask, ImportAnswer>(workerScript(), settings);
  const tasks: Promise<ImportAnswer>[] = [];
  for (let at = 0; at < batches.length; at += DIRECTORIES_AT_ONCE) {
    tasks.push(pool.run({ kind: "pool", batches: batches.slice(at, at + DIRECTORIES_AT_ONCE) }));
  }
  await Promise.all(tasks);
}

const DIRECTORIES_AT_ONCE = 16;

function bytesOf(tasks: readonly ImportTask[]): number {
  let bytes = 0;
  for (const task of tasks) {
    if (task.kind !== "import") continue;
    for (const name of task.batch.names) bytes += sizeOf(`${task.batch.source}/${name}` as ByteString);
  }
  return bytes;
}

function sizeOf(path: ByteString): number {
  return lstatSync(toFsPath(path), { throwIfNoEntry: false })?.size ?? 0;
}

async function inThisThread(settings: ImportSettings, task: ImportTask): Promise<ImportAnswer> {
  return runImportTask(settings, task);
}

/** The bundled worker: beside this file in the bundle, in `dist/` for the sources. */
function workerScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/import-worker.js", import.meta.url)
    : new URL("./import-worker.js", import.meta.url);
}

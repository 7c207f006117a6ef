import { lstatSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import { compileLater } from "../../system/compile-later.ts";
import { createSharedWork } from "../../system/shared-work.ts";
import { createSpareWorkers } from "../../system/spare-workers.ts";
import { finishInTurns } from "../../system/steps.ts";
import { mostThreads, type WorkerPool } from "../../system/worker-pool.ts";
import type { FileBatch, ImportSettings } from "./import-settings.ts";
import { joinFiles, type PackedFiles } from "./pack-files.ts";
import { type ImportAnswer, type ImportTask, importTaskSteps, type PoolBatch } from "./tasks.ts";

/** Runs the tasks of one import: a few files in this thread, many in worker threads as well. */
export interface ImportRunner extends AsyncDisposable {
  /** The batches begin when there are many of them, or with `finishQueue`. */
  importBatch(batch: FileBatch): Promise<PackedFiles>;
  /** No more batches will come. */
  finishQueue(): void;
  run<Task extends ImportTask>(task: Task): Promise<ImportAnswer<Task>>;
  /** Whether so much is worth threads, which then start. 0 files: how many there are is not known. */
  useThreads(work: Amount): boolean;
}

/** What a worker thread is sent: threads work for one import after the other. */
export interface ImportJob {
  readonly settings: ImportSettings;
  readonly task: ImportTask;
}

/** From so many files, or so many bytes, on threads are worth their start, about 40 ms each. */
const ENOUGH_FILES = 400;
const ENOUGH_BYTES = 32 << 20;

/** Files of this size on average, in bytes, keep a thread busy with their content more than with themselves. */
const LARGE_ON_AVERAGE = 16 << 10;

/** So many files are looked at to see how large they are: most bytes can lie in few of them. */
const SAMPLE = 96;

const workers = createSpareWorkers<ImportJob, ImportAnswer>(workerScript, () => mostThreads() - 1);

/** Starts threads for an import of so many bytes that is about to begin, if they are worth it. */
export function startThreadsAhead(bytes: number): void {
  if (bytes >= ENOUGH_BYTES && mostThreads() > 1) workers.warm();
}

export function createImportRunner(settings: ImportSettings): ImportRunner {
  let pool: WorkerPool<ImportJob, ImportAnswer> | undefined;
  const held: { readonly batch: FileBatch; start(run: Promise<PackedFiles>): void }[] = [];
  let queued = 0;
  let isWanted = true;
  const work = createSharedWork<ImportJob, ImportAnswer>(({ task }) =>
    finishInTurns(importTaskSteps(settings, task), () => isWanted),
  );

  function startThreads(): void {
    // This thread is the last.
    if (pool || mostThreads() === 1) return;
    pool = workers.borrow();
    work.useThreads(pool);
    lookAtSizes(sampleOf(held.map(({ batch }) => batch)));
  }

  async function importNow(batch: FileBatch): Promise<PackedFiles> {
    return (await work.run({ settings, task: { kind: "import", batch } })) as PackedFiles;
  }

  function startHeld(sizes?: readonly (readonly number[])[]): void {
    for (const [at, { batch, start }] of held.splice(0).entries()) {
      const parts = sizes ? splitBatch(batch, sizes[at] as readonly number[]) : [batch];
      start(Promise.all(parts.map(importNow)).then(joinFiles));
    }
  }

  return {
    importBatch(batch) {
      queued += batch.names.length;
      if (queued >= ENOUGH_FILES) startThreads();
      const run = new Promise<PackedFiles>((resolve) => {
        held.push({ batch, start: resolve });
      });
      if (pool) startHeld();
      return run;
    },
    finishQueue() {
      // Few files are looked at: one thread for each large one.
      const sizes = pool || mostThreads() === 1 ? undefined : held.map(({ batch }) => sizesOf(batch));
      const isMuch = sum(sizes?.flat() ?? []) >= ENOUGH_BYTES;
      if (isMuch) startThreads();
      startHeld(isMuch ? sizes : undefined);
    },
    async run<Task extends ImportTask>(task: Task) {
      // The content of a large file is rewritten in one step.
      const where = task.kind === "localise" ? "threads" : "anywhere";
      return (await work.run({ settings, task }, where)) as ImportAnswer<Task>;
    },
    useThreads({ files, bytes }) {
      lookAtSizes({ files, bytes });
      if (files < ENOUGH_FILES && bytes < ENOUGH_BYTES) return false;
      startThreads();
      return true;
    },
    async [Symbol.asyncDispose]() {
      isWanted = false;
      await Promise.all([work.drop(), pool?.[Symbol.asyncDispose]()]);
    },
  };
}

/** How much there is of what. */
interface Amount {
  readonly files: number;
  readonly bytes: number;
}

function lookAtSizes({ files, bytes }: Amount): void {
  if (files > 0 && bytes >= files * LARGE_ON_AVERAGE) compileLater();
}

function sampleOf(batches: readonly FileBatch[]): Amount {
  const each = Math.ceil(SAMPLE / Math.max(1, batches.length));
  const sizes = batches
    .slice(0, SAMPLE)
    .flatMap(({ names, ...place }) => sizesOf({ ...place, names: names.slice(0, each) }));
  return { files: sizes.length, bytes: sum(sizes) };
}

/** Makes the pool hold these files (see `poolFiles`), in threads when there are many. */
export async function poolInThreads(settings: ImportSettings, batches: readonly PoolBatch[]): Promise<void> {
  await using runner = createImportRunner(settings);
  runner.useThreads({ files: sum(batches.map(({ names }) => names.length)), bytes: 0 });
  await Promise.all(inPieces(batches).map((piece) => runner.run({ kind: "pool", batches: piece })));
}

/** From so many bytes on a part of a batch is worth a message of its own. */
const BYTES_AT_ONCE = 8 << 20;

function splitBatch(batch: FileBatch, sizes: readonly number[]): FileBatch[] {
  const parts: FileBatch[] = [];
  let first = 0;
  let bytes = 0;
  for (let at = 0; at < sizes.length; at++) {
    bytes += sizes[at] as number;
    if (bytes < BYTES_AT_ONCE && at + 1 < sizes.length) continue;
    parts.push({ ...batch, names: batch.names.slice(first, at + 1) });
    first = at + 1;
    bytes = 0;
  }
  return parts;
}

function sizesOf({ source, names }: FileBatch): number[] {
  return names.map(
    (name) => lstatSync(toFsPath(`${source}/${name}` as ByteString), { throwIfNoEntry: false })?.size ?? 0,
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
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

/** The bundled worker: beside this file in the bundle, in `dist/` for the sources. */
function workerScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/import-worker.cjs", import.meta.url)
    : new URL("./import-worker.cjs", import.meta.url);
}

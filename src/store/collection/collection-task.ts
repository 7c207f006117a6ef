import { createWorkerPool, type WorkerPool } from "../../system/worker-pool.ts";
import { type Looks, type LookTask, lookAtObjects } from "./look-at-objects.ts";
import { type Removal, type RemovalTask, removeTaken } from "./remove-taken.ts";

/** What a collection has worker threads do. */
export type CollectionTask = LookTask | RemovalTask;

/** What each comes to. */
export type ResultOf<Task extends CollectionTask> = Task extends LookTask ? Looks : Removal;

export function runCollectionTask(task: CollectionTask): Looks | Removal {
  return task.kind === "look" ? lookAtObjects(task) : removeTaken(task);
}

/** Does tasks with many objects in worker threads, and those with few in this one. */
export interface Hands extends AsyncDisposable {
  /** Tells that tasks with so many objects, in all, may come: threads take a while to start. */
  expect(count: number): void;
  /**
   * The results for slices of the task, in the order of its objects. When one fails all have ended before that is told.
   * The signal ends it between two slices, unless threads do them.
   */
  share<Task extends CollectionTask>(task: Task, slice: number, signal?: AbortSignal): AsyncIterable<ResultOf<Task>>;
}

/** From so many objects on threads are worth their start. */
const ENOUGH = 512;

/** What they look at is of no use a moment later, and their results are small: memory that stays warm is enough. */
const YOUNG_MB = 8;

export function createHands(): Hands {
  let pool: WorkerPool<CollectionTask, Looks | Removal> | undefined;
  return {
    expect(count) {
      if (count >= ENOUGH) pool ??= createWorkerPool(workerScript(), undefined, YOUNG_MB);
    },
    async *share<Task extends CollectionTask>(task: Task, slice: number, signal?: AbortSignal) {
      const parts: Task[] = [];
      for (let at = 0; at < task.objects.length; at += slice)
        parts.push({ ...task, objects: task.objects.slice(at, at + slice) });
      if (!pool) {
        for (const part of parts) yield (await runSoon(part, signal)) as ResultOf<Task>;
        return;
      }
      const results = parts.map(pool.run);
      const ended = Promise.allSettled(results);
      try {
        for (const result of results) yield (await result) as ResultOf<Task>;
      } finally {
        await ended;
      }
    },
    async [Symbol.asyncDispose]() {
      await pool?.[Symbol.asyncDispose]();
    },
  };
}

/** Others get their turn in between. */
async function runSoon(task: CollectionTask, signal: AbortSignal | undefined): Promise<Looks | Removal> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
  return runCollectionTask(task);
}

/** The bundled worker: beside this file in the bundle, in `dist/` for the sources. */
function workerScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/collection-worker.cjs", import.meta.url)
    : new URL("./collection-worker.cjs", import.meta.url);
}

import { createSharedWork } from "../../system/shared-work.ts";
import { createWorkerPool, mostThreads, type WorkerPool } from "../../system/worker-pool.ts";
import { type Looks, type LookTask, lookAtObjects } from "./look-at-objects.ts";
import { type Removal, type RemovalTask, removeTaken } from "./remove-taken.ts";
import { type SeenNames, type VisitTask, visitTrees } from "./visit-trees.ts";

/** What a collection has worker threads do. */
export type CollectionTask = LookTask | RemovalTask | VisitTask;

/** What each comes to. */
export type ResultOf<Task extends CollectionTask> = Task extends LookTask
  ? Looks
  : Task extends RemovalTask
    ? Removal
    : SeenNames;

type Result = ResultOf<CollectionTask>;

export function runCollectionTask(task: CollectionTask): Result {
  switch (task.kind) {
    case "look":
      return lookAtObjects(task);
    case "remove":
      return removeTaken(task);
    case "visit":
      return visitTrees(task);
  }
}

/** Does tasks with many objects in this thread and in worker threads, and those with few in this one. */
export interface Hands extends AsyncDisposable {
  /** Tells that tasks with so many objects, in all, may come: threads take a while to start. */
  expect(count: number): void;
  /**
   * The results for slices of the task, in the order of its objects. When one fails, or the signal comes, all that were
   * begun have ended before that is told, and no other begins.
   */
  share<Task extends CollectionTask>(task: Task, slice: number, signal?: AbortSignal): AsyncIterable<ResultOf<Task>>;
}

type Threads = WorkerPool<CollectionTask, Result>;

/** From so many objects on threads are worth their start. */
const ENOUGH = 512;

/** What they look at is of no use a moment later, and their results are small: memory that stays warm is enough. */
const YOUNG_MB = 8;

export function createHands(): Hands {
  let threads: Threads | undefined;
  // This thread is the last.
  const size = mostThreads() - 1;
  return {
    expect(count) {
      if (count >= ENOUGH && size > 0)
        threads ??= createWorkerPool(workerScript(), undefined, { youngMb: YOUNG_MB, size });
    },
    async *share<Task extends CollectionTask>(task: Task, slice: number, signal?: AbortSignal) {
      const parts: Task[] = [];
      for (let at = 0; at < task.objects.length; at += slice)
        parts.push({ ...task, objects: task.objects.slice(at, at + slice) });
      const work = createSharedWork((part: CollectionTask) => {
        signal?.throwIfAborted();
        return runCollectionTask(part);
      });
      if (threads) work.useThreads(threads);
      const results = parts.map((part) => work.run(part));
      try {
        for (const result of results) {
          signal?.throwIfAborted();
          yield (await result) as ResultOf<Task>;
        }
      } finally {
        await work.drop();
      }
    },
    async [Symbol.asyncDispose]() {
      await threads?.[Symbol.asyncDispose]();
    },
  };
}

/** The bundled worker: beside this file in the bundle, in `dist/` for the sources. */
function workerScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/collection-worker.cjs", import.meta.url)
    : new URL("./collection-worker.cjs", import.meta.url);
}

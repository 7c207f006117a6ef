import type { DiskUsage } from "../../system/disk-usage.ts";
import { createWorkerPool, type WorkerPool } from "../../system/worker-pool.ts";
import { type Removal, type RemovalTask, removeTaken, type SharedInode } from "./remove-taken.ts";

/** Removes what was taken out: a few objects in this thread, many in worker threads. */
export interface Remover extends AsyncDisposable {
  /** Returns whether all that the pool has of the objects was looked at. */
  remove(task: RemovalTask, freed: DiskUsage): Promise<boolean>;
}

/** From so many objects on threads are worth their start. */
const ENOUGH = 512;

/** So many objects are one task. */
const SLICE = 32;

export function createRemover(): Remover {
  let pool: WorkerPool<RemovalTask, Removal> | undefined;
  return {
    async remove(task, freed) {
      if (task.objects.length >= ENOUGH) pool ??= createWorkerPool<RemovalTask, Removal>(workerScript(), undefined);
      const threads = pool;
      const run = (slice: RemovalTask) => (threads ? threads.run(slice) : removeSoon(slice));
      const tasks: Promise<Removal>[] = [];
      for (let at = 0; at < task.objects.length; at += SLICE)
        tasks.push(run({ ...task, objects: task.objects.slice(at, at + SLICE) }));
      const removals = await settleAll(tasks);
      for (const { bytes, inodes } of [...removals, freedOf(removals.flatMap(({ shared }) => shared))]) {
        freed.bytes += bytes;
        freed.inodes += inodes;
      }
      return removals.every(({ poolIsKnown }) => poolIsKnown);
    },
    async [Symbol.asyncDispose]() {
      await pool?.[Symbol.asyncDispose]();
    },
  };
}

/** Others get their turn in between. */
async function removeSoon(task: RemovalTask): Promise<Removal> {
  await new Promise((resolve) => setImmediate(resolve));
  return removeTaken(task);
}

/** All of them come to their end before one that failed is told of. */
async function settleAll<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(tasks);
  return await Promise.all(tasks);
}

/** Those of which as many names were removed as they ever had. */
function freedOf(shared: readonly SharedInode[]): DiskUsage {
  const names = new Map<number, { removed: number; links: number; bytes: number }>();
  for (const { inode, links, bytes } of shared) {
    const known = names.get(inode);
    names.set(inode, { removed: (known?.removed ?? 0) + 1, links: Math.max(known?.links ?? 0, links), bytes });
  }
  const freed = [...names.values()].filter(({ removed, links }) => removed === links);
  return { bytes: freed.reduce((sum, { bytes }) => sum + bytes, 0), inodes: freed.length };
}

/** The bundled worker: beside this file in the bundle, in `dist/` for the sources. */
function workerScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/removal-worker.js", import.meta.url)
    : new URL("./removal-worker.js", import.meta.url);
}

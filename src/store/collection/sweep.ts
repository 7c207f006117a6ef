import { existsSync } from "node:fs";
import type { BaseName } from "../../model/ids.ts";
import { type Marks, markFrom, type ObjectGraph } from "../../model/object-graph.ts";
import { type DiskUsage, removeCounting } from "../../system/disk-usage.ts";
import { ifStale } from "../../system/temporary-directory.ts";
import { listLeases } from "../leases.ts";
import { endLeftBuilds } from "../left-builds.ts";
import { lockInTurn } from "../lock-objects.ts";
import { hasObject } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { processRoots } from "../roots.ts";
import type { Hands } from "./collection-task.ts";
import { isStillOld, type Leftover, pathsOfLeftover } from "./leftovers.ts";
import { createRemovals } from "./removals.ts";
import type { Freed } from "./remove-with.ts";
import { removeOr } from "./stuck.ts";
import { createTakenOut, type TakenOut } from "./taken-out.ts";
import { makeTrashRoom } from "./trash-room.ts";

export interface Sweep extends Freed {
  readonly graph: ObjectGraph;
  /** Grows by what comes into use while the sweep goes on. */
  readonly marks: Marks;
  readonly signal?: AbortSignal | undefined;
  /** Told behind each batch; `deleted` grows. */
  readonly onBatch?: ((deleted: readonly BaseName[]) => void) | undefined;
}

/** So many are moved away under one lock: a few milliseconds. */
const BATCH = 128;

/**
 * How long objects lie in the trash, at most, before it is looked at whether they are in use, in milliseconds. The first
 * load is a small one, so that the threads have something to remove soon; each other takes twice the time of the one before.
 */
const LOAD_MS = { first: 60, most: 1000 };

/**
 * Deletes objects, which stand before what they refer to. In batches, under the lock on objects, those that no lease
 * holds by now are moved to the trash, manifests first; who waits for the lock gets it between two batches. Then those
 * that a process has come to use before they were gone are put back, with what they need, and the others are removed,
 * in threads, while the next ones are moved. Those deleted are appended to `deleted`. Returns whether the pool holds
 * nothing that was theirs alone.
 */
export async function sweepObjects(
  store: Store,
  objects: readonly BaseName[],
  sweep: Sweep & { readonly hands: Hands; readonly deleted: BaseName[] },
): Promise<boolean> {
  const { hands } = sweep;
  hands.expect(objects.length);
  await using removals = createRemovals(hands, sweep);
  for (let at = 0, time = LOAD_MS.first; at < objects.length; time = Math.min(2 * time, LOAD_MS.most)) {
    sweep.signal?.throwIfAborted();
    const load = createTakenOut(store);
    try {
      const end = Date.now() + time;
      do {
        await takeBatch(store, load, { batch: objects.slice(at, at + BATCH), sweep });
        at += BATCH;
      } while (at < objects.length && Date.now() < end && !sweep.signal?.aborted);
    } finally {
      await spareUsed(store, load, sweep);
      await removals.begin(load);
    }
  }
  return await removals.end();
}

async function takeBatch(
  store: Store,
  load: TakenOut,
  { batch, sweep }: { readonly batch: readonly BaseName[]; readonly sweep: Sweep },
): Promise<void> {
  const { graph, marks, signal } = sweep;
  using _lock = await lockInTurn(store, signal);
  const leased = leasedObjects(store);
  markFrom(graph, marks, leased);
  load.take(batch.filter((object) => !leased.has(object) && !isMarked(sweep, object)));
}

/** From the moment on in which an object was moved nobody comes to it any more: who uses it by then shows now. */
async function spareUsed(store: Store, load: TakenOut, sweep: Sweep): Promise<void> {
  const isObject = (name: BaseName) => load.has(name) || sweep.graph.names.numberOf(name) !== undefined;
  const used = new Set(processRoots(store, isObject).flatMap(({ objects }) => objects));
  markFrom(sweep.graph, sweep.marks, used);
  if (![...used].some((object) => load.has(object))) return;
  using _lock = await lockInTurn(store);
  load.putBack((object) => used.has(object) || isMarked(sweep, object));
}

function isMarked({ graph, marks }: Sweep, object: BaseName): boolean {
  return marks[graph.names.numberOf(object) ?? -1] === 1;
}

/**
 * Removes what is no object; what could be becoming one, only under the lock on objects. Returns whether the pool holds
 * nothing that was theirs alone.
 */
export async function sweepLeftovers(
  store: Store,
  leftovers: readonly Leftover[],
  { signal, ...told }: Freed & Pick<Sweep, "signal">,
): Promise<boolean> {
  let nothingLives = true;
  for (const leftover of leftovers) {
    if (leftover.unless !== undefined) continue;
    const living = removeOr(told.stuck, () => removeLeftover(store, leftover, told.freed));
    nothingLives &&= living === 0;
  }
  const guarded = leftovers.filter(({ unless }) => unless !== undefined);
  for (let at = 0; at < guarded.length; at += BATCH) {
    signal?.throwIfAborted();
    const room = makeTrashRoom(store.layout);
    {
      using _lock = await lockInTurn(store, signal);
      const leased = leasedObjects(store);
      for (const { path, unless } of guarded.slice(at, at + BATCH)) {
        if (!unless || !(leased.has(unless) || hasObject(store, unless))) removeOr(told.stuck, () => room.take(path));
      }
    }
    const isEmpty = await room.empty(told);
    nothingLives &&= isEmpty;
  }
  return nothingLives;
}

/** Returns how many inodes live on under other names. */
function removeLeftover(store: Store, leftover: Leftover, freed: DiskUsage): number {
  let living = 0;
  const remove = () => {
    for (const path of pathsOfLeftover(leftover)) living += removeCounting(path, freed);
  };
  if (!isStillOld(leftover)) return 0;
  if (!leftover.isTemporary) remove();
  else if (existsSync(`${leftover.path}.lock`))
    ifStale(leftover.path, store.context.now, () => {
      endLeftBuilds(leftover.path);
      remove();
    });
  else living += removeCounting(leftover.path, freed);
  return living;
}

/** Every object that a lease names, also one that ended during this collection. */
function leasedObjects(store: Store): ReadonlySet<BaseName> {
  return new Set(listLeases(store).flatMap(({ objects }) => objects));
}

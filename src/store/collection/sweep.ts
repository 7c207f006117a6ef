import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BaseName } from "../../model/ids.ts";
import { type Marks, markFrom, type ObjectGraph } from "../../model/object-graph.ts";
import { syncDirectory } from "../../system/atomic-file.ts";
import { type DiskUsage, removeCounting } from "../../system/disk-usage.ts";
import { ifStale } from "../../system/temporary-directory.ts";
import { fileListPath, manifestPath, objectPath } from "../layout.ts";
import { listLeases } from "../leases.ts";
import { lockInTurn } from "../lock-objects.ts";
import { hasObject } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { processRoots } from "../roots.ts";
import { isStillOld, type Leftover, pathsOfLeftover } from "./leftovers.ts";
import { makeTrashRoom } from "./trash-room.ts";

export interface Sweep {
  readonly graph: ObjectGraph;
  /** Grows by what comes into use while the sweep goes on. */
  readonly marks: Marks;
  readonly freed: DiskUsage;
  readonly signal?: AbortSignal | undefined;
  /** Told behind each batch; `deleted` grows. */
  readonly onBatch?: ((deleted: readonly BaseName[]) => void) | undefined;
}

/** So many are moved away under one lock: a few milliseconds. */
const BATCH = 128;

/** How long what running processes use is believed, in milliseconds. */
const FRESH_MS = 1000;

/**
 * Deletes objects, which stand before what they refer to, in batches: under the lock on objects, what leases hold by now
 * is spared, and of the others the manifests go first, then the trees are moved to the trash; they are removed
 * afterwards. Who waits for the lock gets it between two batches. Those deleted are appended to `deleted`.
 */
export async function sweepObjects(
  store: Store,
  objects: readonly BaseName[],
  sweep: Sweep & { readonly deleted: BaseName[] },
): Promise<void> {
  let seen = Date.now();
  for (let at = 0; at < objects.length; at += BATCH) {
    sweep.signal?.throwIfAborted();
    if (Date.now() - seen > FRESH_MS) {
      for (const root of processRoots(store)) markFrom(sweep.graph, sweep.marks, root.objects);
      seen = Date.now();
    }
    await sweepBatch(store, objects.slice(at, at + BATCH), sweep);
    sweep.onBatch?.(sweep.deleted);
  }
}

async function sweepBatch(
  store: Store,
  batch: readonly BaseName[],
  { graph, marks, freed, signal, deleted }: Sweep & { readonly deleted: BaseName[] },
): Promise<void> {
  const { layout } = store;
  const room = makeTrashRoom(layout);
  {
    using _lock = await lockInTurn(store, signal);
    const leased = leasedObjects(store);
    markFrom(graph, marks, leased);
    const dead = batch.filter((object) => !leased.has(object) && marks[graph.numbers.get(object) ?? -1] !== 1);
    for (const object of dead) {
      removeCounting(manifestPath(layout, object), freed);
      deleted.push(object);
    }
    for (const object of dead) {
      removeCounting(fileListPath(layout, object), freed);
      room.take(join(layout.twins, object));
      room.take(objectPath(layout, object));
    }
  }
  // A tree may only be torn when its manifest is gone for good.
  syncDirectory(layout.manifests);
  await room.empty(freed);
}

/** Removes what is no object; what could be becoming one, only under the lock on objects. */
export async function sweepLeftovers(
  store: Store,
  leftovers: readonly Leftover[],
  { freed, signal }: Pick<Sweep, "freed" | "signal">,
): Promise<void> {
  for (const leftover of leftovers) if (leftover.unless === undefined) removeLeftover(store, leftover, freed);
  const guarded = leftovers.filter(({ unless }) => unless !== undefined);
  for (let at = 0; at < guarded.length; at += BATCH) {
    signal?.throwIfAborted();
    const room = makeTrashRoom(store.layout);
    {
      using _lock = await lockInTurn(store, signal);
      const leased = leasedObjects(store);
      for (const { path, unless } of guarded.slice(at, at + BATCH)) {
        if (!unless || !(leased.has(unless) || hasObject(store, unless))) room.take(path);
      }
    }
    await room.empty(freed);
  }
}

function removeLeftover(store: Store, leftover: Leftover, freed: DiskUsage): void {
  const remove = () => {
    for (const path of pathsOfLeftover(leftover)) removeCounting(path, freed);
  };
  if (!isStillOld(leftover)) return;
  if (!leftover.isTemporary) remove();
  else if (existsSync(`${leftover.path}.lock`)) ifStale(leftover.path, store.context.now, remove);
  else removeCounting(leftover.path, freed);
}

/** Every object that a lease names, also one that ended during this collection. */
function leasedObjects(store: Store): ReadonlySet<BaseName> {
  return new Set(listLeases(store).flatMap(({ objects }) => objects));
}

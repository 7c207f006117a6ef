import { setImmediate as turn } from "node:timers/promises";
import type { BaseName, ProfileName } from "../../model/ids.ts";
import { markFrom } from "../../model/object-graph.ts";
import type { Root } from "../../model/root.ts";
import { lockCollection } from "../../store/collection/collection-lock.ts";
import { createHands, type Hands } from "../../store/collection/collection-task.ts";
import { datedLeftover, findLeftovers, type Leftover, type Retention } from "../../store/collection/leftovers.ts";
import { loadObjects, type StoreObjects } from "../../store/collection/load-objects.ts";
import { type Marked, markObjects } from "../../store/collection/mark.ts";
import { measureRubbish, type Target } from "../../store/collection/measure.ts";
import { beginPoolSweep, isPoolTidy } from "../../store/collection/pool-mark.ts";
import type { Stuck } from "../../store/collection/stuck.ts";
import { sweepLeftovers, sweepObjects } from "../../store/collection/sweep.ts";
import { sweepPool } from "../../store/collection/sweep-pool.ts";
import { objectPath } from "../../store/layout.ts";
import { logCollection } from "../../store/log-transactions.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { readRoots } from "../../store/roots.ts";
import type { RunOptions } from "../run-options.ts";
import { packDying } from "./pack-dying.ts";
import { tellStuck } from "./tell-stuck.ts";

export interface CollectRequest {
  readonly dryRun?: boolean;
  /** Stop when so much is freed. */
  readonly target?: Target | undefined;
  /** Generations that do not count as roots: for a dry run, those that would be deleted before. */
  readonly without?: ReadonlyMap<ProfileName, ReadonlySet<number>>;
  readonly retention?: Retention;
  /** Files elsewhere in the store that are kept no longer. */
  readonly oldFiles?: readonly string[];
  /** Pack first what the rules for archives want; what cannot be packed stays. */
  readonly pack?: boolean;
}

export interface Collected {
  /** Absolute paths of the objects that were deleted, or would be; each before what it needs. */
  readonly deleted: readonly string[];
  /** Those of them that are in the archives. */
  readonly packed?: readonly string[];
  /** Blocks of the inodes that are free now, each once. */
  readonly freedBytes: number;
  readonly freedInodes: number;
  /** How many objects are left. */
  readonly left: number;
}

const KEEP_ALL: Retention = { buildLogs: undefined, failedBuilds: undefined };

/**
 * Deletes every object that no root keeps, and what else nothing needs. What others use or add meanwhile stays.
 * @throws StoreError DAMAGED, UNSAFE when it cannot be told what a root keeps: then nothing is deleted
 */
export async function collect(store: Store, request: CollectRequest, run: RunOptions): Promise<Collected> {
  await using hands = createHands();
  const work: Work = { request, run, hands };
  if (request.dryRun) return await look(store, work);
  refuseReadOnly(store);
  using _lock = await lockCollection(store, {
    signal: run.signal,
    onWait: (holder) => run.onEvent?.({ kind: "waiting", holder }),
  });
  const found = await chosen(store, await findRubbish(store, work), work);
  if (!request.pack) return await sweep(store, found, work);
  const { packed, unpacked } = await packDying(store, found.dead, { dryRun: false }, run);
  markFrom(found.objects.graph, found.marked.marks, unpacked);
  return withPacked(store, await sweep(store, found, work), packed);
}

function withPacked({ layout }: Store, collected: Collected, packed: ReadonlySet<BaseName>): Collected {
  const paths = new Set([...packed].map((object) => objectPath(layout, object)));
  return { ...collected, packed: collected.deleted.filter((path) => paths.has(path)) };
}

interface Rubbish {
  readonly objects: StoreObjects;
  readonly marked: Marked;
  readonly leftovers: readonly Leftover[];
  /** What is to be deleted, each before what it refers to. */
  readonly dead: readonly BaseName[];
}

interface Work {
  readonly request: CollectRequest;
  readonly run: RunOptions;
  readonly hands: Hands;
}

async function findRubbish(store: Store, { request, hands }: Work): Promise<Rubbish> {
  const objects = await loadObjects(store);
  // If a tenth of a store may be dead, threads had better start while that is found out.
  hands.expect(objects.graph.known / 10);
  const roots = readRoots(store).filter((root) => counts(root, request));
  const marked = markObjects(store, objects, roots);
  const retention = request.retention ?? KEEP_ALL;
  const old = (request.oldFiles ?? []).map(datedLeftover);
  const leftovers = [...findLeftovers(store, objects, { marked, retention }), ...old];
  const dead = [...marked.damaged, ...marked.dead.map((number) => objects.graph.names.at(number))];
  return { objects, marked, leftovers, dead };
}

function counts(root: Root, { without }: CollectRequest): boolean {
  return root.kind !== "generation" || !without?.get(root.profile)?.has(root.generation);
}

async function look(store: Store, work: Work): Promise<Collected> {
  const { request, run, hands } = work;
  const { objects, leftovers, dead } = await findRubbish(store, work);
  const { count, freed } = await measureRubbish(
    store,
    { leftovers, objects: dead, wholePool: !isPoolTidy(store) },
    { hands, target: request.target, signal: run.signal },
  );
  const deleted = dead.slice(0, count);
  const result = resultOf(store, objects, { deleted, freed });
  return request.pack
    ? withPacked(store, result, (await packDying(store, deleted, { dryRun: true }, run)).packed)
    : result;
}

/** With a target, as many objects as it takes. */
async function chosen(store: Store, found: Rubbish, { request, run, hands }: Work): Promise<Rubbish> {
  const { target } = request;
  if (!target) return found;
  const { leftovers, dead } = found;
  const rubbish = { leftovers, objects: dead, wholePool: !isPoolTidy(store) };
  const { count } = await measureRubbish(store, rubbish, { hands, target, signal: run.signal });
  return { ...found, dead: dead.slice(0, count) };
}

/** Whatever ends it early, the log tells what is gone. */
async function sweep(store: Store, found: Rubbish, { hands, run }: Work): Promise<Collected> {
  const { signal, onEvent } = run;
  const { objects, marked, leftovers, dead } = found;
  const freed = { bytes: 0, inodes: 0 };
  const deleted: BaseName[] = [];
  const stuck: Stuck[] = [];
  const onBatch = () =>
    onEvent?.({ kind: "collecting", deleted: deleted.length, total: dead.length, freedBytes: freed.bytes });
  try {
    const pool = beginPoolSweep(store);
    const nothingLost = await sweepLeftovers(store, leftovers, { freed, stuck, signal });
    pool.watch();
    const poolIsKnown = await sweepObjects(store, dead, {
      ...{ hands, graph: objects.graph, marks: marked.marks, freed, stuck, deleted, signal, onBatch },
    });
    await turn();
    if (pool.whole || !nothingLost || !poolIsKnown) await sweepPool(store, freed, signal);
    pool.end(true);
  } finally {
    tellStuck(stuck, run);
    if (deleted.length > 0 || freed.inodes > 0)
      await logCollection(store, { deleted: deleted.length, freedBytes: freed.bytes });
  }
  return resultOf(store, objects, { deleted, freed });
}

function resultOf(
  store: Store,
  { graph, damaged }: StoreObjects,
  { deleted, freed }: { readonly deleted: readonly BaseName[]; readonly freed: { bytes: number; inodes: number } },
): Collected {
  return {
    deleted: deleted.map((object) => objectPath(store.layout, object)),
    freedBytes: freed.bytes,
    freedInodes: freed.inodes,
    left: graph.known + damaged.size - deleted.length,
  };
}

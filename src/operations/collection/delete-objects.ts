import { StoreError } from "../../errors.ts";
import { type Chain, findChains } from "../../model/chains.ts";
import type { BaseName } from "../../model/ids.ts";
import { markFrom } from "../../model/object-graph.ts";
import { describeRoot } from "../../model/root.ts";
import { lockCollection } from "../../store/collection/collection-lock.ts";
import { createHands } from "../../store/collection/collection-task.ts";
import { loadObjects } from "../../store/collection/load-objects.ts";
import { markObjects } from "../../store/collection/mark.ts";
import { measureRubbish } from "../../store/collection/measure.ts";
import { beginPoolSweep } from "../../store/collection/pool-mark.ts";
import type { Stuck } from "../../store/collection/stuck.ts";
import { sweepObjects } from "../../store/collection/sweep.ts";
import { sweepPool } from "../../store/collection/sweep-pool.ts";
import { openIndex } from "../../store/index/open-index.ts";
import { objectPath } from "../../store/layout.ts";
import { logCollection } from "../../store/log-transactions.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { readRoots } from "../../store/roots.ts";
import type { RunOptions } from "../run-options.ts";
import type { Collected } from "./collect.ts";
import { tellStuck } from "./tell-stuck.ts";

export interface DeleteRequest {
  readonly objects: readonly BaseName[];
  /** Also what they need and nothing else does. */
  readonly closure?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/**
 * Deletes objects that nothing keeps, all of them or none.
 * @throws StoreError UNSAFE with the chain from what keeps one, or with the object that needs one; NOT_FOUND; DAMAGED; NEWER_FORMAT
 */
export async function deleteObjects(store: Store, request: DeleteRequest, run: RunOptions = {}): Promise<Collected> {
  run.signal?.throwIfAborted();
  for (const object of request.objects) readManifest(store, object);
  if (!request.dryRun) refuseReadOnly(store);
  using _lock = request.dryRun
    ? undefined
    : await lockCollection(store, {
        signal: run.signal,
        onWait: (holder) => run.onEvent?.({ kind: "waiting", holder }),
      });
  const objects = await loadObjects(store);
  const { graph } = objects;
  const { marks, dead } = markObjects(store, objects, readRoots(store));
  await checkDead(store, request.objects, (object) => marks[graph.names.numberOf(object) ?? -1] !== 1);
  const wanted = await chosen(store, request, { graph, dead });
  const freed = { bytes: 0, inodes: 0 };
  const deleted: BaseName[] = [];
  const stuck: Stuck[] = [];
  await using hands = createHands();
  if (request.dryRun) {
    const rubbish = { leftovers: [], objects: wanted, wholePool: false };
    const measured = await measureRubbish(store, rubbish, { hands, signal: run.signal });
    deleted.push(...wanted);
    Object.assign(freed, measured.freed);
  } else {
    const pool = beginPoolSweep(store);
    pool.watch();
    const sweep = { hands, graph, marks, freed, stuck, deleted, signal: run.signal };
    const poolIsKnown = await sweepObjects(store, wanted, sweep);
    tellStuck(stuck, run);
    if (!poolIsKnown) await sweepPool(store, freed, run.signal);
    pool.end(!pool.whole || !poolIsKnown);
    await logCollection(store, { deleted: deleted.length, freedBytes: freed.bytes });
    await checkDead(store, wanted, (object) => deleted.includes(object));
  }
  return {
    deleted: deleted.map((object) => objectPath(store.layout, object)),
    freedBytes: freed.bytes,
    freedInodes: freed.inodes,
    left: graph.known - deleted.length,
  };
}

async function checkDead(
  store: Store,
  objects: readonly BaseName[],
  isDead: (object: BaseName) => boolean,
): Promise<void> {
  const alive = objects.find((object) => !isDead(object));
  if (alive === undefined) return;
  const chains = await chainsOf(store, alive);
  throw new StoreError("UNSAFE", `${alive} is still alive${chains[0] ? `: ${chainText(chains[0])}` : ""}`, {
    hint: `Remove what keeps it first; \`store why ${alive}\` shows everything that does.`,
    details: { path: alive, chains: chains.map(({ root, objects: chain }) => ({ root: describeRoot(root), chain })) },
  });
}

/** In their order, each before what it refers to. */
async function chosen(
  store: Store,
  { objects, closure }: DeleteRequest,
  { graph, dead }: { graph: Awaited<ReturnType<typeof loadObjects>>["graph"]; dead: readonly number[] },
): Promise<BaseName[]> {
  const reached = new Uint8Array(graph.names.size);
  if (closure) markFrom(graph, reached, objects);
  else for (const object of objects) reached[graph.names.numberOf(object) as number] = 1;
  await using index = await openIndex(store);
  const wanted: BaseName[] = [];
  for (const number of dead.filter((each) => reached[each] === 1)) {
    const name = graph.names.at(number);
    // Those before it in the order are those that need it.
    const user = index.referrers(name).find((referrer) => !wanted.includes(referrer));
    if (user === undefined) wanted.push(name);
    else if (objects.includes(name)) throw isNeeded(name, user);
  }
  return wanted;
}

function isNeeded(object: BaseName, user: BaseName): StoreError {
  return new StoreError("UNSAFE", `${object} is needed by ${user}, which nothing keeps`, {
    hint: `Delete both: \`store delete ${user} ${object}\`, or everything that nothing keeps: \`store gc\`.`,
    details: { path: object, neededBy: user },
  });
}

/** Why an object is kept: a chain for each root that does, the shortest first. */
export async function chainsOf(store: Store, object: BaseName): Promise<readonly Chain[]> {
  const roots = readRoots(store);
  await using index = await openIndex(store);
  return findChains(object, roots, (each) => index.referrers(each));
}

export function chainText({ root, objects }: Chain): string {
  return [describeRoot(root), ...objects].join(" → ");
}

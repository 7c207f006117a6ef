import type { Stats } from "node:fs";
import type { BaseName } from "../../model/ids.ts";
import { blockBytes, type DiskUsage } from "../../system/disk-usage.ts";
import type { Store } from "../open-store.ts";
import { hasTwins } from "../twins.ts";
import type { Hands } from "./collection-task.ts";
import { type Leftover, pathsOfLeftover } from "./leftovers.ts";
import { lookAt } from "./look-at-objects.ts";
import { visitPool } from "./pool.ts";

/** What is to be removed: first the leftovers, then the objects in their order. */
export interface Rubbish {
  readonly leftovers: readonly Leftover[];
  readonly objects: readonly BaseName[];
  /** Whether all files of the pool are looked at, or those of these objects alone. */
  readonly wholePool: boolean;
}

/** When enough is freed. */
export interface Target {
  /** So much is enough in any case, in bytes. */
  readonly most?: number | undefined;
  /** Both of these together are enough. */
  readonly bytes?: number | undefined;
  readonly inodes?: number | undefined;
}

export interface Measured {
  /** How many of the objects must go for the target to be met. */
  readonly count: number;
  readonly freed: DiskUsage;
}

export interface MeasureOptions {
  readonly hands: Hands;
  readonly target?: Target | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds out what removing all this frees, to the byte, without removing anything, and how much of it is enough. An inode
 * with several names is freed with the last of them; the pool's own goes with the last of an object.
 */
export async function measureRubbish(
  store: Store,
  rubbish: Rubbish,
  { hands, target = {}, signal }: MeasureOptions,
): Promise<Measured> {
  const inodes = createInodes();
  const seen: number[] = [];
  const [bytes, count] = lookAt(rubbish.leftovers.flatMap(pathsOfLeftover), seen);
  const freed = { bytes, inodes: count };
  const living = inodes.meetAll(seen);
  // What is left of a killed add can have been in the pool, and nothing tells where.
  const pool = !rubbish.wholePool && living.length === 0;
  hands.expect(rubbish.objects.length);
  const task = { kind: "look" as const, layout: store.layout, twins: hasTwins(store), pool, objects: rubbish.objects };
  const looks: Look[] = [];
  let isPoolKnown = pool;
  for await (const { own, shared, pooled, poolIsKnown } of hands.share(task, SLICE, signal)) {
    const met = inodes.meetAll(shared);
    for (let at = 0; at < pooled.length; at += 3) inodes.meetInPool(seenAt(pooled, at), freed);
    for (const look of looksOf(own, met)) looks.push(look);
    isPoolKnown &&= poolIsKnown;
  }
  signal?.throwIfAborted();
  if (!isPoolKnown) {
    const meet = (_path: string, status: Stats) =>
      inodes.meetInPool({ inode: status.ino, links: status.nlink, bytes: blockBytes(status) }, freed);
    await visitPool(store, meet, signal);
  }
  inodes.release(living, freed);
  let enough = 0;
  for (; enough < looks.length && !isMet(freed, target); enough++) {
    const look = looks[enough] as Look;
    freed.bytes += look.bytes;
    freed.inodes += look.inodes;
    inodes.release(look.shared, freed);
  }
  return { count: enough, freed };
}

/** So many objects are one task. */
const SLICE = 64;

/** What an object frees by itself, and the inodes that it shares with others, by the numbers given to them. */
interface Look extends DiskUsage {
  readonly shared: Uint32Array;
}

function looksOf(own: Float64Array, shared: Uint32Array): Look[] {
  const looks: Look[] = [];
  for (let at = 0, begin = 0; at < own.length; at += 3) {
    const [bytes, inodes, count] = own.subarray(at, at + 3) as unknown as [number, number, number];
    looks.push({ bytes, inodes, shared: shared.subarray(begin, begin + count) });
    begin += count;
  }
  return looks;
}

function isMet(freed: DiskUsage, { most, bytes, inodes }: Target): boolean {
  if (most !== undefined && freed.bytes >= most) return true;
  if (bytes === undefined && inodes === undefined) return false;
  return freed.bytes >= (bytes ?? 0) && freed.inodes >= (inodes ?? 0);
}

interface SeenInode {
  readonly inode: number;
  /** How many names it has. */
  readonly links: number;
  readonly bytes: number;
}

function seenAt(seen: ArrayLike<number>, at: number): SeenInode {
  return { inode: seen[at] as number, links: seen[at + 1] as number, bytes: seen[at + 2] as number };
}

/** Inodes with several names: how many of them are left. */
function createInodes() {
  const numbers = new Map<number, number>();
  const left: number[] = [];
  const bytesOf: number[] = [];
  const pooled = new Set<number>();
  const meet = ({ inode, links, bytes }: SeenInode): number => {
    const known = numbers.get(inode);
    if (known !== undefined) return known;
    numbers.set(inode, left.length);
    left.push(links);
    bytesOf.push(bytes);
    return left.length - 1;
  };
  return {
    meetAll(seen: ArrayLike<number>): Uint32Array {
      const met = new Uint32Array(seen.length / 3);
      for (let at = 0; at < met.length; at++) met[at] = meet(seenAt(seen, 3 * at));
      return met;
    },
    /** The pool's own name does not keep a file; one that has no other goes in any case. */
    meetInPool({ inode, links, bytes }: SeenInode, freed: DiskUsage): void {
      const number = links === 1 ? meet({ inode, links, bytes }) : numbers.get(inode);
      if (number === undefined || pooled.has(number)) return;
      pooled.add(number);
      left[number] = (left[number] as number) - 1;
      if (links !== 1) return;
      freed.bytes += bytes;
      freed.inodes += 1;
    },
    release(shared: Uint32Array, freed: DiskUsage): void {
      for (const number of shared) {
        left[number] = (left[number] as number) - 1;
        if (left[number] !== 0) continue;
        freed.bytes += bytesOf[number] as number;
        freed.inodes += 1;
      }
    },
  };
}

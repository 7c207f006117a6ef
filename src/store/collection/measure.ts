import { lstatSync, type Stats } from "node:fs";
import type { BaseName } from "../../model/ids.ts";
import { blockBytes, type DiskUsage, visitTree } from "../../system/disk-usage.ts";
import { fileListPath, manifestPath, objectPath, twinPath } from "../layout.ts";
import type { Store } from "../open-store.ts";
import { hasTwins } from "../twins.ts";
import { type Leftover, pathsOfLeftover } from "./leftovers.ts";
import { poolPathsOf, visitPool } from "./pool.ts";

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

/**
 * Finds out what removing all this frees, to the byte, without removing anything, and how much of it is enough. An inode
 * with several names is freed with the last of them; the pool's own goes with the last of an object.
 */
export async function measureRubbish(
  store: Store,
  rubbish: Rubbish,
  { target = {}, signal }: { readonly target?: Target; readonly signal?: AbortSignal | undefined },
): Promise<Measured> {
  const shared = createInodes();
  const twins = hasTwins(store);
  const first = lookAt(rubbish.leftovers.flatMap(pathsOfLeftover), shared);
  const looks: Look[] = [];
  const freed = { bytes: first.bytes, inodes: first.inodes };
  // What is left of a killed add can have been in the pool, and nothing tells where.
  let wholePool = rubbish.wholePool || first.shared.length > 0;
  for (const [index, object] of rubbish.objects.entries()) {
    looks.push(lookAt(pathsOf(store, object, { twins }), shared));
    const pooled = wholePool ? [] : poolPathsOf(store.layout, object);
    wholePool ||= pooled === undefined;
    for (const path of pooled ?? []) {
      const status = lstatSync(path, { throwIfNoEntry: false });
      if (status) shared.meetInPool(status, freed);
    }
    if (index % SLICE === 0) await pause(signal);
  }
  if (wholePool) await visitPool(store, (_path, status) => shared.meetInPool(status, freed), signal);
  shared.release(first, freed);
  let count = 0;
  for (; count < looks.length && !isMet(freed, target); count++) {
    const look = looks[count] as Look;
    freed.bytes += look.bytes;
    freed.inodes += look.inodes;
    shared.release(look, freed);
  }
  return { count, freed };
}

/** Everything that vanishes with an object. */
function pathsOf({ layout }: Store, object: BaseName, { twins }: { readonly twins: boolean }): string[] {
  return [
    manifestPath(layout, object),
    fileListPath(layout, object),
    ...(twins ? [twinPath(layout, object)] : []),
    objectPath(layout, object),
  ];
}

const SLICE = 256;

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

function isMet(freed: DiskUsage, { most, bytes, inodes }: Target): boolean {
  if (most !== undefined && freed.bytes >= most) return true;
  if (bytes === undefined && inodes === undefined) return false;
  return freed.bytes >= (bytes ?? 0) && freed.inodes >= (inodes ?? 0);
}

/** What some paths free by themselves, and the inodes that they share with others, by the numbers given to them. */
interface Look extends DiskUsage {
  readonly shared: number[];
}

function lookAt(paths: readonly string[], inodes: Inodes): Look {
  const look: Look = { bytes: 0, inodes: 0, shared: [] };
  for (const path of paths) {
    visitTree(path, (status) => {
      if (status.isDirectory() || status.nlink === 1) {
        look.bytes += blockBytes(status);
        look.inodes += 1;
      } else look.shared.push(inodes.meet(status));
    });
  }
  return look;
}

type Inodes = ReturnType<typeof createInodes>;

/** Inodes with several names: how many of them are left. */
function createInodes() {
  const numbers = new Map<number, number>();
  const left: number[] = [];
  const bytes: number[] = [];
  const pooled = new Set<number>();
  const meet = (status: Stats): number => {
    const known = numbers.get(status.ino);
    if (known !== undefined) return known;
    numbers.set(status.ino, left.length);
    left.push(status.nlink);
    bytes.push(blockBytes(status));
    return left.length - 1;
  };
  return {
    meet,
    /** The pool's own name does not keep a file; one that has no other goes in any case. */
    meetInPool(status: Stats, freed: DiskUsage): void {
      const number = status.nlink === 1 ? meet(status) : numbers.get(status.ino);
      if (number === undefined || pooled.has(number)) return;
      pooled.add(number);
      left[number] = (left[number] as number) - 1;
      if (status.nlink !== 1) return;
      freed.bytes += blockBytes(status);
      freed.inodes += 1;
    },
    release(look: Look, freed: DiskUsage): void {
      for (const number of look.shared) {
        left[number] = (left[number] as number) - 1;
        if (left[number] !== 0) continue;
        freed.bytes += bytes[number] as number;
        freed.inodes += 1;
      }
    },
  };
}

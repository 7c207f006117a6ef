import { existsSync, lstatSync, type Stats } from "node:fs";
import type { ByteString } from "../../model/byte-string.ts";
import type { BaseName } from "../../model/ids.ts";
import { FROZEN_MS } from "../../model/verify/compare-tree.ts";
import { blockBytes, type KnownNames, visitTree } from "../../system/disk-usage.ts";
import type { Visit } from "../../system/tree-place.ts";
import { fileListPath, type Layout, manifestPath, objectPath, twinPath } from "../layout.ts";
import { readListedObject } from "./listed-object.ts";

/** Objects that may be going to be deleted. */
export interface LookTask {
  readonly kind: "look";
  readonly layout: Layout;
  readonly twins: boolean;
  /** Whether the pool's files of the objects are looked at, too. */
  readonly pool: boolean;
  readonly objects: readonly BaseName[];
}

/** What was seen, in numbers that go from thread to thread in one piece. */
export interface Looks {
  /** For each object three: bytes and inodes that go with it in any case, and how many of `shared` are its. */
  readonly own: Float64Array;
  readonly shared: SeenInodes;
  readonly pooled: SeenInodes;
  /** Whether all that the pool has of the objects was looked at, as far as that was asked for. */
  readonly poolIsKnown: boolean;
}

/** For each inode three: its number, how many names it has, its bytes. */
export type SeenInodes = Float64Array;

export function lookAtObjects({ layout, twins, pool, objects }: LookTask): Looks {
  const own = new Float64Array(3 * objects.length);
  const shared: number[] = [];
  const pooled: number[] = [];
  let poolIsKnown = true;
  const isReplaced = existsSync(layout.replacedMark);
  for (const [index, object] of objects.entries()) {
    const listed = pool ? readListedObject(layout, object) : undefined;
    poolIsKnown &&= !pool || listed !== undefined;
    const onShared = (status: Stats, path: ByteString) => {
      // One of its names is the pool's.
      if (!isReplaced && listed?.pooled.delete(path)) addTo(pooled, status);
    };
    // Whoever adds something to a directory, or takes something from it, changes its time.
    const known: KnownNames = (path, { mtimeMs }) => (mtimeMs === FROZEN_MS ? listed?.names.get(path) : undefined);
    own.set(lookAt(pathsOf(layout, object, twins), shared, { onShared, known }), 3 * index);
    for (const path of listed?.pooled.values() ?? []) {
      const status = lstatSync(path, { throwIfNoEntry: false });
      if (status) addTo(pooled, status);
    }
  }
  return { own, shared: Float64Array.from(shared), pooled: Float64Array.from(pooled), poolIsKnown };
}

/**
 * Bytes and inodes that the paths free by themselves, and how many inodes with further names were added to `shared`;
 * `onShared` hears of these.
 */
export function lookAt(
  paths: readonly string[],
  shared: number[],
  { onShared, known }: { readonly onShared?: Visit; readonly known?: KnownNames } = {},
): [number, number, number] {
  let bytes = 0;
  let inodes = 0;
  const before = shared.length;
  const visit = (status: Stats, path: ByteString) => {
    if (status.nlink > 1 && !status.isDirectory()) {
      addTo(shared, status);
      onShared?.(status, path);
      return;
    }
    bytes += blockBytes(status);
    inodes += 1;
  };
  for (const path of paths) visitTree(path, visit, known);
  return [bytes, inodes, (shared.length - before) / 3];
}

function addTo(seen: number[], status: Stats): void {
  seen.push(status.ino, status.nlink, blockBytes(status));
}

/** Everything that vanishes with an object. */
function pathsOf(layout: Layout, object: BaseName, twins: boolean): string[] {
  return [
    manifestPath(layout, object),
    fileListPath(layout, object),
    ...(twins ? [twinPath(layout, object)] : []),
    objectPath(layout, object),
  ];
}

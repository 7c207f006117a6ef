import type { DiskUsage } from "../../system/disk-usage.ts";
import type { Hands } from "./collection-task.ts";
import type { RemovalTask, SharedInode } from "./remove-taken.ts";
import type { Stuck } from "./stuck.ts";

/** Where it is told what was removed, and what could not be. */
export interface Freed {
  readonly freed: DiskUsage;
  readonly stuck: Stuck[];
}

/** So many objects are one task. */
const SLICE = 128;

/** Removes what was taken out. Returns whether all that the pool has of the objects was looked at. */
export async function removeWith(
  hands: Hands,
  task: Omit<RemovalTask, "kind">,
  { freed, stuck }: Freed,
): Promise<boolean> {
  const shared: SharedInode[] = [];
  let isPoolKnown = true;
  const count = ({ bytes, inodes }: DiskUsage) => {
    freed.bytes += bytes;
    freed.inodes += inodes;
  };
  for await (const removal of hands.share({ kind: "remove", ...task }, SLICE)) {
    count(removal);
    for (const inode of removal.shared) shared.push(inode);
    for (const each of removal.stuck) stuck.push(each);
    isPoolKnown &&= removal.poolIsKnown;
  }
  count(freedOf(shared));
  return isPoolKnown;
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

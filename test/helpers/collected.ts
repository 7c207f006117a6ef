import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Store } from "../../src/store/open-store.ts";

/**
 * Blocks and inodes of everything that a collection may touch, each inode once; not the log, the index, the locks. An
 * account that shares no code with the store's.
 */
export function roomOf({ layout }: Store): { readonly bytes: number; readonly inodes: number } {
  const seen = new Map<number, number>();
  const visit = (path: string): void => {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (!status) return;
    seen.set(status.ino, status.blocks * 512);
    if (status.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
  };
  const { storeDir, manifests, files, twins, temporary, trash, builds, buildLogs, sources } = layout;
  // The directories themselves grow and shrink as their filesystem likes.
  for (const directory of [storeDir, manifests, files, twins, temporary, trash, builds, buildLogs, sources]) {
    visit(directory);
    seen.delete(lstatSync(directory, { throwIfNoEntry: false })?.ino ?? 0);
  }
  return { bytes: [...seen.values()].reduce((sum, bytes) => sum + bytes, 0), inodes: seen.size };
}

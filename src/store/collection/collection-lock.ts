import { writeFileSync } from "node:fs";
import { acquireLock } from "../../system/lock.ts";
import { removeFile } from "../../system/remove-file.ts";
import { mendDirectories } from "../directories.ts";
import { collectingFile, lockPath } from "../layout.ts";
import { COLLECTION_LOCK, sweepLeases } from "../leases.ts";
import type { Store } from "../open-store.ts";

/**
 * The exclusive right to delete objects. From its beginning on, leases that end stay to be seen.
 * @throws StoreError BUSY when another process has it and the store was opened not to wait
 */
export async function lockCollection(
  store: Store,
  options: { readonly signal?: AbortSignal | undefined; readonly onWait?: Parameters<typeof acquireLock>[1]["onWait"] },
): Promise<Disposable> {
  const { command, now, wait } = store.context;
  const path = lockPath(store.layout, COLLECTION_LOCK);
  const lock = await acquireLock(path, { ...options, command: command.join(" "), now, wait });
  try {
    mendDirectories(store);
    writeFileSync(collectingFile(store.layout), "");
    sweepLeases(store);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  return {
    [Symbol.dispose]() {
      removeFile(collectingFile(store.layout));
      sweepLeases(store);
      lock[Symbol.dispose]();
    },
  };
}

import type { DiskUsage } from "../../system/disk-usage.ts";
import type { Store } from "../open-store.ts";
import { visitPool } from "./pool.ts";
import { removeIfUnused } from "./remove-taken.ts";

/**
 * Removes the files of the pool that are in no object. Whoever links one of them into an object at the same time has the
 * file all the same: the pool only forgets it.
 */
export async function sweepPool(store: Store, freed: DiskUsage, signal?: AbortSignal): Promise<void> {
  await visitPool(store, (path, status) => removeIfUnused(path, status, freed), signal);
}

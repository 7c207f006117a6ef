import type { BaseName } from "../../model/ids.ts";
import type { StoreIndex } from "../../store/index/index-entry.ts";
import { openIndex } from "../../store/index/open-index.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";

export interface ClosureEntry {
  readonly path: BaseName;
  readonly name: string;
  readonly version: string;
  /** Bytes in regular files. */
  readonly size: number;
}

/**
 * The object and everything that it needs at run time, each once; the object itself first.
 * @throws StoreError NOT_FOUND when the store does not hold the object
 */
export async function closure(store: Store, object: BaseName): Promise<readonly ClosureEntry[]> {
  await using index = await openIndex(store);
  requireObject(store, index, object);
  const found = new Map<BaseName, ClosureEntry>();
  const waiting = [object];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entry = found.has(next) ? undefined : index.get(next);
    if (!entry) continue;
    found.set(next, { path: next, name: entry.name, version: entry.version, size: entry.size });
    waiting.push(...entry.references);
  }
  return [...found.values()];
}

/**
 * The objects whose bytes mention this one.
 * @throws StoreError NOT_FOUND when the store does not hold it
 */
export async function referrers(store: Store, object: BaseName): Promise<readonly BaseName[]> {
  await using index = await openIndex(store);
  requireObject(store, index, object);
  return index.referrers(object);
}

/** What is not in the index has no manifest, or one that is damaged: reading it tells which. */
function requireObject(store: Store, index: StoreIndex, object: BaseName): void {
  if (index.get(object) === undefined) readManifest(store, object);
}

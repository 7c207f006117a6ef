import type { BaseName } from "../model/ids.ts";
import { openIndex } from "../store/index/open-index.ts";
import type { Store } from "../store/open-store.ts";

export interface ClosureEntry {
  readonly path: BaseName;
  readonly name: string;
  readonly version: string;
  /** Bytes in regular files. */
  readonly size: number;
}

/** The object and everything that it needs at run time, each once; the object itself first. */
export async function closure(store: Store, object: BaseName): Promise<readonly ClosureEntry[]> {
  await using index = await openIndex(store);
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

/** The objects whose bytes mention this one. */
export async function referrers(store: Store, object: BaseName): Promise<readonly BaseName[]> {
  await using index = await openIndex(store);
  return index.referrers(object);
}

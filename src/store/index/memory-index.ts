import type { BaseName } from "../../model/ids.ts";
import { buildObjectGraph } from "../../model/packed-graph.ts";
import { listManifests } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { type IndexEntry, readIndexEntry, type StoreIndex } from "./index-entry.ts";

/** An index that is read from all manifests and kept nowhere: for a disk that is full or cannot be written. */
export function openMemoryIndex(store: Store): StoreIndex {
  const entries = new Map<BaseName, IndexEntry>();
  const referrers = new Map<BaseName, BaseName[]>();
  const { objects, strays } = listManifests(store);
  for (const object of objects.sort()) {
    const entry = readIndexEntry(store, object);
    if (!entry) continue;
    entries.set(object, entry);
    for (const reference of entry.references) referrers.set(reference, [...(referrers.get(reference) ?? []), object]);
  }
  return {
    get: (object) => entries.get(object),
    names: () => entries.keys(),
    graph: () => buildObjectGraph([...entries].map(([path, { references }]) => ({ path, references }))),
    others: () => ({ damaged: objects.filter((object) => !entries.has(object)), strays }),
    referrers: (object) => referrers.get(object) ?? [],
    [Symbol.asyncDispose]: async () => {},
  };
}

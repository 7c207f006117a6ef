import type { BaseName } from "../../model/ids.ts";
import { listObjects } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { type IndexEntry, readIndexEntry, type StoreIndex } from "./index-entry.ts";

/** An index that is read from all manifests and kept nowhere: for a disk that is full or cannot be written. */
export function openMemoryIndex(store: Store): StoreIndex {
  const entries = new Map<BaseName, IndexEntry>();
  const referrers = new Map<BaseName, BaseName[]>();
  for (const object of listObjects(store).sort()) {
    const entry = readIndexEntry(store, object);
    if (!entry) continue;
    entries.set(object, entry);
    for (const reference of entry.references) referrers.set(reference, [...(referrers.get(reference) ?? []), object]);
  }
  return {
    get: (object) => entries.get(object),
    names: () => entries.keys(),
    *entries() {
      for (const [path, { references }] of entries) yield { path, references };
    },
    referrers: (object) => referrers.get(object) ?? [],
    [Symbol.asyncDispose]: async () => {},
  };
}

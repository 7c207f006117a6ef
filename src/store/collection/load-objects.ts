import { readdir } from "node:fs/promises";
import type { BaseName } from "../../model/ids.ts";
import type { ObjectGraph } from "../../model/object-graph.ts";
import { openIndex } from "../index/open-index.ts";
import type { Store } from "../open-store.ts";

/** The objects of a store at one moment. */
export interface StoreObjects {
  readonly graph: ObjectGraph;
  /** Objects whose manifest cannot be read: what they refer to is not known. */
  readonly damaged: ReadonlySet<BaseName>;
  /** What lies in the storeDir. */
  readonly present: readonly string[];
  /** Names in the directory of manifests that belong to no object. */
  readonly strays: readonly string[];
}

export async function loadObjects(store: Store): Promise<StoreObjects> {
  // While it is read in another thread, so is the index.
  const names = readdir(store.layout.storeDir);
  names.catch(() => {}); // It is waited for below.
  await using index = await openIndex(store);
  const { damaged, strays } = index.others();
  return { graph: index.graph(), damaged: new Set(damaged), present: await names, strays };
}

import { readdirSync } from "node:fs";
import { type BaseName, isBaseName } from "../../model/ids.ts";
import { buildObjectGraph, type ObjectGraph } from "../../model/object-graph.ts";
import { openIndex } from "../index/open-index.ts";
import type { Store } from "../open-store.ts";

/** The objects of a store at one moment. */
export interface StoreObjects {
  readonly graph: ObjectGraph;
  /** Objects whose manifest cannot be read: what they refer to is not known. */
  readonly damaged: ReadonlySet<BaseName>;
  /** What lies in the storeDir. */
  readonly present: ReadonlySet<string>;
  /** Names in the directory of manifests that belong to no object. */
  readonly strays: readonly string[];
}

export async function loadObjects(store: Store): Promise<StoreObjects> {
  const present = new Set(readdirSync(store.layout.storeDir));
  const files = readdirSync(store.layout.manifests);
  await using index = await openIndex(store);
  const graph = buildObjectGraph(index.entries());
  const listed = new Set<BaseName>();
  const others: string[] = [];
  for (const file of files) {
    const name = file.endsWith(".json") ? file.slice(0, -".json".length) : "";
    if (isBaseName(name)) listed.add(name);
    else others.push(file);
  }
  const isKnown = (name: BaseName): boolean => (graph.numbers.get(name) ?? graph.known) < graph.known;
  const damaged = new Set([...listed].filter((name) => !isKnown(name)));
  const strays = others.filter((file) => !(file.endsWith(".files") && hasOwner(file)));
  return { graph, damaged, present, strays };

  function hasOwner(file: string): boolean {
    const name = file.slice(0, -".files".length) as BaseName;
    return listed.has(name) || isKnown(name);
  }
}

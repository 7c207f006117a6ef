import { existsSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import type { BaseName } from "../../model/ids.ts";
import { listUnmarked, type Marks, markFrom } from "../../model/object-graph.ts";
import { describeRoot, type Root } from "../../model/root.ts";
import { manifestPath, objectPath } from "../layout.ts";
import { hasObject } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import type { StoreObjects } from "./load-objects.ts";

/** What is alive, and what is not: objects by number, each before what it refers to. */
export interface Marked {
  readonly marks: Marks;
  readonly dead: readonly number[];
  /** Objects with a damaged manifest that nothing keeps. */
  readonly damaged: readonly BaseName[];
  /** Names that roots ask for, although they are no objects (yet). */
  readonly awaited: ReadonlySet<string>;
}

/**
 * Marks what the roots reach.
 * @throws StoreError DAMAGED when they reach an object whose references are not known
 */
export function markObjects(store: Store, objects: StoreObjects, roots: readonly Root[]): Marked {
  const { graph } = objects;
  const marks: Marks = new Uint8Array(graph.names.size);
  const named = new Set<BaseName>();
  for (const root of roots) {
    markFrom(graph, marks, root.objects);
    for (const object of root.objects) if (graph.names.numberOf(object) === undefined) named.add(object);
  }
  const reached = [...named];
  for (let number = graph.known; number < graph.names.size; number++)
    if (marks[number] === 1) reached.push(graph.names.at(number));
  for (const object of reached) checkTraceable(store, objects, { object, roots });
  const damaged = [...objects.damaged].filter((object) => !reached.includes(object));
  return { marks, dead: listUnmarked(graph, marks), damaged, awaited: named };
}

/** What is gone with its manifest needs nothing any more; what is there, but cannot be read, may need anything. */
function checkTraceable(
  store: Store,
  { damaged }: StoreObjects,
  { object, roots }: { readonly object: BaseName; readonly roots: readonly Root[] },
): void {
  const isDamaged = damaged.has(object);
  // What became valid behind our look at the index has its lease, and so has what it needs.
  if (!isDamaged && (!existsSync(objectPath(store.layout, object)) || hasObject(store, object))) return;
  const root = roots.find(({ kind, objects }) => kind !== "lease" && objects.includes(object));
  // An output that is being built lies there without a manifest.
  if (!isDamaged && !root && roots.some(({ objects }) => objects.includes(object))) return;
  const by = root ? `, which ${describeRoot(root)} keeps,` : ", which is needed,";
  throw new StoreError(
    "DAMAGED",
    `the manifest of ${object}${by} is ${isDamaged ? "damaged" : "missing"}: what it needs cannot be told`,
    {
      hint: "Nothing was deleted. Run `store verify --repair` first.",
      details: { file: manifestPath(store.layout, object), path: objectPath(store.layout, object) },
    },
  );
}

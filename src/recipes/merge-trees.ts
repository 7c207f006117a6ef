import type { Entry, MappingTree, Tree } from "./tree.ts";

/**
 * `over` laid on `base`: mappings merge key by key, everything else replaces. A null replaces too; who reads the result
 * takes a key with null for one that is not there, so that it can still be seen whether the key means anything.
 */
export function mergeTrees(base: MappingTree, over: MappingTree): MappingTree {
  const entries = new Map(base.entries.map((entry) => [entry.key, entry]));
  for (const entry of over.entries) entries.set(entry.key, mergeEntries(entries.get(entry.key), entry));
  return { kind: "mapping", entries: [...entries.values()], at: over.at };
}

function mergeEntries(base: Entry | undefined, over: Entry): Entry {
  return { ...over, value: mergeValues(base?.value, over.value) };
}

function mergeValues(base: Tree | undefined, over: Tree): Tree {
  return base?.kind === "mapping" && over.kind === "mapping" ? mergeTrees(base, over) : over;
}

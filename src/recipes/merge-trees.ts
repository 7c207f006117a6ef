import { type Entry, isNull, type MappingTree, type Tree } from "./tree.ts";

/**
 * `over` laid on `base`: mappings merge key by key, everything else replaces, and a null removes the key. Nothing null is
 * left in the mappings of the result; what lists hold is taken as it is.
 */
export function mergeTrees(base: MappingTree, over: MappingTree): MappingTree {
  const entries = new Map(base.entries.map((entry) => [entry.key, entry]));
  for (const entry of over.entries) {
    if (isNull(entry.value)) entries.delete(entry.key);
    else entries.set(entry.key, mergeEntries(entries.get(entry.key), entry));
  }
  return { kind: "mapping", entries: [...entries.values()], at: over.at };
}

export function emptyMapping({ at }: MappingTree): MappingTree {
  return { kind: "mapping", entries: [], at };
}

function mergeEntries(base: Entry | undefined, over: Entry): Entry {
  return { ...over, value: mergeValues(base?.value, over.value) };
}

function mergeValues(base: Tree | undefined, over: Tree): Tree {
  if (over.kind !== "mapping") return over;
  return mergeTrees(base?.kind === "mapping" ? base : emptyMapping(over), over);
}

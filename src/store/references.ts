import { existsSync } from "node:fs";
import { type BaseName, isBaseName } from "../model/ids.ts";
import { manifestPath } from "./layout.ts";
import type { Lease } from "./leases.ts";
import type { Store } from "./open-store.ts";

/** The shortest that a base name can be: digest, "-", one character of name, "-", one of version. */
const SHORTEST = 36;

/** Which valid objects the found texts name, sorted; from then on they are kept by the lease. */
export async function holdReferences(
  store: Store,
  texts: Iterable<string>,
  { lease, signal }: { readonly lease: Lease; readonly signal?: AbortSignal | undefined },
): Promise<BaseName[]> {
  const named = [...texts];
  for (;;) {
    const found = resolveReferences(store, named);
    const valid = await lease.hold(found, signal);
    // One that a collection removed meanwhile is no reference, but a shorter name can be.
    if (found.every((object) => valid.has(object))) return found;
  }
}

/**
 * Which valid objects the found texts name, sorted. A text can go on behind the name (`…-zlib-1.3.` at the end of a
 * sentence): the longest prefix that is an object counts.
 */
export function resolveReferences(
  store: Store,
  texts: Iterable<string>,
  isObject = (name: BaseName) => existsSync(manifestPath(store.layout, name)),
): BaseName[] {
  const found = new Set<BaseName>();
  for (const text of texts) {
    const name = longestObject(text, isObject);
    if (name) found.add(name);
  }
  return [...found].sort();
}

function longestObject(text: string, isObject: (name: BaseName) => boolean): BaseName | undefined {
  for (let length = text.length; length >= SHORTEST; length--) {
    const name = text.slice(0, length);
    if (isBaseName(name) && isObject(name)) return name;
  }
  return undefined;
}

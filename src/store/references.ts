import { existsSync } from "node:fs";
import { type BaseName, isBaseName } from "../model/ids.ts";
import { manifestPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/** The shortest that a base name can be: digest, "-", one character of name, "-", one of version. */
const SHORTEST = 36;

/**
 * Which valid objects the found texts name, sorted. A text can go on behind the name (`…-zlib-1.3.` at the end of a
 * sentence): the longest prefix that is an object counts.
 */
export function resolveReferences(store: Store, texts: Iterable<string>): BaseName[] {
  const found = new Set<BaseName>();
  for (const text of texts) {
    const name = longestObject(store, text);
    if (name) found.add(name);
  }
  return [...found].sort();
}

function longestObject(store: Store, text: string): BaseName | undefined {
  for (let length = text.length; length >= SHORTEST; length--) {
    const name = text.slice(0, length);
    if (isBaseName(name) && existsSync(manifestPath(store.layout, name))) return name;
  }
  return undefined;
}

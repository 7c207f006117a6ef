import { StoreError } from "../../errors.ts";
import type { BaseName } from "../../model/ids.ts";
import type { Manifest } from "../../model/manifest.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";

export interface ClosureSize {
  readonly objects: number;
  /** Bytes in regular files. */
  readonly bytes: number;
  /** Objects that the store does not hold any more; they are not counted. */
  readonly missing: readonly BaseName[];
}

/** Measures closures of which most is the same: each manifest is read once. */
export function closureSizer(store: Store): (objects: readonly BaseName[]) => ClosureSize {
  const manifests = new Map<BaseName, Manifest | undefined>();
  const manifestOf = (object: BaseName) => {
    if (!manifests.has(object)) manifests.set(object, readIfPresent(store, object));
    return manifests.get(object);
  };
  return (objects) => {
    const met = new Set<BaseName>(objects);
    const missing: BaseName[] = [];
    let bytes = 0;
    // What is added to a set while it is walked comes up, too.
    for (const object of met) {
      const manifest = manifestOf(object);
      if (!manifest) missing.push(object);
      for (const reference of manifest?.references ?? []) met.add(reference);
      bytes += manifest?.size ?? 0;
    }
    return { objects: met.size - missing.length, bytes, missing: missing.sort() };
  };
}

function readIfPresent(store: Store, object: BaseName): Manifest | undefined {
  try {
    return readManifest(store, object);
  } catch (error) {
    if (error instanceof StoreError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

import type { DerivationKey } from "../../model/derivation.ts";
import type { OptionValue } from "../../model/generation.ts";
import type { BaseName } from "../../model/ids.ts";
import { readBuild } from "../../store/builds.ts";
import { readIfWhole } from "../../store/index/index-entry.ts";
import type { Store } from "../../store/open-store.ts";

/** What was chosen of a package when something was built with it. */
export interface Variant {
  readonly version: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** By name the packages that objects were built with, and these in turn, as far as their builds are recorded. */
export function variantsBelow(store: Store): (object: BaseName) => ReadonlyMap<string, Variant> {
  const known = new Map<BaseName, ReadonlyMap<string, Variant>>();
  return function below(object) {
    const found = known.get(object);
    if (found) return found;
    const variants = new Map<string, Variant>();
    for (const { name, path } of buildOf(store, object)?.inputs ?? []) {
      for (const [each, variant] of below(path)) variants.set(each, variant);
      const made = buildOf(store, path);
      if (made) variants.set(name, { version: made.version, options: made.options });
    }
    known.set(object, variants);
    return variants;
  };
}

function buildOf(store: Store, object: BaseName) {
  const origin = readIfWhole(store, object)?.origin;
  if (origin?.kind !== "build" || typeof origin.key !== "string") return undefined;
  return readBuild(store, origin.key as DerivationKey)?.derivation;
}

import type { BaseName } from "../../../model/ids.ts";
import { isWhole } from "../../../store/check-object.ts";
import { hasObject } from "../../../store/manifests.ts";
import type { Store } from "../../../store/open-store.ts";
import type { RunOptions } from "../../run-options.ts";
import { type Attempt, isObtained, type NotObtained, type Obtained, type Search } from "./attempt.ts";

export interface SearchResult {
  /** What is in the store now, with everything that it refers to; each object once, references first. */
  readonly obtained: readonly Obtained[];
  readonly missing: readonly NotObtained[];
}

interface SearchOptions {
  /** Objects that the store has and that are as if they were missing. */
  readonly damaged: ReadonlySet<BaseName> | undefined;
  /** How an object can be had, in the order in which that is tried. */
  readonly ways: (search: Search) => readonly Attempt[];
}

/** Looks for objects, each in one way after the other, and for those that they need on the way; for each object once. */
export async function searchFor(
  store: Store,
  wanted: readonly BaseName[],
  { damaged, ways }: SearchOptions,
  run: RunOptions,
): Promise<SearchResult> {
  const outcomes = new Map<BaseName, Obtained | NotObtained>();
  const open = new Set<BaseName>();
  const search: Search = {
    isDamaged: (object) => damaged?.has(object) || (hasObject(store, object) && !isWhole(store, object)),
    async obtain(object) {
      const known = outcomes.get(object);
      if (known) return isObtained(known);
      // Only a record that is wrong can lead in a circle.
      if (open.has(object)) return false;
      open.add(object);
      const outcome = await tryAll(attempts, object, run);
      open.delete(object);
      outcomes.set(object, outcome);
      return isObtained(outcome);
    },
  };
  const attempts = ways(search);
  for (const object of new Set(wanted)) await search.obtain(object);
  const found = [...outcomes.values()];
  return {
    obtained: found.filter(isObtained),
    missing: found.flatMap((outcome) => (isObtained(outcome) ? [] : [outcome])),
  };
}

async function tryAll(
  attempts: readonly Attempt[],
  object: BaseName,
  run: RunOptions,
): Promise<Obtained | NotObtained> {
  const reasons: string[] = [];
  for (const attempt of attempts) {
    run.signal?.throwIfAborted();
    const attempted = await attempt(object);
    if (isObtained(attempted)) return attempted;
    reasons.push(...attempted.reasons);
    if (attempted.isFinal) break;
  }
  return { path: object, reasons: reasons.length > 0 ? reasons : ["no place that was looked at has it"] };
}

import { StoreError } from "../errors.ts";
import type { BaseName } from "../model/ids.ts";
import { isWhole } from "../store/check-object.ts";
import { hasObject, readManifest } from "../store/manifests.ts";
import type { Store } from "../store/open-store.ts";
import type { BuildSettings } from "./build.ts";
import {
  type Attempt,
  isObtained,
  type NotObtained,
  type Obtained,
  type Search,
  type SearchRun,
} from "./obtain/attempt.ts";
import { fromGeneration } from "./obtain/from-generation.ts";
import { fromPacked } from "./obtain/from-packed.ts";
import { packedPlaces, type RepositoryOptions } from "./obtain/packed-places.ts";
import type { RunOptions } from "./run-options.ts";
import { openWorkspace } from "./workspace.ts";

export type { NotObtained, Obtained } from "./obtain/attempt.ts";

export interface ObtainOptions extends RepositoryOptions {
  /** How to build again what no place has; without it nothing is built or fetched from where it came from. */
  readonly rebuild?: BuildSettings | undefined;
  /** Objects that the store has and that are damaged: as if they were missing, and replaced when they can be had. */
  readonly damaged?: ReadonlySet<BaseName> | undefined;
}

export interface ObtainResult {
  /** What is in the store now, with everything that it refers to; each object once, references first. */
  readonly obtained: readonly Obtained[];
  readonly missing: readonly NotObtained[];
}

/**
 * Makes objects be in the store, with what they refer to. An object that is not there is looked for in the archives of
 * the store, then in each repository, then fetched again from where it came, then built again; a forest is built from
 * the record of its generation. Whatever is taken must have the content that its name says, else the next place is
 * tried. An object that cannot be had leaves the store as it is; the others are there all the same.
 */
export async function obtainObjects(
  store: Store,
  wanted: readonly BaseName[],
  options: ObtainOptions,
  run: RunOptions = {},
): Promise<ObtainResult> {
  using workspace = openWorkspace(store);
  return await obtainIn(store, wanted, options, { ...run, workspace });
}

/** The same in a workspace that is there already, whose lease then holds the objects. */
export async function obtainIn(
  store: Store,
  wanted: readonly BaseName[],
  options: ObtainOptions,
  run: SearchRun,
): Promise<ObtainResult> {
  const search = startSearch(store, options, run);
  for (const object of new Set(wanted)) await search.obtain(object);
  const outcomes = [...search.outcomes.values()];
  return {
    obtained: outcomes.filter(isObtained),
    missing: outcomes.flatMap((outcome) => (isObtained(outcome) ? [] : [outcome])),
  };
}

function startSearch(store: Store, options: ObtainOptions, run: SearchRun) {
  const outcomes = new Map<BaseName, Obtained | NotObtained>();
  const open = new Set<BaseName>();
  const search: Search = {
    isDamaged: (object) => options.damaged?.has(object) || (hasObject(store, object) && !isWhole(store, object)),
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
  const attempts: readonly Attempt[] = [
    fromStore(store, { search, run }),
    ...packedPlaces(store, options, run).map((place) => fromPacked(store, place, { search, run })),
    fromGeneration(store, { search, run }),
    ...(options.rebuild === undefined ? [] : fromOrigins(store, options.rebuild, { search, run })),
  ];
  return { ...search, outcomes };
}

/** What these need is loaded when it comes to that: a compiler's worth of code. */
function fromOrigins(store: Store, settings: BuildSettings, parts: { search: Search; run: SearchRun }): Attempt[] {
  return [
    async (object) => (await import("./obtain/from-source.ts")).fromSource(store, settings, parts)(object),
    async (object) => (await import("./obtain/from-build.ts")).fromBuild(store, settings, parts)(object),
  ];
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

/** An object that is there, when all that it refers to can be had. */
function fromStore(store: Store, { search, run }: { readonly search: Search; readonly run: SearchRun }): Attempt {
  return async (object) => {
    if (search.isDamaged(object) || !isWhole(store, object)) return { reasons: [] };
    await run.workspace.lease.hold([object], run.signal);
    try {
      for (const reference of readManifest(store, object).references) {
        if (!(await search.obtain(reference))) return lacking(reference);
      }
      return { path: object, from: "store" };
    } catch (error) {
      if (error instanceof StoreError && error.code === "DAMAGED") return { reasons: [error.message] };
      throw error;
    }
  };
}

/** The object itself is there: it would need the same if it came from elsewhere. */
function lacking(reference: BaseName) {
  return { reasons: [`it needs ${reference}, which cannot be had`], isFinal: true };
}

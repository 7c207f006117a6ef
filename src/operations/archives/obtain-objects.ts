import { StoreError } from "../../errors.ts";
import type { InstalledPackage } from "../../model/generation.ts";
import type { BaseName } from "../../model/ids.ts";
import { isWhole } from "../../store/check-object.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { type BuildSettings, checkBuildSettings } from "../building/build-settings.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import type { Attempt, Search, SearchRun } from "./obtain/attempt.ts";
import { fromGeneration } from "./obtain/from-generation.ts";
import { fromPacked } from "./obtain/from-packed.ts";
import { packedPlaces, type RepositoryOptions } from "./obtain/packed-places.ts";
import { type SearchResult, searchFor } from "./obtain/search.ts";

export type { NotObtained, Obtained } from "./obtain/attempt.ts";
export type { SearchResult as ObtainResult } from "./obtain/search.ts";

export interface ObtainOptions extends RepositoryOptions {
  /** How to build again what no place has; without it nothing is built or fetched from where it came from. */
  readonly rebuild?: BuildSettings | undefined;
  /** Package records that may tell where an object came from of which the store knows nothing any more. */
  readonly known?: readonly InstalledPackage[] | undefined;
  /** Objects that the store has and that are damaged: as if they were missing, and replaced when they can be had. */
  readonly damaged?: ReadonlySet<BaseName> | undefined;
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
): Promise<SearchResult> {
  if (options.rebuild) checkBuildSettings(options.rebuild);
  using workspace = openWorkspace(store);
  return await obtainIn(store, wanted, options, { ...run, workspace });
}

/** The same in a workspace that is there already, whose lease then holds the objects. */
export async function obtainIn(
  store: Store,
  wanted: readonly BaseName[],
  options: ObtainOptions,
  run: SearchRun,
): Promise<SearchResult> {
  const { damaged } = options;
  return await searchFor(store, wanted, { damaged, ways: (search) => waysTo(store, options, { search, run }) }, run);
}

function waysTo(store: Store, options: ObtainOptions, parts: { search: Search; run: SearchRun }): Attempt[] {
  const { run } = parts;
  return [
    fromStore(store, parts),
    ...packedPlaces(store, options, run).map((place) => fromPacked(store, place, { ...parts, limits: options.limits })),
    fromGeneration(store, parts),
    ...(options.rebuild === undefined
      ? []
      : fromOrigins(store, { known: options.known, settings: options.rebuild }, parts)),
  ];
}

/** What these need is loaded when it comes to that: a compiler's worth of code. */
function fromOrigins(
  store: Store,
  options: { known: ObtainOptions["known"]; settings: BuildSettings },
  parts: { search: Search; run: SearchRun },
): Attempt[] {
  return [
    async (object) => (await import("./obtain/from-source.ts")).fromSource(store, options, parts)(object),
    async (object) => (await import("./obtain/from-build.ts")).fromBuild(store, options.settings, parts)(object),
  ];
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

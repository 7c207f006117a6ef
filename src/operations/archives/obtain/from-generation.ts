import { StoreError } from "../../../errors.ts";
import type { Generation } from "../../../model/generation.ts";
import type { BaseName } from "../../../model/ids.ts";
import { buildForest } from "../../../store/build-forest.ts";
import { readGeneration } from "../../../store/generation-records.ts";
import type { Store } from "../../../store/open-store.ts";
import { listGenerations, listProfiles, readProfileParts } from "../../../store/profiles.ts";
import type { Attempt, Search, SearchRun } from "./attempt.ts";

interface Parts {
  readonly search: Search;
  readonly run: SearchRun;
}

/** Builds a link forest again from the record of a generation that has it, and the packages of that one before. */
export function fromGeneration(store: Store, { search, run }: Parts): Attempt {
  return async (object) => {
    const generation = generationWith(store, object);
    if (!generation) return { reasons: [] };
    const label = `gen-${generation.generation} of profile '${generation.profile}'`;
    for (const { path } of generation.packages) {
      if (!(await search.obtain(path))) return { reasons: [`${label} has ${path}, which cannot be had`] };
    }
    const built = await buildForest(store, generation, {
      room: () => run.workspace.room(),
      lease: run.workspace.lease,
      replace: search.isDamaged(object) ? object : undefined,
      signal: run.signal,
    });
    if (built !== object) return { reasons: [`the record of ${label} gives the forest ${built}`] };
    return { path: object, from: "generation", where: label };
  };
}

export function generationWith(store: Store, object: BaseName): Generation | undefined {
  for (const profile of listProfiles(store).filter((name) => object.endsWith(`-profile-${name}`))) {
    for (const number of [...listGenerations(store, readProfileParts(store, profile))].reverse()) {
      const generation = readIfWhole(() => readGeneration(store, profile, number));
      if (generation?.path === object) return generation;
    }
  }
  return undefined;
}

function readIfWhole(read: () => Generation): Generation | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError && (error.code === "DAMAGED" || error.code === "NOT_FOUND")) return undefined;
    throw error;
  }
}

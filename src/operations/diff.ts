import { diffPackages, type PackageDifference } from "../model/change.ts";
import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import type { Store } from "../store/open-store.ts";
import { readGeneration, readProfile } from "../store/profiles.ts";
import { selectGeneration } from "./select-generation.ts";

export interface GenerationDifference extends PackageDifference {
  readonly from: GenerationNumber;
  readonly to: GenerationNumber;
}

/** How two generations of a profile differ; without `to` the live one is the second. */
export async function diffGenerations(
  store: Store,
  profile: ProfileName,
  request: { readonly from: string; readonly to?: string | undefined },
): Promise<GenerationDifference> {
  const state = readProfile(store, profile);
  const from = (await selectGeneration(store, state, request.from)).generation;
  const to = request.to === undefined ? state.current : (await selectGeneration(store, state, request.to)).generation;
  const [before, after] = [from, to].map((number) => readGeneration(store, profile, number).packages);
  return { from, to, ...diffPackages(before ?? [], after ?? []) };
}

import { diffPackages, type PackageDifference, type UpgradedPackage } from "../../model/change.ts";
import type { InstalledPackage } from "../../model/generation.ts";
import type { BaseName, GenerationNumber, ProfileName } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { rebuildReasons } from "../building/rebuild-reasons.ts";
import { type ClosureSize, closureSizer } from "../profiles/closure-size.ts";
import { liveOf, selectGeneration } from "../profiles/select-generation.ts";
import { selectedPackages } from "../profiles/selected-packages.ts";
import { type ChangedFiles, changedFiles } from "./diff-files.ts";

export interface ExplainedUpgrade extends UpgradedPackage {
  /** Why the same version with the same options is another object: `gmp changed`. Empty where that is not known. */
  readonly because: readonly string[];
}

export interface GenerationDifference extends PackageDifference {
  readonly from: GenerationNumber;
  readonly to: GenerationNumber;
  readonly upgraded: readonly ExplainedUpgrade[];
  /** All that the packages of either side need at run time, each object once. */
  readonly closure: { readonly from: ClosureSize; readonly to: ClosureSize };
  /** Of the packages that differ, when they were asked for. */
  readonly files?: ChangedFiles;
}

export interface DiffRequest {
  readonly from: string;
  /** Without it the live generation. */
  readonly to?: string | undefined;
  readonly files?: boolean | undefined;
}

/**
 * How two generations of a profile differ, also where one was deleted since.
 * @throws StoreError INVALID_INPUT, NOT_FOUND, DAMAGED
 */
export async function diffGenerations(
  store: Store,
  profile: ProfileName,
  request: DiffRequest,
): Promise<GenerationDifference> {
  const state = readProfile(store, profile);
  const from = await selectGeneration(store, state, request.from);
  const to = request.to === undefined ? liveOf(state) : await selectGeneration(store, state, request.to);
  const before = selectedPackages(store, profile, from);
  const after = selectedPackages(store, profile, to);
  const difference = diffPackages(before, after);
  const sizeOf = closureSizer(store);
  return {
    from: from.generation,
    to: to.generation,
    ...difference,
    upgraded: difference.upgraded.map((each) => ({ ...each, because: rebuildReasons(store, each) })),
    closure: { from: sizeOf(before.map(pathOf)), to: sizeOf(after.map(pathOf)) },
    ...(request.files && { files: changedFiles(store, difference) }),
  };
}

function pathOf({ path }: InstalledPackage): BaseName {
  return path;
}

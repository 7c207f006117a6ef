import { type ListedPackage, listed, type PackageSummary, summarise } from "../../model/change.ts";
import { checkCounts } from "../../model/check-number.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { readMarks } from "../../store/journal.ts";
import { isUnmade } from "../../store/lost-profiles.ts";
import type { Store } from "../../store/open-store.ts";
import { hasProfile, listGenerations, listProfiles, readProfile, readProfileParts } from "../../store/profiles.ts";
import { selectGeneration } from "../profiles/select-generation.ts";
import { selectedPackages } from "../profiles/selected-packages.ts";

/** The packages of the live generation, or of the one that `selector` names, also when that was deleted since. */
export async function listPackages(
  store: Store,
  profile: ProfileName,
  request: { readonly selector?: string | undefined } = {},
): Promise<readonly ListedPackage[]> {
  if (request.selector === undefined && isUntouched(store, profile)) return [];
  const state = readProfile(store, profile);
  const { selector } = request;
  if (selector === undefined) return readGeneration(store, profile, state.current).packages.map(listed);
  return selectedPackages(store, profile, await selectGeneration(store, state, selector)).map(listed);
}

export interface ListedGeneration {
  readonly generation: GenerationNumber;
  /** UTC, RFC 3339. */
  readonly created: string;
  readonly parent: GenerationNumber | null;
  readonly current: boolean;
  readonly pinned: boolean;
  readonly tags: readonly string[];
  readonly reason: string;
  readonly transaction: number;
  readonly packages: readonly PackageSummary[];
}

/**
 * All generations of a profile, ascending; with `last` only so many of the newest, and the live one. Also where none is
 * live since the link is lost: from these one is chosen then.
 */
export function generations(
  store: Store,
  profile: ProfileName,
  options: { readonly last?: number | undefined } = {},
): readonly ListedGeneration[] {
  return countedGenerations(store, profile, options).listed;
}

/** The same, and how many there are in all: a directory of thousands of names is read only once. */
export function countedGenerations(
  store: Store,
  profile: ProfileName,
  { last }: { readonly last?: number | undefined },
): { readonly listed: readonly ListedGeneration[]; readonly count: number } {
  checkCounts({ last });
  if (isUntouched(store, profile)) return { listed: [], count: 0 };
  const state = readProfileParts(store, profile);
  const pins = readMarks(store, profile);
  const all = listGenerations(store, state);
  const shown =
    last === undefined ? all : all.filter((number, at) => at >= all.length - last || number === state.current);
  const listed = shown.map((number) => {
    const { created, parent, reason, transaction, packages } = readGeneration(store, profile, number);
    const tags = [...pins.tags].filter(([, tagged]) => tagged === number).map(([name]) => name);
    const marks = { current: number === state.current, pinned: pins.generations.has(number), tags };
    return {
      generation: number,
      created,
      parent: parent ?? null,
      ...marks,
      reason,
      transaction,
      packages: packages.map(summarise),
    };
  });
  return { listed, count: all.length };
}

export interface ListedProfile {
  readonly profile: ProfileName;
  readonly current: GenerationNumber;
  readonly generations: number;
  readonly packages: number;
}

export function profiles(store: Store): readonly ListedProfile[] {
  return listProfiles(store)
    .filter((profile) => hasProfile(store, profile))
    .map((profile) => {
      const state = readProfile(store, profile);
      const { packages } = readGeneration(store, profile, state.current);
      return {
        profile,
        current: state.current,
        generations: listGenerations(store, state).length,
        packages: packages.length,
      };
    });
}

/** Whether this is the default profile before its first use: as good as an empty one. */
function isUntouched(store: Store, profile: ProfileName): boolean {
  return profile === "default" && isUnmade(store, profile);
}

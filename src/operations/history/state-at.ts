import { type PackageSummary, summarise } from "../../model/change.ts";
import { parseInstalledPackage } from "../../model/generation.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { isUnmade } from "../../store/lost-profiles.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { type Selected, selectGeneration } from "../profiles/select-generation.ts";

/** What a profile was at some time. */
export interface ProfileAt {
  /** UTC: the instant that was asked for; null for a SEL that is no time and no transaction. */
  readonly at: string | null;
  readonly profile: ProfileName;
  readonly generation: GenerationNumber;
  /** Lost records of the log leave it uncertain whether it was live then. */
  readonly uncertain: boolean;
  readonly packages: readonly PackageSummary[];
}

/**
 * The packages of a profile at a time, or as another SEL names it; without a selector now. Also of a generation that was
 * deleted since, as long as the log reaches back to it.
 * @throws StoreError INVALID_INPUT for no SEL, NOT_FOUND for one that names nothing, DAMAGED
 */
export async function stateAt(
  store: Store,
  profile: ProfileName,
  request: { readonly selector?: string | undefined } = {},
): Promise<ProfileAt> {
  const { selector = "now" } = request;
  if (selector === "now" && profile === "default" && isUnmade(store, profile)) return untouched(store, profile);
  const selected = await selectGeneration(store, readProfile(store, profile), selector);
  const { generation, instant, told } = selected;
  return {
    at: instant === undefined ? null : new Date(instant).toISOString(),
    profile,
    generation,
    uncertain: told?.uncertain === true,
    packages: packagesOf(store, profile, selected),
  };
}

/** The default profile before its first use is as good as an empty one. */
function untouched(store: Store, profile: ProfileName): ProfileAt {
  const at = store.context.now().toISOString();
  return { at, profile, generation: parseGenerationNumber(0), uncertain: false, packages: [] };
}

function packagesOf(store: Store, profile: ProfileName, { generation, told }: Selected): PackageSummary[] {
  if (!told?.packages) return readGeneration(store, profile, generation).packages.map(summarise);
  return told.packages.map((item) => summarise(parseInstalledPackage(item, "the log")));
}

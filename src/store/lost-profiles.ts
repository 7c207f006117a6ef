import { StoreError } from "../errors.ts";
import { type ProfileName, parseProfileName } from "../model/ids.ts";
import type { HistoryState } from "../model/log-state.ts";
import { namesIn } from "../system/names-in.ts";
import type { Layout } from "./layout.ts";
import type { Store } from "./open-store.ts";
import { hasProfile } from "./profiles.ts";
import { lostProfile, toldProfiles } from "./told-profiles.ts";

/**
 * For whoever takes what no generation holds for unneeded, and for whoever makes a profile: one that is not there can have
 * been lost, and a profile that begins anew would give out its numbers again. A log that is damaged tells nothing of that.
 * @throws StoreError DAMAGED when the log tells of generations of a profile that is not there
 */
export function refuseLostProfiles(store: Store, only?: ProfileName): void {
  const told = toldProfiles(store);
  if (told === undefined) return;
  const [lost] = lostProfiles(store, told).filter(({ profile }) => only === undefined || profile === only);
  if (lost) throw lost.error;
  if (told.size === 0 && only === undefined) refuseLostLog(store.layout);
}

/** The profiles that the log tells of generations of and that are not there. */
export function lostProfiles(
  store: Store,
  told: HistoryState,
): { readonly profile: ProfileName; readonly error: StoreError }[] {
  return [...told.keys()].flatMap((name) => {
    const profile = parseProfileName(name);
    const error = lostProfile(told, profile);
    return error && !hasProfile(store, profile) ? [{ profile, error }] : [];
  });
}

/**
 * Whether a profile is still to be made.
 * @throws StoreError DAMAGED when it was, and is lost
 */
export function isUnmade(store: Store, profile: ProfileName): boolean {
  if (hasProfile(store, profile)) return false;
  refuseLostProfiles(store, profile);
  return true;
}

/** Forests are made for generations, of which the log tells: an empty log beside them is no beginning. */
function refuseLostLog({ manifests, log, profiles }: Layout): void {
  if (namesIn(log).length > 0) return;
  const forest = namesIn(manifests).find((name) => /^[a-z2-7]{32}-profile-.*\.json$/.test(name));
  if (forest === undefined) return;
  throw new StoreError(
    "DAMAGED",
    `${log} is empty, but there are generations' objects, such as ${forest.slice(0, -5)}`,
    {
      hint: `Put back what was in it and in ${profiles}, from a backup or by mounting what belongs there.`,
      details: { file: log },
    },
  );
}

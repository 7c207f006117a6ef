import { StoreError } from "../errors.ts";
import { type ProfileName, parseProfileName } from "../model/ids.ts";
import type { HistoryState } from "../model/log-state.ts";
import { namesIn } from "../system/names-in.ts";
import { openJournal } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { stateAfter } from "./log/history.ts";
import type { Store } from "./open-store.ts";
import { hasProfile } from "./profiles.ts";

/**
 * For whoever takes what no generation holds for unneeded, and for whoever makes a profile: one that is not there can have
 * been lost, and a profile that begins anew would give out its numbers again. A log that is damaged tells nothing of that.
 * @throws StoreError DAMAGED when the log tells of generations of a profile that is not there
 */
export function refuseLostProfiles(store: Store, only?: ProfileName): void {
  const told = toldBy(store);
  if (told === undefined) return;
  for (const [name, { generations }] of told) {
    const profile = parseProfileName(name);
    if (only !== undefined && profile !== only) continue;
    const last = generations.at(-1)?.[1] ?? 0;
    if (last > 0 && !hasProfile(store, profile)) throw lostProfile(profile, last);
  }
  if (told.size === 0 && only === undefined) refuseLostLog(store.layout);
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

/** The profiles as the log knows them; `undefined` where it is damaged. */
function toldBy(store: Store): HistoryState | undefined {
  try {
    return stateAfter(openJournal(store));
  } catch (error) {
    if (error instanceof StoreError && (error.code === "DAMAGED" || error.code === "NEWER_FORMAT")) return undefined;
    throw error;
  }
}

function lostProfile(profile: ProfileName, last: number): StoreError {
  return new StoreError("DAMAGED", `profile ${profile} is not there, and the log tells of gen-${last} of it`, {
    hint: "Run `store verify --repair`, which makes it anew from the log, or put its directory back.",
    details: { profile, generation: last },
  });
}

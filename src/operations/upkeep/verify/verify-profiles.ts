import type { Generation } from "../../../model/generation.ts";
import { type ProfileName, parseGenerationNumber, parseProfileName } from "../../../model/ids.ts";
import type { HistoryState } from "../../../model/log-state.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { readGeneration } from "../../../store/generation-records.ts";
import { openJournal } from "../../../store/journal.ts";
import { stateAfter } from "../../../store/log/history.ts";
import type { Store } from "../../../store/open-store.ts";
import { acquireProfileLock } from "../../../store/profile-lock.ts";
import { listGenerations, readProfileParts } from "../../../store/profiles.ts";
import { checkProfile, listAllProfiles } from "../../../store/verify/check-profiles.ts";
import type { RunOptions } from "../../run-options.ts";

export interface ProfilesVerification {
  readonly findings: readonly Finding[];
  /** All that can be read. */
  readonly generations: readonly Generation[];
}

/** Checks all profiles, also those that only the log knows. */
export async function verifyProfiles(
  store: Store,
  told: HistoryState | undefined,
  run: RunOptions,
): Promise<ProfilesVerification> {
  const { profiles, findings } = listAllProfiles(store);
  const names = new Set([...profiles, ...[...(told?.keys() ?? [])].map(parseProfileName)]);
  const all = [...findings];
  for (const profile of [...names].sort()) all.push(...(await verifyProfile(store, profile, { told, run })));
  return { findings: all, generations: profiles.flatMap((profile) => readableGenerations(store, profile)) };
}

/** What looks wrong may be a change under way: it counts when it still does while nobody changes the profile. */
async function verifyProfile(
  store: Store,
  profile: ProfileName,
  { told, run }: { readonly told: HistoryState | undefined; readonly run: RunOptions },
): Promise<Finding[]> {
  const first = checkProfile(store, profile, told?.get(profile));
  if (first.length === 0) return first;
  using _lock = await acquireProfileLock(store, profile, {
    signal: run.signal,
    onWait: (holder) => run.onEvent?.({ kind: "waiting", holder }),
  });
  return checkProfile(store, profile, told && stateAfter(openJournal(store)).get(profile));
}

export function readableGenerations(store: Store, profile: ProfileName): Generation[] {
  try {
    return listGenerations(store, readProfileParts(store, profile)).flatMap((number) => {
      try {
        return [readGeneration(store, profile, parseGenerationNumber(number))];
      } catch {
        return [];
      }
    });
  } catch {
    // A profile whose record is lost: what is wrong with it was told.
    return [];
  }
}

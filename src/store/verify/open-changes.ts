import type { ProfileName } from "../../model/ids.ts";
import type { OpenIntent } from "../../model/log-record.ts";
import type { ProfileState } from "../../model/log-state.ts";
import { removeFromRanges } from "../../model/number-ranges.ts";
import { openIntents } from "../journal.ts";
import { readAnnounced, readIntent } from "../open-intents.ts";
import type { Store } from "../open-store.ts";
import { liveGeneration } from "../profiles.ts";

/**
 * What the log tells of a profile and the disk must show, whose lock the caller holds. Of a change that was cut short the
 * disk can show any part: whoever settles it makes the disk and the log the same.
 */
export function toldForSure(store: Store, profile: ProfileName, told: ProfileState): ProfileState {
  return openIntents(store, profile).reduce((state, open) => before(store, { profile, state, open }), told);
}

function before(
  store: Store,
  { profile, state, open }: { readonly profile: ProfileName; readonly state: ProfileState; readonly open: OpenIntent },
): ProfileState {
  const announced = readAnnounced(store, open);
  const { deletes = [], mark } = readIntent(store, open) ?? {};
  // The record of a generation is there before it goes live.
  const unmade = announced === undefined || announced === liveGeneration(store, profile) ? [] : [announced];
  return {
    ...state,
    lastGeneration: Math.min(state.lastGeneration, (announced ?? Number.POSITIVE_INFINITY) - 1),
    generations: [...unmade, ...deletes].reduce(removeFromRanges, state.generations),
    pins: mark?.type === "unpin" ? removeFromRanges(state.pins, mark.generation) : state.pins,
    tags: mark && "name" in mark ? new Map([...state.tags].filter(([name]) => name !== mark.name)) : state.tags,
  };
}

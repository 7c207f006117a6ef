import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import { logMark } from "../store/journal.ts";
import type { Store } from "../store/open-store.ts";
import { readPins, writePins } from "../store/pins.ts";
import { readGeneration, readProfile } from "../store/profiles.ts";
import { lockProfile } from "./lock-profile.ts";
import type { RunOptions } from "./run-options.ts";
import { selectGeneration } from "./select-generation.ts";

export interface PinResult {
  /** Number in the log; 0 when nothing changed. */
  readonly transaction: number;
  readonly profile: ProfileName;
  readonly generation: GenerationNumber;
  readonly pinned: boolean;
  readonly changed: boolean;
}

/** Keeps a generation (the live one unless `selector` names another) from being deleted, or no longer. */
export async function pin(
  store: Store,
  profile: ProfileName,
  request: { readonly selector?: string | undefined; readonly pinned: boolean },
  run: RunOptions = {},
): Promise<PinResult> {
  readProfile(store, profile);
  using _lock = await lockProfile(store, profile, run);
  const state = readProfile(store, profile);
  const { selector, pinned } = request;
  const generation =
    selector === undefined ? state.current : (await selectGeneration(store, state, selector)).generation;
  readGeneration(store, profile, generation);
  const pins = readPins(store, profile);
  const result = { profile, generation, pinned };
  if (pins.generations.has(generation) === pinned) return { transaction: 0, ...result, changed: false };
  const transaction = await logMark(store, profile, { type: pinned ? "pin" : "unpin", generation });
  const others = [...pins.generations].filter((number) => number !== generation);
  writePins(store, profile, { ...pins, generations: new Set(pinned ? [...others, generation] : others) });
  return { transaction, ...result, changed: true };
}

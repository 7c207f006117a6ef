import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";
import { changeMarks } from "./change-marks.ts";
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
  const { selector, pinned } = request;
  const type = pinned ? ("pin" as const) : ("unpin" as const);
  const plan = { [type]: selector ?? "current" };
  const { transaction, event } = await changeMarks(
    store,
    {
      profile,
      plan,
      async choose(state) {
        const generation =
          selector === undefined ? state.current : (await selectGeneration(store, state, selector)).generation;
        readGeneration(store, profile, generation);
        return { type, generation };
      },
    },
    run,
  );
  return { transaction, profile, generation: event.generation, pinned, changed: transaction !== 0 };
}

import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import { hasGeneration, type ProfileState } from "../../store/profiles.ts";
import { type Selected, selectGeneration } from "../profiles/select-generation.ts";
import { type SwitchedChange, type SwitchOptions, switchTo } from "../profiles/switch.ts";

/** A switch to what a SEL names, with what is known of the time that it stands for. */
export interface Reversal extends SwitchedChange {
  /** UTC: the instant whose state it is; null for a SEL that is no time and no transaction. */
  readonly at: string | null;
  /** What was live before that: the next step back for who is there already; null when there is none. */
  readonly before: GenerationNumber | null;
}

export interface RevertOptions extends Omit<SwitchOptions, "onPlan" | "dryRun"> {
  /** Hears what is about to be done, before anything is. */
  readonly onPlan?: ((plan: Reversal) => void) | undefined;
}

/** What `revert` would do. */
export function planRevert(
  store: Store,
  profile: ProfileName,
  request: { readonly selector: string },
  options: RevertOptions = {},
): Promise<Reversal> {
  return carryOut(store, profile, request, { ...options, dryRun: true });
}

/**
 * Makes live again what was live at a time, or what another SEL names.
 * @throws StoreError INVALID_INPUT for no SEL, NOT_FOUND for one that names nothing, DAMAGED
 */
export function revert(
  store: Store,
  profile: ProfileName,
  request: { readonly selector: string },
  options: RevertOptions = {},
): Promise<Reversal> {
  return carryOut(store, profile, request, options);
}

async function carryOut(
  store: Store,
  profile: ProfileName,
  { selector }: { readonly selector: string },
  { onPlan, ...options }: RevertOptions & { readonly dryRun?: boolean },
): Promise<Reversal> {
  let facts: Pick<Reversal, "at" | "before"> = { at: null, before: null };
  const told = (change: SwitchedChange): Reversal => ({ ...change, ...facts });
  const change = await switchTo(
    store,
    profile,
    { ...options, onPlan: (plan) => onPlan?.(told(plan)) },
    {
      plan: { revert: selector },
      choose: async (state) => {
        const selected = await selectGeneration(store, state, selector);
        facts = factsOf(store, state, selected);
        return selected;
      },
    },
  );
  return told(change);
}

function factsOf(store: Store, state: ProfileState, selected: Selected): Pick<Reversal, "at" | "before"> {
  const { generation, instant, told } = selected;
  const candidate = told ? told.previous : state.previous;
  const before = candidate === undefined || candidate === generation ? undefined : parseGenerationNumber(candidate);
  return {
    at: instant === undefined ? null : new Date(instant).toISOString(),
    before: before !== undefined && hasGeneration(store, state, before) ? before : null,
  };
}

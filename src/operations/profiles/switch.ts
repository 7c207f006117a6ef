import { StoreError } from "../../errors.ts";
import type { Json } from "../../model/canonical-json.ts";
import { type Change, diffPackages, type PlannedBuild, type PlannedFetch } from "../../model/change.ts";
import { checkCounts } from "../../model/check-number.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { linkGeneration, readGeneration, readGenerationHead } from "../../store/generation-records.ts";
import { logFailure, logSwitch } from "../../store/log-transactions.ts";
import type { Store } from "../../store/open-store.ts";
import {
  hasGeneration,
  listGenerations,
  type ProfileParts,
  type ProfileState,
  readProfileParts,
} from "../../store/profiles.ts";
import type { Obtained } from "../archives/obtain/attempt.ts";
import type { RunOptions } from "../run-options.ts";
import { type Choice, type Examined, examineTarget, lastKnown, livePackages } from "./examine-target.ts";
import { failureOf, goLive, orLogFailure, quietly } from "./go-live.ts";
import { lockProfile } from "./lock-profile.ts";
import type { Anew } from "./make-anew.ts";
import {
  asMissing,
  forecastRestore,
  generationFaults,
  isLinked,
  notWhole,
  restoreObjects,
  type TargetOptions,
} from "./preflight.ts";
import { selectGeneration } from "./select-generation.ts";
import { checkTracking, trackChange } from "./track-change.ts";

export interface SwitchOptions extends RunOptions, TargetOptions {
  /** Find out what would change, and change nothing. */
  readonly dryRun?: boolean;
  /** Hears what is about to change, with everything checked and the profile locked; also that nothing is. */
  readonly onPlan?: ((plan: Change & Anew) => void) | undefined;
}

/** What a switch did, or would do, also about what was missing in its target. */
export interface SwitchedChange extends Change, Anew {
  /** Objects that were missing or damaged, and where they were had from. */
  readonly obtained?: readonly Obtained[];
  /** Of a dry run: what would be downloaded and built for that. */
  readonly fetch?: readonly PlannedFetch[];
  readonly build?: readonly PlannedBuild[];
}

/** Makes the generation that `selector` names the live one. */
export async function switchGeneration(
  store: Store,
  profile: ProfileName,
  request: { readonly selector: string },
  options: SwitchOptions = {},
): Promise<SwitchedChange> {
  return switchTo(store, profile, options, {
    plan: { switch: request.selector },
    choose: (state) => selectGeneration(store, state, request.selector),
  });
}

/**
 * Makes the parent of the live generation the live one, `steps` times.
 * @throws StoreError NOT_FOUND when a generation has no parent
 */
export async function rollback(
  store: Store,
  profile: ProfileName,
  request: { readonly steps?: number } = {},
  options: SwitchOptions = {},
): Promise<SwitchedChange> {
  const { steps = 1 } = request;
  checkCounts({ steps });
  return switchTo(store, profile, options, {
    plan: { rollback: steps },
    choose: async (state) => {
      let choice: Choice = { generation: state.current };
      for (let step = 0; step < steps; step++) choice = await parentOf(store, state, choice);
      return choice;
    },
  });
}

export interface SwitchRequest {
  /** What was asked for, as the log tells it. */
  readonly plan: Readonly<Record<string, Json>>;
  choose(state: ProfileState): Promise<Choice>;
}

/**
 * Makes the generation that `choose` names under the profile's lock the live one. One that was deleted, and one of which
 * packages are left out, is made anew.
 */
export async function switchTo(
  store: Store,
  profile: ProfileName,
  options: SwitchOptions,
  request: SwitchRequest,
): Promise<SwitchedChange> {
  checkTracking(options);
  const parts = readProfileParts(store, profile);
  if (options.dryRun) return rehearse(store, parts, request, options);
  const start = { profile, base: lastKnown(store, parts), plan: request.plan };
  const first = await attempt(store, start, request, options);
  if ("change" in first) return first.change;
  // Without the lock, since this may take hours; then the target is looked at again with it.
  const restored = await orLogFailure(store, start, () => restoreObjects(store, lostOf(first), options));
  const isReady = restored.missing.length === 0 && first.target.record !== undefined;
  const second = isReady ? await attempt(store, start, request, options) : first;
  const { obtained } = restored;
  if ("change" in second) return { ...second.change, obtained };
  const { target } = second;
  const missing = isReady ? asMissing(second.faults) : restored.missing;
  if (missing.length > 0 && options.missing !== "remove")
    return orLogFailure(store, start, () =>
      Promise.reject(notWhole(store, target, missing, options.obtain !== undefined)),
    );
  const { makeAnew, remainsOf } = await import("./make-anew.ts");
  const made = await makeAnew(store, target, remainsOf(store, target, missing, options), {
    ...options,
    plan: request.plan,
  });
  return { ...made, ...(obtained.length > 0 && { obtained }) };
}

type Start = Parameters<typeof logSwitch>[1];

/** Switches, or tells what of the target is missing or damaged, if it is there at all. */
async function attempt(
  store: Store,
  start: Start,
  request: SwitchRequest,
  options: SwitchOptions,
): Promise<{ readonly change: Change } | Pick<Examined, "target" | "faults">> {
  let transaction = 0;
  try {
    using _lock = await lockProfile(store, start.profile, options);
    const parts = readProfileParts(store, start.profile);
    const { change, contents, isThere, target, faults } = await examineTarget(store, parts, request.choose, options);
    if (faults.length > 0 || target.record === undefined) return { target, faults };
    if (!isLinked(store, target.record)) linkGeneration(store, target.record);
    options.onPlan?.(change);
    if (isThere) {
      trackChange(store, change, options);
      return { change };
    }
    options.signal?.throwIfAborted();
    transaction = await logSwitch(store, { ...start, base: change.from }, change.to);
    const result = await goLive(store, { ...change, transaction, changed: true }, { ...options, contents });
    return { change: result };
  } catch (error) {
    if (transaction === 0) await quietly(() => logFailure(store, start, failureOf(store, error)));
    throw error;
  }
}

function lostOf({ target, faults }: Pick<Examined, "target" | "faults">) {
  return { faults, known: target.packages };
}

/** What a switch would do, as far as that can be said without getting what is missing. */
async function rehearse(
  store: Store,
  parts: ProfileParts,
  request: SwitchRequest,
  options: SwitchOptions,
): Promise<SwitchedChange> {
  options.signal?.throwIfAborted();
  const { change, target, faults } = await examineTarget(store, parts, request.choose, options);
  if (faults.length === 0 && target.record !== undefined) return change;
  const forecast = await forecastRestore(store, lostOf({ target, faults }), options);
  const { missing, ...expected } = forecast;
  if (missing.length === 0 && target.record !== undefined) return { ...change, ...expected };
  if (missing.length > 0 && options.missing !== "remove")
    throw notWhole(store, target, missing, options.obtain !== undefined);
  const { remainsOf, tellAnew } = await import("./make-anew.ts");
  const remains = remainsOf(store, target, missing, options);
  const live = livePackages(store, parts);
  const difference = diffPackages(live ?? [], live ? remains.kept : []);
  return { ...change, to: change.from, ...difference, ...expected, ...tellAnew(target, remains) };
}

/** Also one that was deleted, and that of one that was deleted, as far as the log tells of them. */
async function parentOf(store: Store, state: ProfileState, { generation }: Choice): Promise<Choice> {
  const { profile } = state;
  const recall = async (number: GenerationNumber) =>
    hasGeneration(store, state, number)
      ? undefined
      : (await import("./recall-generation.ts")).recallGeneration(store, profile, number);
  const { parent } = (await recall(generation)) ?? readGenerationHead(store, profile, generation);
  if (parent !== undefined) {
    const recalled = await recall(parent);
    if (!recalled && !hasGeneration(store, state, parent)) await refuseForgotten(store, state, { generation, parent });
    return { generation: parent, told: recalled?.told };
  }
  throw new StoreError("NOT_FOUND", `gen-${generation} of profile '${profile}' has no parent to go back to`, {
    hint: "List the generations with `store generations` and choose one with `store switch gen-N`.",
    details: { profile, generation },
  });
}

/** @throws StoreError NOT_FOUND for a parent that was deleted, with what was in it gone from the log, too */
async function refuseForgotten(
  store: Store,
  state: ProfileState,
  { generation, parent }: { readonly generation: GenerationNumber; readonly parent: GenerationNumber },
): Promise<void> {
  const { profile } = state;
  // One whose record is lost is for a repair.
  if (!(await import("./recall-generation.ts")).isDeleted(store, profile, parent)) return;
  const before = listGenerations(store, state).findLast((number) => number < parent);
  const whose = profile === "default" ? "" : ` -p ${profile}`;
  const next = before === undefined ? "" : ` The last one before it: \`store switch gen-${before}${whose}\`.`;
  const message = `gen-${parent}, from which gen-${generation} of profile '${profile}' was made, was deleted`;
  throw new StoreError("NOT_FOUND", `${message}, and the log no longer tells what was in it`, {
    hint: `\`store generations${whose}\` lists those that there are.${next}`,
    details: { profile, generation, parent },
  });
}

/** Why a switch to a generation would be refused, in words; empty when it would not. */
export function generationProblems(store: Store, profile: ProfileName, number: GenerationNumber): string[] {
  try {
    const faults = generationFaults(store, readGeneration(store, profile, number));
    return faults.map(({ object, reason }) => `${object} of gen-${number}: ${reason}`);
  } catch (error) {
    if (error instanceof StoreError) return [error.message];
    throw error;
  }
}

import { StoreError } from "../errors.ts";
import type { Json } from "../model/canonical-json.ts";
import { type Change, diffPackages, type PackageSummary, summarise } from "../model/change.ts";
import type { Generation } from "../model/generation.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import { openJournal } from "../store/journal.ts";
import { stateAfter } from "../store/log/history.ts";
import { type Contents, logFailure, logSwitch } from "../store/log-transactions.ts";
import type { Store } from "../store/open-store.ts";
import {
  linkGeneration,
  type ProfileParts,
  type ProfileState,
  readGeneration,
  readProfileParts,
} from "../store/profiles.ts";
import { failureOf, goLive, quietly } from "./go-live.ts";
import { lockProfile } from "./lock-profile.ts";
import type { NotObtained, Obtained } from "./obtain/attempt.ts";
import {
  generationFaults,
  isLinked,
  notWhole,
  type ObjectProblem,
  restoreObjects,
  splitPackages,
  type TargetOptions,
} from "./preflight.ts";
import type { RunOptions } from "./run-options.ts";
import { selectGeneration } from "./select-generation.ts";
import { checkTracking, trackChange } from "./track-change.ts";

export interface SwitchOptions extends RunOptions, TargetOptions {
  /** Find out what would change, and change nothing. */
  readonly dryRun?: boolean;
  /** Hears what is about to change, with everything checked and the profile locked; also that nothing is. */
  readonly onPlan?: ((plan: Change) => void) | undefined;
}

/** What a switch did, also about what was missing in its target. */
export interface SwitchedChange extends Change {
  /** Objects that were missing or damaged, and where they were had from. */
  readonly obtained?: readonly Obtained[];
  /** Packages of the target that could not be had again. */
  readonly leftOut?: readonly PackageSummary[];
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
    choose: async (state) => (await selectGeneration(store, state, request.selector)).generation,
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
  const steps = request.steps ?? 1;
  return switchTo(store, profile, options, {
    plan: { rollback: steps },
    choose: async (state) => {
      let generation = state.current;
      for (let step = 0; step < steps; step++) generation = parentOf(store, profile, generation);
      return generation;
    },
  });
}

export interface SwitchRequest {
  /** What was asked for, as the log tells it. */
  readonly plan: Readonly<Record<string, Json>>;
  choose(state: ProfileState): Promise<GenerationNumber>;
}

/** Makes the generation that `choose` names under the profile's lock the live one. */
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
  const restored = await logged(store, start, () => restoreObjects(store, first.faults, options));
  const second = restored.missing.length > 0 ? first : await attempt(store, start, request, options);
  if ("change" in second) return { ...second.change, obtained: restored.obtained };
  const missing = restored.missing.length > 0 ? restored.missing : asMissing(second.faults);
  if (options.missing === "remove") return goWithout(store, second.target, { missing, plan: request.plan, options });
  return logged(store, start, () => Promise.reject(notWhole(second.target, missing, options.obtain !== undefined)));
}

type Start = Parameters<typeof logSwitch>[1];

/** Switches, or tells what of the target is missing or damaged. */
async function attempt(
  store: Store,
  start: Start,
  request: SwitchRequest,
  options: SwitchOptions,
): Promise<{ readonly change: Change } | Pick<Examined, "target" | "faults">> {
  let transaction = 0;
  try {
    using _lock = await lockProfile(store, start.profile, options);
    const examined = await examine(store, readProfileParts(store, start.profile), request, options);
    const { change, contents, isThere, target, faults } = examined;
    if (faults.length > 0) return { target, faults };
    if (!isLinked(store, target)) linkGeneration(store, target);
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
    if (transaction === 0) await quietly(() => logFailure(store, start, failureOf(error)));
    throw error;
  }
}

async function logged<T>(store: Store, start: Start, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await quietly(() => logFailure(store, start, failureOf(error)));
    throw error;
  }
}

/** What a switch would do. What is missing is a reason to refuse it only when nobody would look for it. */
async function rehearse(
  store: Store,
  parts: ProfileParts,
  request: SwitchRequest,
  options: SwitchOptions,
): Promise<Change> {
  const { change, target, faults } = await examine(store, parts, request, options);
  if (faults.length === 0) return change;
  if (options.obtain === undefined) throw notWhole(target, asMissing(faults), false);
  for (const { object, reason } of faults) {
    options.onEvent?.({ kind: "warning", message: `${object} would have to be had again: ${reason}` });
  }
  return change;
}

interface Work {
  readonly missing: readonly NotObtained[];
  readonly plan: SwitchRequest["plan"];
  readonly options: SwitchOptions;
}

/** Goes to what is left of a generation, as a generation of its own. */
async function goWithout(store: Store, target: Generation, { missing, plan, options }: Work): Promise<SwitchedChange> {
  const { kept, left } = splitPackages(store, target, missing);
  const names = left.map(({ name }) => name);
  for (const { name, version, path } of left) {
    const why = missing.find((each) => each.path === path)?.reasons.join("; ") ?? "what it needs cannot be had";
    options.onEvent?.({ kind: "warning", message: `${name} ${version} is left out: ${why}` });
  }
  const { changeProfile } = await import("./change-profile.ts");
  const reason = `gen-${target.generation} without ${names.join(" ")}`;
  const prepare = async () => () => kept;
  const change = await changeProfile(
    store,
    { profile: target.profile, reason, plan: { ...plan, without: names }, prepare },
    options,
  );
  return { ...change, leftOut: left.map(summarise) };
}

function asMissing(faults: readonly ObjectProblem[]): NotObtained[] {
  return faults.map(({ object, reason }) => ({ path: object, reasons: [reason] }));
}

interface Examined {
  readonly change: Change;
  readonly target: Generation;
  readonly contents: Contents | undefined;
  /** It leads to where the profile is already. */
  readonly isThere: boolean;
  readonly faults: readonly ObjectProblem[];
}

/** What a switch would change. */
async function examine(
  store: Store,
  parts: ProfileParts,
  request: SwitchRequest,
  options: SwitchOptions,
): Promise<Examined> {
  const { profile } = parts;
  const from = lastKnown(store, parts);
  const to = await request.choose({ ...parts, current: from });
  const after = readGeneration(store, profile, to);
  const faults = generationFaults(store, after, options);
  const before = readBefore(store, profile, from, options);
  const contents = before && { before: before.packages, after: after.packages };
  const difference = diffPackages(contents?.before ?? [], contents?.after ?? []);
  const change = { transaction: 0, profile, from, to, changed: false, ...difference };
  return { change, target: after, contents, isThere: to === parts.current, faults };
}

/** The live generation; where the link to it is lost, the one that the log tells of. */
function lastKnown(store: Store, { profile, current, previous }: ProfileParts): GenerationNumber {
  if (current !== undefined) return current;
  try {
    const told = stateAfter(openJournal(store)).get(profile)?.current;
    if (told !== undefined) return parseGenerationNumber(told);
  } catch {
    // The log is damaged as well: any switch is better than none.
  }
  return previous ?? parseGenerationNumber(0);
}

/** A live generation that is damaged must not keep anybody from leaving it: then nothing is told of the difference. */
function readBefore(
  store: Store,
  profile: ProfileName,
  from: GenerationNumber,
  run: RunOptions,
): Generation | undefined {
  try {
    return readGeneration(store, profile, from);
  } catch (error) {
    if (!(error instanceof StoreError) || !["DAMAGED", "NOT_FOUND"].includes(error.code)) throw error;
    const message = `what was in gen-${from} cannot be told: ${error.message}`;
    run.onEvent?.({ kind: "warning", message, ...(error.hint !== undefined && { hint: error.hint }) });
    return undefined;
  }
}

function parentOf(store: Store, profile: ProfileName, generation: GenerationNumber): GenerationNumber {
  const { parent } = readGeneration(store, profile, generation);
  if (parent !== undefined) return parent;
  throw new StoreError("NOT_FOUND", `gen-${generation} of profile '${profile}' has no parent to go back to`, {
    hint: "List the generations with `store generations` and choose one with `store switch gen-N`.",
    details: { profile, generation },
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

import { existsSync, statSync } from "node:fs";
import { StoreError } from "../errors.ts";
import { type Change, diffPackages } from "../model/change.ts";
import type { Generation } from "../model/generation.ts";
import type { BaseName, GenerationNumber, ProfileName } from "../model/ids.ts";
import { logSwitch } from "../store/journal.ts";
import { generationLink, manifestPath, objectPath } from "../store/layout.ts";
import type { Store } from "../store/open-store.ts";
import { type ProfileState, readGeneration, readProfile } from "../store/profiles.ts";
import { abortUnlessLive, goLive } from "./go-live.ts";
import { lockProfile } from "./lock-profile.ts";
import type { RunOptions } from "./run-options.ts";
import { selectGeneration } from "./select-generation.ts";

export interface SwitchOptions extends RunOptions {
  /** Find out what would change, and change nothing. */
  readonly dryRun?: boolean;
}

/** Makes the generation that `selector` names the live one. */
export async function switchGeneration(
  store: Store,
  profile: ProfileName,
  request: { readonly selector: string },
  options: SwitchOptions = {},
): Promise<Change> {
  return switchTo(
    store,
    profile,
    options,
    async (state) => (await selectGeneration(store, state, request.selector)).generation,
  );
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
): Promise<Change> {
  return switchTo(store, profile, options, async (state) => {
    let generation = state.current;
    for (let step = 0; step < (request.steps ?? 1); step++) generation = parentOf(store, profile, generation);
    return generation;
  });
}

async function switchTo(
  store: Store,
  profile: ProfileName,
  options: SwitchOptions,
  choose: (state: ProfileState) => Promise<GenerationNumber>,
): Promise<Change> {
  readProfile(store, profile);
  using _lock = options.dryRun ? undefined : await lockProfile(store, profile, options);
  const state = readProfile(store, profile);
  const to = await choose(state);
  const before = readGeneration(store, profile, state.current);
  const after = readGeneration(store, profile, to);
  checkPresent(store, after);
  const same = to === state.current;
  const change = {
    transaction: 0,
    profile,
    from: state.current,
    to,
    changed: false,
    ...diffPackages(before.packages, after.packages),
  };
  if (same || options.dryRun) return change;
  options.signal?.throwIfAborted();
  const transaction = await logSwitch(store, { profile, base: state.current }, to);
  try {
    return await goLive(store, { ...change, transaction, changed: true }, options);
  } catch (error) {
    await abortUnlessLive(store, { transaction, profile, error });
    throw error;
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

/**
 * Refuses a generation that is not whole, before anything moves.
 * @throws StoreError DAMAGED naming every object that is missing
 */
function checkPresent(store: Store, generation: Generation): void {
  const { profile, generation: number } = generation;
  const missing = missingParts(store, generation);
  if (missing.length === 0) return;
  throw new StoreError(
    "DAMAGED",
    `gen-${number} of profile '${profile}' is not whole: ${missing.join(", ")} is missing`,
    {
      hint: "Nothing was changed. `store verify --repair` restores what can be had again.",
      details: { profile, generation: number, missing },
    },
  );
}

/** Why a switch to a generation would be refused, in words; empty when it would not. */
export function generationProblems(store: Store, profile: ProfileName, number: GenerationNumber): string[] {
  try {
    const missing = missingParts(store, readGeneration(store, profile, number));
    return missing.map((part) => `${part} of gen-${number} is missing`);
  } catch (error) {
    if (error instanceof StoreError) return [error.message];
    throw error;
  }
}

function missingParts(store: Store, { profile, generation, path, packages }: Generation): string[] {
  const link = generationLink(store.layout, profile, generation);
  const objects = [path, ...packages.map((item) => item.path)];
  return [...objects.filter((object) => !isPresent(store, object)), ...(existsSync(link) ? [] : [link])];
}

function isPresent(store: Store, object: BaseName): boolean {
  const status = statSync(objectPath(store.layout, object), { throwIfNoEntry: false });
  return status?.isDirectory() === true && existsSync(manifestPath(store.layout, object));
}

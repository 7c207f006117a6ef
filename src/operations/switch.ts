import { lstatSync, readlinkSync } from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import type { Json } from "../model/canonical-json.ts";
import { type Change, diffPackages } from "../model/change.ts";
import type { Generation } from "../model/generation.ts";
import { type BaseName, type GenerationNumber, type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import { type Contents, logFailure, logSwitch, openJournal } from "../store/journal.ts";
import { generationLink, generationTarget, manifestPath, objectPath } from "../store/layout.ts";
import { stateAfter } from "../store/log/history.ts";
import type { Store } from "../store/open-store.ts";
import { type ProfileParts, type ProfileState, readGeneration, readProfileParts } from "../store/profiles.ts";
import { failureOf, goLive, quietly } from "./go-live.ts";
import { lockProfile } from "./lock-profile.ts";
import type { RunOptions } from "./run-options.ts";
import { selectGeneration } from "./select-generation.ts";
import { checkTracking, trackChange } from "./track-change.ts";

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
): Promise<Change> {
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
  readonly plan: Json;
  choose(state: ProfileState): Promise<GenerationNumber>;
}

/** Makes the generation that `choose` names under the profile's lock the live one. */
export async function switchTo(
  store: Store,
  profile: ProfileName,
  options: SwitchOptions,
  request: SwitchRequest,
): Promise<Change> {
  checkTracking(options);
  const parts = readProfileParts(store, profile);
  if (options.dryRun) return (await examine(store, parts, request, options)).change;
  const start = { profile, base: lastKnown(store, parts), plan: request.plan };
  let transaction = 0;
  try {
    using _lock = await lockProfile(store, profile, options);
    const { change, contents, isThere } = await examine(store, readProfileParts(store, profile), request, options);
    if (isThere) {
      trackChange(store, change, options);
      return change;
    }
    options.signal?.throwIfAborted();
    transaction = await logSwitch(store, { ...start, base: change.from }, change.to);
    return await goLive(store, { ...change, transaction, changed: true }, { ...options, contents });
  } catch (error) {
    if (transaction === 0) await quietly(() => logFailure(store, start, failureOf(error)));
    throw error;
  }
}

interface Examined {
  readonly change: Change;
  readonly contents: Contents | undefined;
  /** It leads to where the profile is already. */
  readonly isThere: boolean;
}

/** What a switch would change. */
async function examine(store: Store, parts: ProfileParts, request: SwitchRequest, run: RunOptions): Promise<Examined> {
  const { profile } = parts;
  const from = lastKnown(store, parts);
  const to = await request.choose({ ...parts, current: from });
  const after = readGeneration(store, profile, to);
  checkPresent(store, after);
  const before = readBefore(store, profile, from, run);
  const contents = before && { before: before.packages, after: after.packages };
  const difference = diffPackages(contents?.before ?? [], contents?.after ?? []);
  const change = { transaction: 0, profile, from, to, changed: false, ...difference };
  return { change, contents, isThere: to === parts.current };
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

/**
 * Refuses a generation that is not whole, before anything moves.
 * @throws StoreError DAMAGED naming everything that is missing
 */
function checkPresent(store: Store, generation: Generation): void {
  const { profile, generation: number } = generation;
  const missing = missingParts(store, generation);
  if (missing.length === 0) return;
  throw new StoreError(
    "DAMAGED",
    `gen-${number} of profile '${profile}' is not whole; missing or wrong: ${missing.join(", ")}`,
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
    return missing.map((part) => `${part} of gen-${number} is missing or wrong`);
  } catch (error) {
    if (error instanceof StoreError) return [error.message];
    throw error;
  }
}

function missingParts(store: Store, { profile, generation, path, packages }: Generation): string[] {
  const link = generationLink(store.layout, profile, generation);
  const objects = [path, ...packages.map((item) => item.path)].filter((object) => !isPresent(store, object));
  return readLink(link) === generationTarget(store.layout, path) ? objects : [...objects, link];
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

/** A manifest without content is what some filesystems leave after a power failure. */
function isPresent({ layout }: Store, object: BaseName): boolean {
  const directory = lstatSync(objectPath(layout, object), { throwIfNoEntry: false });
  const manifest = lstatSync(manifestPath(layout, object), { throwIfNoEntry: false });
  return directory?.isDirectory() === true && manifest?.isFile() === true && manifest.size > 0;
}

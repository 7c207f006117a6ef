import { StoreError } from "../../errors.ts";
import {
  type GenerationFacts,
  type GenerationPattern,
  matchGenerations,
  parseGenerationPattern,
} from "../../model/generation-pattern.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { readMarksForSure } from "../../store/journal.ts";
import { logDeletionIntent, logFailure } from "../../store/log-transactions.ts";
import type { Store } from "../../store/open-store.ts";
import { listGenerations, listUnmade, type ProfileState, readProfile } from "../../store/profiles.ts";
import { collect } from "../collection/collect.ts";
import type { RunOptions } from "../run-options.ts";
import { failureOf, finishDeletion, quietly } from "./go-live.ts";
import { lockProfile } from "./lock-profile.ts";

export interface DeletedGenerations {
  /** Number in the log; 0 when nothing was deleted. */
  readonly transaction: number;
  readonly profile: ProfileName;
  readonly deleted: readonly GenerationNumber[];
  /** Those that were meant, too, and stay. */
  readonly kept: readonly { readonly generation: GenerationNumber; readonly reason: string }[];
  /** With a dry run: what a collection could free then, beyond what it can now. */
  readonly freedBytes?: number;
  readonly freedInodes?: number;
}

/**
 * Deletes generations of a profile as one transaction. What only they kept is freed by the next collection.
 * @throws StoreError UNSAFE when one that is named by its number must stay, NOT_FOUND when there is none
 */
export async function deleteGenerations(
  store: Store,
  profile: ProfileName,
  request: { readonly patterns: readonly string[]; readonly dryRun?: boolean },
  run: RunOptions = {},
): Promise<DeletedGenerations> {
  const patterns = request.patterns.map(parseGenerationPattern);
  const choose = (state: ProfileState) => chooseByPatterns(store, state, patterns);
  if (!request.dryRun) return deleteChosen(store, profile, { plan: { delete: request.patterns }, choose }, run);
  const { deleted, kept } = choose(readProfile(store, profile));
  const before = await collect(store, { dryRun: true }, run);
  const after = await collect(store, { dryRun: true, without: new Map([[profile, new Set(deleted)]]) }, run);
  return {
    transaction: 0,
    profile,
    deleted,
    kept,
    freedBytes: after.freedBytes - before.freedBytes,
    freedInodes: after.freedInodes - before.freedInodes,
  };
}

export interface Choice {
  readonly deleted: readonly GenerationNumber[];
  readonly kept: DeletedGenerations["kept"];
}

/** Deletes what `choose` says when the profile is locked. */
export async function deleteChosen(
  store: Store,
  profile: ProfileName,
  request: { readonly plan: { readonly delete: readonly string[] }; readonly choose: (state: ProfileState) => Choice },
  run: RunOptions,
): Promise<DeletedGenerations> {
  const start = { profile, base: readProfile(store, profile).current, plan: request.plan };
  let transaction = 0;
  try {
    using _lock = await lockProfile(store, profile, run);
    const state = readProfile(store, profile);
    const { deleted, kept } = request.choose(state);
    run.signal?.throwIfAborted();
    if (deleted.length === 0) return { transaction, profile, deleted, kept };
    transaction = await logDeletionIntent(store, { ...start, base: state.current }, { profile, generations: deleted });
    await finishDeletion(store, transaction, { profile, generations: deleted });
    return { transaction, profile, deleted, kept };
  } catch (error) {
    // Once it is announced, the next command completes it.
    if (transaction === 0) await quietly(() => logFailure(store, start, failureOf(store, error)));
    throw error;
  }
}

/**
 * What a policy deletes: generations that are older than an age and beyond the last few, as far as either is given.
 * The live one, the one before it, pinned and named ones stay.
 */
export function chooseByPolicy(
  store: Store,
  state: ProfileState,
  policy: { readonly olderThan?: number | undefined; readonly keep?: number | undefined },
): Choice {
  const patterns: GenerationPattern[] = [
    ...(policy.olderThan === undefined ? [] : [{ kind: "older" as const, milliseconds: policy.olderThan }]),
    ...(policy.keep === undefined ? [] : [{ kind: "keep" as const, count: policy.keep }]),
  ];
  if (patterns.length === 0) return { deleted: [], kept: [] };
  const all = factsOf(store, state);
  const now = store.context.now().getTime();
  const stays = reasonsToStay(store, state);
  const [first = [], ...others] = patterns.map((pattern) => matchGenerations(pattern, all, now));
  const meant = first.filter((number) => others.every((list) => list.includes(number)));
  return { deleted: meant.filter((number) => !stays.has(number) && number !== state.previous), kept: [] };
}

function chooseByPatterns(store: Store, state: ProfileState, patterns: readonly GenerationPattern[]): Choice {
  const all = factsOf(store, state);
  const now = store.context.now().getTime();
  const stays = reasonsToStay(store, state);
  for (const pattern of patterns)
    if (pattern.kind === "numbers") checkNamed(store, pattern.numbers, { state, all, stays });
  const found = new Set(patterns.flatMap((pattern) => matchGenerations(pattern, all, now)));
  const meant = [...found].sort((a, b) => a - b);
  return {
    deleted: meant.filter((number) => !stays.has(number)),
    kept: meant.flatMap((generation) => {
      const reason = stays.get(generation);
      return reason === undefined ? [] : [{ generation, reason }];
    }),
  };
}

function checkNamed(
  store: Store,
  numbers: readonly number[],
  { state, all, stays }: { state: ProfileState; all: readonly GenerationFacts[]; stays: ReadonlyMap<number, string> },
): void {
  const { profile } = state;
  for (const number of numbers) {
    const reason = stays.get(number);
    if (reason !== undefined) {
      throw new StoreError("UNSAFE", `gen-${number} of profile '${profile}' is not deleted: it ${reason}`, {
        hint:
          number === 0
            ? "Leave it out: no package is in it, and it keeps none."
            : "Switch to another generation, or remove its pin or name, first.",
        details: { profile, generation: number },
      });
    }
    if (all.some(({ generation }) => generation === number)) continue;
    const isUnmade = listUnmade(store, state).some((each) => each === number);
    throw new StoreError("NOT_FOUND", `profile '${profile}' has no generation gen-${number}`, {
      hint: isUnmade
        ? "There is a record of it, but it was never live: `store verify --repair` moves that aside."
        : "List the generations with `store generations`.",
      details: { profile, generation: number },
    });
  }
}

/** Which generations are never deleted, and why. */
function reasonsToStay(store: Store, state: ProfileState): ReadonlyMap<number, string> {
  const pins = readMarksForSure(store, state.profile);
  return new Map<number, string>([
    ...[...pins.tags].map(([name, number]) => [number, `has the name tag:${name}`] as const),
    ...[...pins.generations].map((number) => [number, "is pinned"] as const),
    [state.current, "is live"],
    [0, "is the empty one, which every profile has"],
  ]);
}

function factsOf(store: Store, state: ProfileState): GenerationFacts[] {
  return listGenerations(store, state).map((generation) => ({
    generation,
    created: createdAt(store, state, generation),
  }));
}

/** A damaged record can be deleted, too. */
function createdAt(store: Store, { profile }: ProfileState, number: GenerationNumber): number | undefined {
  try {
    return Date.parse(readGeneration(store, profile, number).created);
  } catch (error) {
    if (error instanceof StoreError && error.code === "DAMAGED") return undefined;
    throw error;
  }
}

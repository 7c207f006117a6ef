import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { nearest } from "../../model/nearest.ts";
import { parseTagName, type TagName } from "../../model/selector.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { readMarks } from "../../store/journal.ts";
import { isUnmade } from "../../store/lost-profiles.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfileParts } from "../../store/profiles.ts";
import type { RunOptions } from "../run-options.ts";
import { changeMarks } from "./change-marks.ts";
import { selectGeneration } from "./select-generation.ts";

export interface CheckpointResult {
  /** Number in the log; 0 when nothing changed. */
  readonly transaction: number;
  readonly profile: ProfileName;
  readonly name: TagName;
  /** The generation that has the name, or had it. */
  readonly generation: GenerationNumber;
  readonly changed: boolean;
}

export interface CheckpointRequest {
  readonly name: string;
  /** The live generation unless given. */
  readonly selector?: string | undefined;
  /** Also when another generation has the name. */
  readonly move?: boolean | undefined;
}

/**
 * Gives a generation a name, by which `tag:NAME` finds it.
 * @throws StoreError UNSAFE when another one has it, INVALID_INPUT, NOT_FOUND
 */
export async function checkpoint(
  store: Store,
  profile: ProfileName,
  { name: text, selector, move = false }: CheckpointRequest,
  run: RunOptions = {},
): Promise<CheckpointResult> {
  const name = parseCheckpointName(text);
  const { transaction, event } = await changeMarks(
    store,
    {
      profile,
      plan: { checkpoint: name, selector: selector ?? "current" },
      async choose(state) {
        const generation =
          selector === undefined ? state.current : (await selectGeneration(store, state, selector)).generation;
        readGeneration(store, profile, generation);
        const now = readMarks(store, profile).tags.get(name);
        if (now !== undefined && now !== generation && !move) throw taken(name, now);
        return { type: "tag" as const, name, generation };
      },
    },
    run,
  );
  const generation = event.generation as GenerationNumber;
  return { transaction, profile, name, generation, changed: transaction !== 0 };
}

/**
 * Takes a name away from its generation, which stays.
 * @throws StoreError NOT_FOUND when there is no such name
 */
export async function deleteCheckpoint(
  store: Store,
  profile: ProfileName,
  request: { readonly name: string },
  run: RunOptions = {},
): Promise<CheckpointResult> {
  const name = parseTagName(request.name);
  let generation = 0 as GenerationNumber;
  const choose = async () => {
    const { tags } = readMarks(store, profile);
    const found = tags.get(name);
    if (found === undefined) throw unknownName(profile, name, [...tags.keys()]);
    generation = found;
    return { type: "untag" as const, name };
  };
  const { transaction } = await changeMarks(store, { profile, plan: { checkpoint: name, delete: true }, choose }, run);
  return { transaction, profile, name, generation, changed: transaction !== 0 };
}

export interface ListedCheckpoint {
  readonly name: string;
  readonly generation: GenerationNumber;
  /** UTC; `null` when the record of the generation is gone. */
  readonly created: string | null;
  readonly reason: string | null;
}

/**
 * All names of a profile's generations, by name.
 * @throws StoreError NOT_FOUND when there is no such profile
 */
export function checkpoints(store: Store, profile: ProfileName): readonly ListedCheckpoint[] {
  if (profile === "default" && isUnmade(store, profile)) return [];
  // Refuses a profile that does not exist.
  readProfileParts(store, profile);
  return [...readMarks(store, profile).tags]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, generation]) => {
      const found = readIfThere(store, profile, generation);
      return { name, generation, created: found?.created ?? null, reason: found?.reason ?? null };
    });
}

function readIfThere(store: Store, profile: ProfileName, generation: GenerationNumber) {
  try {
    return readGeneration(store, profile, generation);
  } catch (error) {
    if (error instanceof StoreError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** `store checkpoint gen-3` was meant in another way. */
function parseCheckpointName(text: string): TagName {
  if (!/^(?:gen-)?\d+$/.test(text)) return parseTagName(text);
  throw new StoreError("INVALID_INPUT", `'${text}' is a generation, not the name of a checkpoint`, {
    hint: `Write the name first: \`store checkpoint NAME ${text}\`.`,
  });
}

function taken(name: TagName, generation: GenerationNumber): StoreError {
  return new StoreError("UNSAFE", `checkpoint '${name}' is gen-${generation} already`, {
    hint: "Nothing was changed. Choose another name, or give --move.",
    details: { name, generation },
  });
}

function unknownName(profile: ProfileName, name: TagName, names: readonly string[]): StoreError {
  const guess = nearest(name, names);
  const known = names.length === 0 ? "There is none." : `There is ${[...names].sort().join(", ")}.`;
  return new StoreError("NOT_FOUND", `profile '${profile}' has no checkpoint '${name}'`, {
    hint: guess === undefined ? known : `Did you mean '${guess}'? ${known}`,
    details: { profile, name },
  });
}

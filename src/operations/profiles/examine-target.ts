import { StoreError } from "../../errors.ts";
import { type Change, diffPackages } from "../../model/change.ts";
import type { Generation, InstalledPackage } from "../../model/generation.ts";
import type { RecordBytes } from "../../model/generation-difference.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import { readDifference, readGeneration, readGenerationRecord } from "../../store/generation-records.ts";
import { openJournal } from "../../store/journal.ts";
import { stateAfter } from "../../store/log/history.ts";
import type { Contents } from "../../store/log-transactions.ts";
import type { Store } from "../../store/open-store.ts";
import type { ProfileParts, ProfileState } from "../../store/profiles.ts";
import type { RunOptions } from "../run-options.ts";
import { generationFaults, type ObjectProblem, packageFaults, type TargetOptions } from "./preflight.ts";
import type { Selected } from "./select-generation.ts";
import { recalledPackages } from "./selected-packages.ts";

/** The generation that a switch is to lead to, and what the log told of it where that was asked. */
export type Choice = Pick<Selected, "generation" | "told">;

/** Where a switch is to lead. */
export interface Target extends Pick<Generation, "profile" | "generation" | "packages"> {
  /** `undefined` when the generation was deleted: its packages are what the log tells of it. */
  readonly record: Generation | undefined;
}

export interface Examined {
  readonly change: Change;
  readonly target: Target;
  /**
   * The packages of the live generation and of the target, at least those in which they differ; `undefined` where the
   * former cannot be read.
   */
  readonly contents: Contents | undefined;
  /** It leads to where the profile is already. */
  readonly isThere: boolean;
  readonly faults: readonly ObjectProblem[];
}

/** What a switch to the generation that `choose` names would change. */
export async function examineTarget(
  store: Store,
  parts: ProfileParts,
  choose: (state: ProfileState) => Promise<Choice>,
  options: RunOptions & TargetOptions,
): Promise<Examined> {
  const { profile } = parts;
  const from = lastKnown(store, parts);
  const choice = await choose({ ...parts, current: from });
  const { bytes, ...target } = readTarget(store, parts, choice);
  const faults = target.record
    ? generationFaults(store, target.record, options)
    : packageFaults(store, pathsOf(target.packages), options);
  const contents = readContents(store, { profile, from }, { bytes, ...target }, options);
  const difference = diffPackages(contents?.before ?? [], contents?.after ?? []);
  const to = choice.generation;
  const change = { transaction: 0, profile, from, to, changed: false, ...difference };
  return { change, target, contents, isThere: to === parts.current, faults };
}

/** The live generation; where the link to it is lost, the one that the log tells of. */
export function lastKnown(store: Store, { profile, current, previous }: ProfileParts): GenerationNumber {
  if (current !== undefined) return current;
  try {
    const told = stateAfter(openJournal(store)).get(profile)?.current;
    if (told !== undefined) return parseGenerationNumber(told);
  } catch {
    // The log is damaged as well: any switch is better than none.
  }
  return previous ?? parseGenerationNumber(0);
}

/** With its record as it was read, unless it was deleted. */
interface ReadTarget extends Target {
  readonly bytes: RecordBytes | undefined;
}

function readTarget(store: Store, { profile }: ProfileParts, { generation, told }: Choice): ReadTarget {
  const packages = recalledPackages(store, profile, { generation, told });
  if (packages) return { profile, generation, packages, record: undefined, bytes: undefined };
  const { generation: record, ...bytes } = readGenerationRecord(store, profile, generation);
  return { profile, generation, packages: record.packages, record, bytes };
}

function pathsOf(packages: readonly InstalledPackage[]) {
  return packages.map(({ path }) => path);
}

/** A live generation that is damaged must not keep anybody from leaving it: then nothing is told of the difference. */
function readContents(
  store: Store,
  { profile, from }: { readonly profile: ProfileName; readonly from: GenerationNumber },
  { record, bytes, packages }: ReadTarget,
  run: RunOptions,
): Contents | undefined {
  try {
    const { before, after } =
      record && bytes
        ? readDifference(store, profile, from, { ...bytes, generation: record })
        : { before: readGeneration(store, profile, from), after: packages };
    return { before: before.packages, after };
  } catch (error) {
    if (!(error instanceof StoreError) || !["DAMAGED", "NOT_FOUND"].includes(error.code)) throw error;
    const message = `what was in gen-${from} cannot be told: ${error.message}`;
    run.onEvent?.({ kind: "warning", message, ...(error.hint !== undefined && { hint: error.hint }) });
    return undefined;
  }
}

/** All packages of the live generation, where they can be read. */
export function livePackages(store: Store, parts: ProfileParts): readonly InstalledPackage[] | undefined {
  try {
    return readGeneration(store, parts.profile, lastKnown(store, parts)).packages;
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { isMarked, type MarkEvent, markText } from "../../model/marks.ts";
import { invertSteps } from "../../model/package-steps.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { readMarks } from "../../store/journal.ts";
import type { Store } from "../../store/open-store.ts";
import { type ProfileState, readProfile } from "../../store/profiles.ts";
import { changeMarks } from "../profiles/change-marks.ts";
import { type SwitchedChange, type SwitchOptions, switchTo } from "../profiles/switch.ts";
import { changeBySteps } from "./take-steps.ts";
import { readEffect, switchesAfter, type TransactionEffect } from "./transaction-effect.ts";

export interface UndoRequest {
  /** Its number in the log. */
  readonly transaction: number;
  /** Also when later changes depend on it: what it touched becomes what it was before. */
  readonly outOfSequence?: boolean | undefined;
  /** Also when later packages have files of those that come back: these win. */
  readonly overwrite?: boolean | undefined;
}

/** What an undo or redo did; where it changed pins or names, `mark` tells how. */
export interface UndoneChange extends SwitchedChange {
  readonly mark?: MarkEvent | undefined;
}

/**
 * Takes one transaction back out of the present state, as a new generation that keeps what later ones did. A switch
 * that nothing has followed is taken back by a switch to where it came from.
 * @throws StoreError UNSAFE naming the later changes that are in the way; NOT_FOUND, USAGE
 */
export async function undo(
  store: Store,
  profile: ProfileName,
  request: UndoRequest,
  options: SwitchOptions = {},
): Promise<UndoneChange> {
  return go(store, profile, request, { ...options, direction: "undo" });
}

/** Does again what a transaction did, from the present state: mostly one that was undone. */
export async function redo(
  store: Store,
  profile: ProfileName,
  request: UndoRequest,
  options: SwitchOptions = {},
): Promise<UndoneChange> {
  return go(store, profile, request, { ...options, direction: "redo" });
}

interface GoOptions extends SwitchOptions {
  readonly direction: "undo" | "redo";
}

async function go(store: Store, profile: ProfileName, request: UndoRequest, options: GoOptions): Promise<UndoneChange> {
  const effect = readEffect(store, request.transaction);
  requireProfile(effect, profile);
  const isUndo = options.direction === "undo";
  const { mark, steps, made, from, to, transaction } = effect;
  const plan = { [options.direction]: transaction };
  if (mark) return goMark(store, effect, request, options);
  const [start, end] = isUndo ? [to, from] : [from, to];
  const isLast = isUndo ? switchesAfter(store, profile, transaction).length === 0 : !made;
  if (!made && isLast && readProfile(store, profile).current === start && hasGeneration(store, profile, end))
    return switchTo(store, profile, options, {
      plan,
      choose: async (state) => ({ generation: follow(state, start, end) }),
    });
  const direction = {
    reason: `${options.direction} #${transaction}`,
    plan,
    steps: isUndo ? invertSteps(steps) : steps,
    done: isUndo ? "undone" : "redone",
  };
  const { outOfSequence, overwrite } = request;
  const common = { profile, subject: `#${transaction}`, since: transaction, outOfSequence, overwrite };
  return changeBySteps(store, { ...common, ...direction }, options);
}

function requireProfile({ transaction, profile, mark }: TransactionEffect, wanted: ProfileName): void {
  if (profile === wanted) return;
  const elsewhere = ` To do the same in another profile: \`store journal '#${transaction}' FILE\`, then \`store replay FILE -p ${wanted}\`.`;
  throw new StoreError("USAGE", `transaction #${transaction} changed profile '${profile}', not '${wanted}'`, {
    hint: `Name its profile: -p ${profile}.${mark ? "" : elsewhere}`,
    details: { transaction, profile },
  });
}

function hasGeneration(store: Store, profile: ProfileName, generation: GenerationNumber): boolean {
  try {
    readGeneration(store, profile, generation);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === "NOT_FOUND") return false;
    throw error;
  }
}

function follow({ current, profile }: ProfileState, start: GenerationNumber, end: GenerationNumber): GenerationNumber {
  if (current === start) return end;
  throw new StoreError("BUSY", `another process has just switched profile '${profile}' to gen-${current}`, {
    hint: "Nothing was changed. Look at `store log`, and run the command again.",
    details: { profile, current },
  });
}

async function goMark(
  store: Store,
  { profile, transaction, mark }: TransactionEffect,
  request: UndoRequest,
  { direction, ...options }: GoOptions,
): Promise<UndoneChange> {
  const { done, back } = mark as NonNullable<TransactionEffect["mark"]>;
  const [wanted, expected] = direction === "undo" ? [back, done] : [done, back];
  const state = readProfile(store, profile);
  const choose = async (): Promise<MarkEvent> => {
    checkMark(store, profile, { wanted, expected, request });
    return wanted;
  };
  const result = (tx: number, changed: boolean): UndoneChange => {
    const nothing = { added: [], removed: [], upgraded: [] };
    return { transaction: tx, profile, from: state.current, to: state.current, changed, ...nothing, mark: wanted };
  };
  if (isMarked(readMarks(store, profile), wanted)) {
    const message = `#${transaction} is ${direction === "undo" ? "undone" : "redone"} already: ${markText(wanted)}`;
    options.onEvent?.({ kind: "warning", message });
  }
  if (options.dryRun) {
    await choose();
    return result(0, false);
  }
  const made = await changeMarks(store, { profile, plan: { [direction]: transaction }, choose }, options);
  return result(made.transaction, made.transaction !== 0);
}

/** A name that was given to another generation since stays there, unless that is asked for. */
function checkMark(
  store: Store,
  profile: ProfileName,
  { wanted, expected, request }: { wanted: MarkEvent; expected: MarkEvent; request: UndoRequest },
): void {
  const pins = readMarks(store, profile);
  if (wanted.type === "tag" || wanted.type === "pin") {
    readGeneration(store, profile, wanted.generation as GenerationNumber);
  }
  if (request.outOfSequence || isMarked(pins, wanted) || isMarked(pins, expected)) return;
  const name = "name" in wanted ? wanted.name : "";
  const now = pins.tags.get(name);
  const found = now === undefined ? `there is no checkpoint ${name}` : `${name} is gen-${now} now`;
  throw new StoreError("UNSAFE", `#${request.transaction} was changed again since: ${found}`, {
    hint: "Nothing was changed. Take the later change back first, or give --force=sequence.",
    details: { profile, transaction: request.transaction },
  });
}

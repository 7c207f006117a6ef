import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { isMarked, type MarkEvent, markText } from "../../model/marks.ts";
import { invertSteps, takeSteps } from "../../model/package-steps.ts";
import { printableCommand } from "../../model/printable.ts";
import type { TrackingJournal } from "../../model/tracking-journal.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { readMarks } from "../../store/journal.ts";
import type { Store } from "../../store/open-store.ts";
import { type ProfileState, readProfile } from "../../store/profiles.ts";
import { readJournalFile, writeJournalFile } from "../../store/tracking-journals.ts";
import { changeMarks } from "../profiles/change-marks.ts";
import { generationProblems, type SwitchOptions, switchTo } from "../profiles/switch.ts";
import { recallForest } from "./recall-forest.ts";
import { changeBySteps } from "./take-steps.ts";
import { readEffect, switchesAfter } from "./transaction-effect.ts";
import type { UndoneChange } from "./undo.ts";

export interface JournalRequest {
  /** Path of the journal; `-` is standard input. */
  readonly file: string;
  /** Also when the profile is no longer what the recorded change left. */
  readonly outOfSequence?: boolean | undefined;
  /** Also when later packages have files of those that come back: these win. */
  readonly overwrite?: boolean | undefined;
}

/**
 * The journal of a transaction that is in the log, also when its generations were deleted; with `file` it is written there.
 * @throws StoreError NOT_FOUND; UNSAFE when the file exists
 */
export function exportJournal(
  store: Store,
  request: { readonly transaction: number; readonly file?: string | undefined },
): TrackingJournal {
  const { transaction, profile, summary, from, to, steps, mark } = readEffect(store, request.transaction);
  const state = (generation: GenerationNumber) => ({
    generation,
    path: recallForest(store, profile, generation),
  });
  const journal: TrackingJournal = {
    store: store.file.id,
    profile,
    transaction,
    time: summary.time,
    command: summary.command ?? [],
    from: state(from),
    to: state(to),
    steps,
    mark,
    unknown: {},
  };
  if (request.file !== undefined) writeJournalFile(request.file, journal);
  return journal;
}

/**
 * Undoes exactly what a journal recorded. The profile must be what that change left: then it becomes what it was before.
 * @throws StoreError UNSAFE listing the transactions in between, unless `outOfSequence`
 */
export async function rollbackJournal(
  store: Store,
  profile: ProfileName,
  request: JournalRequest,
  options: SwitchOptions = {},
): Promise<UndoneChange> {
  const journal = readJournalFile(request.file);
  requireSameProfile(store, journal, profile);
  if (journal.mark) return rollbackMark(store, journal, request, options);
  const state = readProfile(store, profile);
  const inSequence = isAfter(store, state, journal);
  const isNeedless = isEmpty(journal) || isBefore(store, state, journal);
  if (!inSequence && !isNeedless && !request.outOfSequence) throw outOfSequence(store, journal);
  const plan = { rollback: { journal: journal.transaction } };
  if (inSequence && hasStart(store, journal)) {
    const choose = async (now: ProfileState) => ({ generation: follow(store, now, journal) });
    return switchTo(store, profile, options, { plan, choose });
  }
  return changeBySteps(
    store,
    {
      profile,
      reason: `rollback #${journal.transaction}`,
      plan,
      steps: invertSteps(journal.steps),
      subject: subjectOf(journal),
      done: "rolled back",
      since: journal.transaction,
      outOfSequence: request.outOfSequence,
      overwrite: request.overwrite,
    },
    options,
  );
}

/**
 * Does what a journal recorded in a profile of this store, mostly another one than it was recorded in.
 * @throws StoreError UNSAFE where packages are not what the recorded change began with, unless `outOfSequence`, or where
 *   objects are not in this store
 */
export async function replay(
  store: Store,
  profile: ProfileName,
  request: JournalRequest,
  options: SwitchOptions = {},
): Promise<UndoneChange> {
  const journal = readJournalFile(request.file);
  if (journal.mark) throw cannotReplayMark(journal);
  const { transaction, steps } = journal;
  const subject = subjectOf(journal);
  const plan = { replay: { transaction, store: journal.store, profile: journal.profile } };
  const common = { profile, reason: `replay ${subject}`, plan, steps, subject, done: "replayed" };
  const { outOfSequence, overwrite } = request;
  return changeBySteps(store, { ...common, outOfSequence, overwrite }, options);
}

function requireSameProfile(store: Store, journal: TrackingJournal, profile: ProfileName): void {
  const hint = "`store replay FILE` does in this profile what a journal of another one recorded.";
  const details = { store: journal.store, profile: journal.profile };
  if (journal.store !== store.file.id)
    throw new StoreError("USAGE", "this is the journal of a change in another store", { hint, details });
  if (journal.profile === profile) return;
  const message = `this is the journal of a change in profile '${journal.profile}', not in '${profile}'`;
  throw new StoreError("USAGE", message, { hint: `Name its profile: -p ${journal.profile}. ${hint}`, details });
}

/** Whether the profile is exactly what the recorded change left. */
function isAfter(store: Store, { profile, current }: ProfileState, { to, steps }: TrackingJournal): boolean {
  const { path, packages } = readGeneration(store, profile, current);
  if (path !== to.path) return false;
  const { conflicts, needless } = takeSteps(packages, invertSteps(steps));
  return current === to.generation || conflicts.length + needless.length === 0;
}

function isEmpty({ from, to, steps }: TrackingJournal): boolean {
  return from.generation === to.generation && steps.length === 0;
}

/** Whether it is exactly what it was before that change: there is nothing to do, and nothing can be lost. */
function isBefore(store: Store, { profile, current }: ProfileState, { from, steps }: TrackingJournal): boolean {
  const { path, packages } = readGeneration(store, profile, current);
  return path === from.path && takeSteps(packages, invertSteps(steps)).needless.length === steps.length;
}

/** Whether the generation that the change came from is there, the same and whole. */
function hasStart(store: Store, { profile, from }: TrackingJournal): boolean {
  if (generationProblems(store, profile, from.generation).length > 0) return false;
  return readGeneration(store, profile, from.generation).path === from.path;
}

function follow(store: Store, state: ProfileState, journal: TrackingJournal): GenerationNumber {
  if (!isAfter(store, state, journal)) throw outOfSequence(store, journal);
  return journal.from.generation;
}

function outOfSequence(store: Store, journal: TrackingJournal): StoreError {
  const { transaction, profile } = journal;
  const between = transaction === 0 ? [] : switchesAfter(store, profile, transaction).toReversed();
  const lines = between.map(({ tx, action, command }) => `  #${tx}  ${command ? printableCommand(command) : action}`);
  const what = `${subjectOf(journal)} is not the last change of profile '${profile}'`;
  const message = lines.length === 0 ? what : `${what}; after it came\n${lines.join("\n")}`;
  return new StoreError("UNSAFE", message, {
    hint: "Nothing was changed. Roll these back first, the last one first, or give --force=sequence to take this one out of their middle.",
    details: { profile, transaction, between: between.map(({ tx }) => tx) },
  });
}

async function rollbackMark(
  store: Store,
  journal: TrackingJournal,
  request: JournalRequest,
  options: SwitchOptions,
): Promise<UndoneChange> {
  const { profile, transaction } = journal;
  const { done, back } = journal.mark as NonNullable<TrackingJournal["mark"]>;
  const choose = async (): Promise<MarkEvent> => {
    const pins = readMarks(store, profile);
    if (!isMarked(pins, done) && !isMarked(pins, back) && !request.outOfSequence) throw outOfSequence(store, journal);
    if (back.type === "tag" || back.type === "pin") readGeneration(store, profile, back.generation as GenerationNumber);
    return back;
  };
  if (isMarked(readMarks(store, profile), back)) {
    const message = `${subjectOf(journal)} is rolled back already: ${markText(back)}`;
    options.onEvent?.({ kind: "warning", message });
  }
  const { current } = readProfile(store, profile);
  const place = { profile, from: current, to: current, added: [], removed: [], upgraded: [], mark: back };
  if (options.dryRun) {
    await choose();
    return { ...place, transaction: 0, changed: false };
  }
  const plan = { rollback: { journal: transaction } };
  const made = await changeMarks(store, { profile, plan, choose }, options);
  return { ...place, transaction: made.transaction, changed: made.transaction !== 0 };
}

function cannotReplayMark(journal: TrackingJournal): StoreError {
  return new StoreError("UNSUPPORTED", `${subjectOf(journal)} changed pins or names of generations, no packages`, {
    hint: "Those belong to the generations of their own profile: use `store pin` or `store checkpoint` here.",
  });
}

function subjectOf({ transaction }: TrackingJournal): string {
  return transaction === 0 ? "the journal" : `#${transaction}`;
}

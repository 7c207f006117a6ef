import type { Change } from "../../model/change.ts";
import { explainFailure, failureText } from "../../model/explain-failure.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import type { OpenIntent } from "../../model/log-record.ts";
import { isMarked, type MarkEvent } from "../../model/marks.ts";
import { withoutCredentials } from "../../model/without-credentials.ts";
import { readGeneration, readGenerationHead, removeGenerations } from "../../store/generation-records.ts";
import { openIntents, readMarks } from "../../store/journal.ts";
import {
  type Contents,
  type Deletion,
  type Failure,
  logAbort,
  logCommit,
  logDeletion,
  logFailure,
  logMark,
  logSwitch,
  type TransactionStart,
} from "../../store/log-transactions.ts";
import { isEnded, readAnnounced, readIntent } from "../../store/open-intents.ts";
import type { Store } from "../../store/open-store.ts";
import {
  activateGeneration,
  discardNumber,
  flushActivation,
  hasGeneration,
  liveGeneration,
  noteActivation,
  readProfileParts,
} from "../../store/profiles.ts";
import type { RunOptions } from "../run-options.ts";
import { trackChange, untrackChange } from "./track-change.ts";

export interface LiveOptions extends RunOptions {
  /** What the log tells of the difference; absent where it is not known, or told with a generation that was made. */
  readonly contents?: Contents | undefined;
  readonly stage?: () => Promise<void>;
}

/**
 * Carries out a change: `stage` logs the intent and makes the generation, then the rename, then what follows from it.
 * What fails before the rename is taken back; once the link is replaced the change is done, and what fails behind it is
 * settled by the next command. The caller holds the profile's lock.
 */
export async function goLive(store: Store, change: Change, options: LiveOptions): Promise<Change> {
  const { contents, stage, onEvent } = options;
  const { profile, from, to } = change;
  try {
    await stage?.();
    activate(store, change, options);
  } catch (error) {
    if (!isLive(store, profile, to)) {
      await quietly(() => takeBack(store, change, error));
      throw error;
    }
  }
  try {
    flushActivation(store, profile);
  } catch (error) {
    const message = `gen-${to} is live, but a power failure could still undo that: ${failureOf(store, error).message}`;
    onEvent?.({ kind: "warning", message });
  }
  try {
    noteLive(store, profile, { from, to });
    await logCommit(store, change, contents);
  } catch (error) {
    const message = `gen-${to} is live, but the log does not say so yet: ${failureOf(store, error).message}`;
    onEvent?.({ kind: "warning", message, hint: "The next change of the profile completes the log." });
  }
  return change;
}

/** A rename that a network filesystem reports as failed can have been done. */
function isLive(store: Store, profile: ProfileName, generation: GenerationNumber): boolean {
  try {
    return liveGeneration(store, profile) === generation;
  } catch {
    return false;
  }
}

/** The journal comes first: a change that was made has one, also when the process is killed here. */
function activate(store: Store, change: Change, run: RunOptions): void {
  trackChange(store, change, run);
  try {
    activateGeneration(store, change.profile, change.to);
  } catch (error) {
    if (!isLive(store, change.profile, change.to)) untrackChange(run);
    throw error;
  }
}

/** Tells in the log that a change failed, unless that is told or is for the next holder of the lock to find out. */
export async function endFailed(
  store: Store,
  failed: { readonly transaction: number; readonly profile: ProfileName; readonly error: unknown },
): Promise<void> {
  const { transaction, profile, error } = failed;
  await quietly(async () => {
    if (openIntents(store, profile).some(({ tx }) => tx === transaction) || isEnded(store, transaction)) return;
    await logAbort(store, transaction, { profile, reason: failureOf(store, error) });
  });
}

/** Completes or takes back what a killed process began: the disk tells which. The caller holds the profile's lock. */
export async function settleIntents(store: Store, profile: ProfileName): Promise<void> {
  // While the live link is lost nothing can be told; a switch gives the profile another one.
  if (liveGeneration(store, profile) === undefined) return;
  for (const open of openIntents(store, profile)) {
    const intent = readIntent(store, open);
    if (intent === undefined) await logAbort(store, open.tx, { profile, reason: UNREADABLE });
    else if (intent.deletes) await finishDeletion(store, open.tx, { profile, generations: intent.deletes });
    else if (intent.mark) await settleMark(store, open, { profile, mark: intent.mark });
    else if (liveGeneration(store, profile) === intent.to) await complete(store, open, { profile, ...intent });
    else if (wasLive(store, profile, open)) await completeEarlier(store, open, { profile, ...intent });
    else await withdraw(store, open, { profile, reason: KILLED });
  }
}

/** Removes generations that the log says are to go, and logs that they are gone. The caller holds the profile's lock. */
export async function finishDeletion(store: Store, tx: number, deletion: Deletion): Promise<void> {
  removeGenerations(store, deletion.profile, deletion.generations);
  await logDeletion(store, tx, deletion);
}

/** How a failure is told in the log: as the person hears of it, but for good, and so without the password of a URL. */
export function failureOf({ layout }: Store, error: unknown): Failure {
  const code = explainFailure(error, layout.root)?.code ?? "FAILED";
  return { code, message: withoutCredentials(failureText(error, layout.root)) };
}

/** What stopped a change (a full disk, a damaged log) can stop this too, and is what the person must hear of. */
export async function quietly(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch {
    // The next change of the profile tries again.
  }
}

/** What fails before a change has begun is told in the log. */
export async function orLogFailure<T>(store: Store, start: TransactionStart, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await quietly(() => logFailure(store, start, failureOf(store, error)));
    throw error;
  }
}

async function takeBack(store: Store, { transaction, profile }: Change, error: unknown): Promise<void> {
  const open = openIntents(store, profile).find(({ tx }) => tx === transaction);
  if (open) await withdraw(store, open, { profile, reason: failureOf(store, error) });
}

const KILLED: Failure = {
  code: "INTERRUPTED",
  message: "it did not come to the switch: its process was killed, or could not take it back",
};
const UNREADABLE: Failure = { code: "DAMAGED", message: "where it would have led stands in a damaged record" };

async function complete(
  store: Store,
  open: OpenIntent,
  { profile, from, to }: Pick<Change, "profile" | "from" | "to">,
): Promise<void> {
  noteLive(store, profile, { from, to });
  const isTold = readAnnounced(store, open) !== undefined && isParent(store, profile, from, to);
  const contents = isTold ? undefined : contentsOf(store, profile, from, to);
  await logCommit(store, { transaction: open.tx, profile, from, to, changed: true }, contents);
}

/**
 * The number of a generation that was made is noted only when it is live: where another one is live now, the log has
 * lost the switch to that.
 */
function wasLive(store: Store, profile: ProfileName, open: OpenIntent): boolean {
  const made = readAnnounced(store, open);
  return made !== undefined && hasGeneration(store, readProfileParts(store, profile), made);
}

async function completeEarlier(
  store: Store,
  open: OpenIntent,
  { profile, from, to }: Pick<Change, "profile" | "from" | "to">,
): Promise<void> {
  await complete(store, open, { profile, from, to });
  const current = liveGeneration(store, profile) as GenerationNumber;
  const plan = { recover: "a switch that the log has lost" };
  const transaction = await logSwitch(store, { profile, base: to, plan }, current);
  const contents = contentsOf(store, profile, to, current);
  noteLive(store, profile, { from: to, to: current });
  await logCommit(store, { transaction, profile, from: to, to: current, changed: true }, contents);
}

async function settleMark(
  store: Store,
  { tx }: OpenIntent,
  { profile, mark }: { readonly profile: ProfileName; readonly mark: MarkEvent },
): Promise<void> {
  if (isMarked(readMarks(store, profile), mark)) await logMark(store, tx, { profile, event: mark });
  else await logAbort(store, tx, { profile, reason: KILLED });
}

/** Takes back a generation that was announced and is not live. Its number stands in the log and is not used again. */
async function withdraw(
  store: Store,
  open: OpenIntent,
  { profile, reason }: { readonly profile: ProfileName; readonly reason: Failure },
): Promise<void> {
  const discarded = readAnnounced(store, open);
  if (discarded !== undefined) discardNumber(store, profile, discarded);
  await logAbort(store, open.tx, { profile, reason, discarded });
}

function noteLive(
  store: Store,
  profile: ProfileName,
  { from, to }: { from: GenerationNumber; to: GenerationNumber },
): void {
  // A link that was lost was given anew: nothing else was live in between.
  if (from === to) return;
  const { last } = readProfileParts(store, profile);
  noteActivation(store, profile, from, parseGenerationNumber(Math.max(last, to)));
}

/** Whether the record that announced `to` tells how it differs from `from`. */
function isParent(store: Store, profile: ProfileName, from: GenerationNumber, to: GenerationNumber): boolean {
  try {
    return readGenerationHead(store, profile, to).parent === from;
  } catch {
    return false;
  }
}

/** Nothing is told where a record cannot be read. */
function contentsOf(
  store: Store,
  profile: ProfileName,
  from: GenerationNumber,
  to: GenerationNumber,
): Contents | undefined {
  try {
    const [before, after] = [readGeneration(store, profile, from), readGeneration(store, profile, to)];
    return { before: before.packages, after: after.packages };
  } catch {
    return undefined;
  }
}

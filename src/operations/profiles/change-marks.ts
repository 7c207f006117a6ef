import type { Json } from "../../model/canonical-json.ts";
import type { ProfileName } from "../../model/ids.ts";
import { applyMark, isMarked, type MarkEvent } from "../../model/marks.ts";
import { readMarks } from "../../store/journal.ts";
import { logAbort, logFailure, logMark, logMarkIntent } from "../../store/log-transactions.ts";
import type { Store } from "../../store/open-store.ts";
import { flushPins, writePins } from "../../store/pins.ts";
import { type ProfileState, readProfile } from "../../store/profiles.ts";
import type { RunOptions } from "../run-options.ts";
import { failureOf, quietly } from "./go-live.ts";
import { lockProfile } from "./lock-profile.ts";
import { checkTracking, trackChange, trackMark, untrackChange } from "./track-change.ts";

export interface MarkRequest<Event extends MarkEvent> {
  readonly profile: ProfileName;
  /** What was asked for, as the log tells it. */
  readonly plan: Json;
  choose(state: ProfileState): Promise<Event>;
}

/** Pins, unpins or names a generation as one transaction, whose number is 0 when there was nothing to do. */
export async function changeMarks<Event extends MarkEvent>(
  store: Store,
  { profile, plan, choose }: MarkRequest<Event>,
  run: RunOptions,
): Promise<{ readonly transaction: number; readonly event: Event }> {
  checkTracking(run);
  const start = { profile, base: readProfile(store, profile).current, plan };
  let transaction = 0;
  try {
    using _lock = await lockProfile(store, profile, run);
    const state = readProfile(store, profile);
    const event = await choose(state);
    run.signal?.throwIfAborted();
    if (isMarked(readMarks(store, profile), event)) {
      trackChange(store, { transaction, profile, from: state.current, to: state.current }, run);
      return { transaction, event };
    }
    transaction = await logMarkIntent(store, { ...start, base: state.current }, event);
    await carryOut(store, { profile, transaction, event }, run);
    return { transaction, event };
  } catch (error) {
    if (transaction === 0) await quietly(() => logFailure(store, start, failureOf(store, error)));
    throw error;
  }
}

/** The journal comes first, as for other changes. */
function mark(store: Store, { profile, transaction, event }: Work, run: RunOptions): void {
  const before = readMarks(store, profile);
  const { current } = readProfile(store, profile);
  trackMark(store, { transaction, profile, from: current, to: current, event, before }, run);
  try {
    writePins(store, profile, applyMark(before, event));
  } catch (error) {
    untrackChange(run);
    throw error;
  }
}

interface Work {
  readonly profile: ProfileName;
  readonly transaction: number;
  readonly event: MarkEvent;
}

/** Once the file is replaced the change is done; what fails behind it is settled by the next command. */
async function carryOut(store: Store, { profile, transaction, event }: Work, run: RunOptions): Promise<void> {
  try {
    mark(store, { profile, transaction, event }, run);
  } catch (error) {
    await quietly(() => logAbort(store, transaction, { profile, reason: failureOf(store, error) }));
    throw error;
  }
  try {
    flushPins(store, profile);
  } catch (error) {
    const message = `the change is made, but a power failure could still undo that: ${failureOf(store, error).message}`;
    run.onEvent?.({ kind: "warning", message });
  }
  try {
    await logMark(store, transaction, { profile, event });
  } catch (error) {
    const message = `the change is made, but the log does not say so yet: ${failureOf(store, error).message}`;
    run.onEvent?.({ kind: "warning", message, hint: "The next change of the profile completes the log." });
  }
}

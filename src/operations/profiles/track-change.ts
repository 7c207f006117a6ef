import type { Change } from "../../model/change.ts";
import { invertMark, type MarkEvent } from "../../model/marks.ts";
import { stepsBetween } from "../../model/package-steps.ts";
import type { JournalState, TrackingJournal } from "../../model/tracking-journal.ts";
import { readGeneration } from "../../store/generation-records.ts";
import type { Store } from "../../store/open-store.ts";
import type { Pins } from "../../store/pins.ts";
import { removeJournalFile, requireFreeFile, writeJournalFile } from "../../store/tracking-journals.ts";
import type { RunOptions } from "../run-options.ts";

type Tracking = Pick<RunOptions, "trackingJournal">;
type Tracked = Pick<Change, "transaction" | "profile" | "from" | "to">;

/**
 * Refuses a change whose journal could not be written, before anything is done for it.
 * @throws StoreError UNSAFE, NOT_FOUND
 */
export function checkTracking({ trackingJournal }: Tracking): void {
  if (trackingJournal !== undefined) requireFreeFile(trackingJournal);
}

/**
 * Writes the journal of a change that is about to be made: so a change that was made always has its journal, whatever
 * becomes of the process. Both generations are on the disk.
 */
export function trackChange(store: Store, change: Tracked, { trackingJournal }: Tracking): void {
  if (trackingJournal !== undefined) writeJournalFile(trackingJournal, journalOf(store, change));
}

/** The same for pins and names. */
export function trackMark(
  store: Store,
  change: Tracked & { readonly event: MarkEvent; readonly before: Pins },
  { trackingJournal }: Tracking,
): void {
  if (trackingJournal === undefined) return;
  const mark = { done: change.event, back: invertMark(change.event, change.before) };
  writeJournalFile(trackingJournal, { ...journalOf(store, change), mark });
}

/** The change failed: its journal would tell of something that was not done. */
export function untrackChange({ trackingJournal }: Tracking): void {
  if (trackingJournal !== undefined) removeJournalFile(trackingJournal);
}

function journalOf(store: Store, { transaction, profile, from, to }: Tracked): TrackingJournal {
  const [before, after] = [readGeneration(store, profile, from), readGeneration(store, profile, to)];
  const state = ({ generation, path }: JournalState): JournalState => ({ generation, path });
  return {
    store: store.file.id,
    profile,
    transaction,
    time: store.context.now().toISOString(),
    command: store.context.command,
    from: state(before),
    to: state(after),
    steps: stepsBetween(before.packages, after.packages),
    mark: undefined,
    unknown: {},
  };
}

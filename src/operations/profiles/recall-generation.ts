import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import { inRanges } from "../../model/number-ranges.ts";
import { openJournal } from "../../store/journal.ts";
import { findAfterTransaction, historyBegins, type Live, stateAfter } from "../../store/log/history.ts";
import { readTransactions } from "../../store/log/transactions.ts";
import type { Store } from "../../store/open-store.ts";
import { askLog } from "../history/ask-log.ts";

/** What the log tells of a generation. */
interface Recalled {
  readonly told: Extract<Live, { kind: "live" }>["state"];
  /** `undefined` also where the log no longer tells of its making. */
  readonly parent: GenerationNumber | undefined;
}

/** Whether the log tells that a generation without a record is gone. */
export function isDeleted(store: Store, profile: ProfileName, number: GenerationNumber): boolean {
  const now = stateAfter(openJournal(store)).get(profile);
  return now !== undefined && !inRanges(now.generations, number);
}

/**
 * Reads from the log what a generation was that was deleted since. `undefined` when it never was live, or the log does
 * not reach back to a time at which it was.
 */
export function recallGeneration(store: Store, profile: ProfileName, number: GenerationNumber): Recalled | undefined {
  // A record that was merely lost is for a repair.
  if (!isDeleted(store, profile, number)) return undefined;
  let visit: number | undefined;
  for (const each of readTransactions(openJournal(store))) {
    if (!("tx" in each) || each.profile !== profile) continue;
    if (each.switched?.to === number) visit ??= each.tx;
    for (const { event } of each.records) {
      if (event.type !== "generation" || event.generation !== number) continue;
      const told = liveAfter(store, profile, each.tx, number);
      return told && { told, parent: event.parent === null ? undefined : parseGenerationNumber(event.parent) };
    }
  }
  const told = visit === undefined ? liveAtBeginning(store, profile, number) : liveAfter(store, profile, visit, number);
  return told && { told, parent: undefined };
}

function liveAfter(store: Store, profile: ProfileName, transaction: number, number: GenerationNumber) {
  const live = askLog(store, profile, (log) => findAfterTransaction(log, transaction, profile));
  return live?.kind === "live" && live.state.current === number ? live.state : undefined;
}

/** In the state that the log begins with, where what was before is dropped. */
function liveAtBeginning(store: Store, profile: ProfileName, number: GenerationNumber) {
  const log = openJournal(store);
  const begins = historyBegins(log);
  const state = begins && stateAfter(log, begins.seq).get(profile);
  return state?.current === number && state.packages !== undefined ? state : undefined;
}

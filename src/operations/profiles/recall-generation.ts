import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import { inRanges } from "../../model/number-ranges.ts";
import { openJournal } from "../../store/journal.ts";
import { findAfterTransaction, type Live, stateAfter } from "../../store/log/history.ts";
import { readTransactions } from "../../store/log/transactions.ts";
import type { Store } from "../../store/open-store.ts";
import { askLog } from "../history/ask-log.ts";

/** What the log tells of a generation. */
interface Recalled {
  readonly told: Extract<Live, { kind: "live" }>["state"];
  readonly parent: GenerationNumber | undefined;
}

/**
 * Reads from the log what a generation was that was deleted since. `undefined` when it never was live, or the log does
 * not reach back so far.
 */
export function recallGeneration(store: Store, profile: ProfileName, number: GenerationNumber): Recalled | undefined {
  const now = stateAfter(openJournal(store)).get(profile);
  // A record that was merely lost is for a repair.
  if (!now || inRanges(now.generations, number)) return undefined;
  for (const each of readTransactions(openJournal(store))) {
    if (!("tx" in each) || each.profile !== profile) continue;
    for (const { event } of each.records) {
      if (event.type !== "generation" || event.generation !== number) continue;
      const live = askLog(store, profile, (log) => findAfterTransaction(log, each.tx, profile));
      if (live?.kind !== "live" || live.state.current !== number) return undefined;
      return { told: live.state, parent: event.parent === null ? undefined : parseGenerationNumber(event.parent) };
    }
  }
  return undefined;
}

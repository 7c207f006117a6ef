import { openJournal } from "../../store/journal.ts";
import { type ResealResult, resealLog } from "../../store/log/reseal.ts";
import type { Store } from "../../store/open-store.ts";

/**
 * Accepts what was edited by hand in the log, and logs that this was done.
 * @throws StoreError DAMAGED for a line that is no record, NEWER_FORMAT
 */
export function resealHistory(store: Store): Promise<ResealResult> {
  return resealLog(openJournal(store));
}

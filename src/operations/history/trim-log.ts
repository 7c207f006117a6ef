import { checkCounts } from "../../model/check-number.ts";
import { parseTime } from "../../model/time-expression.ts";
import { openJournal } from "../../store/journal.ts";
import { type TrimResult, trimLog } from "../../store/log/trim.ts";
import type { Store } from "../../store/open-store.ts";

export interface TrimRequest {
  /** What is older goes: `90d`, `2026-01-01`. */
  readonly before?: string | undefined;
  /** So many of the last transactions stay, however old they are. */
  readonly keepLast?: number | undefined;
}

/**
 * Shortens the log: what is older than the rules say is dropped, and a snapshot stands in for it.
 * @throws StoreError USAGE without a rule, INVALID_INPUT for no time, DAMAGED, NEWER_FORMAT
 */
export async function trimHistory(store: Store, { before, keepLast }: TrimRequest): Promise<TrimResult> {
  checkCounts({ keepLast });
  const { resolveTime } = await import("../../model/resolve-time.ts");
  const { now, timeZone } = store.context;
  const context = { now: now().getTime(), timeZone };
  const instant = before === undefined ? undefined : resolveTime(parseTime(before), context).from;
  return trimLog(openJournal(store), { before: instant, keepLast });
}

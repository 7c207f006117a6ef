import { StoreError } from "../../errors.ts";
import type { HistoryState } from "../../model/log-state.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { openJournal } from "../../store/journal.ts";
import { stateAfter } from "../../store/log/history.ts";
import { verifyLog } from "../../store/log/verify.ts";
import type { Store } from "../../store/open-store.ts";

export interface JournalVerification {
  readonly findings: readonly Finding[];
  /** How many valid records there are. */
  readonly records: number;
  /** The profiles as the log knows them; `undefined` where it is damaged. */
  readonly told: HistoryState | undefined;
}

/** Checks every line of the log. What the log and the profiles tell differently is a matter of the profiles. */
export function verifyJournal(store: Store): JournalVerification {
  const log = openJournal(store);
  const { records, findings } = verifyLog(log);
  // What a write left that did not end is settled by the next writer.
  const faults = findings.filter(({ fault }) => fault !== "torn");
  return {
    records,
    told: faults.length === 0 ? stateIfTold(log) : undefined,
    findings: faults.map(({ file, line, reason }) => ({ kind: "log", subject: `log/${file}:${line}`, reason })),
  };
}

function stateIfTold(log: ReturnType<typeof openJournal>): HistoryState | undefined {
  try {
    return stateAfter(log);
  } catch (error) {
    if (error instanceof StoreError && error.code === "DAMAGED") return undefined;
    throw error;
  }
}

import { StoreError } from "../../../errors.ts";
import type { HistoryState } from "../../../model/log-state.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { lostEnds } from "../../../store/check-log.ts";
import { openJournal } from "../../../store/journal.ts";
import type { LogFinding } from "../../../store/log/entries.ts";
import { stateAfter } from "../../../store/log/history.ts";
import { otherKinds } from "../../../store/log/segments.ts";
import { verifyLog } from "../../../store/log/verify.ts";
import type { Store } from "../../../store/open-store.ts";

export interface JournalVerification {
  readonly findings: readonly Finding[];
  /** How many valid records there are. */
  readonly records: number;
  /** The profiles as the log knows them; `undefined` where it is damaged. */
  readonly told: HistoryState | undefined;
}

/**
 * Checks every line of the log, and that it knows of every generation: one that is lost, altogether or at its end, is no
 * empty one. What else the log and the profiles tell differently is a matter of the profiles.
 */
export function verifyJournal(store: Store): JournalVerification {
  const log = openJournal(store);
  const others = otherKinds(log).map(({ name }) => ({ subject: `log/${name}`, reason: NO_FILE }));
  if (others.length > 0)
    return { records: 0, told: undefined, findings: others.map((each) => ({ kind: "log", ...each })) };
  const checked = verifyLog(log);
  // What a write left that did not end is settled by the next writer.
  const damaged = checked.findings.filter(({ fault }) => fault !== "torn");
  const faults = damaged.length > 0 ? damaged : lostEnds(store, { ...checked, findings: damaged });
  return {
    records: checked.records,
    told: faults.length === 0 ? stateIfTold(log) : undefined,
    findings: faults.map((fault) => ({ kind: "log", subject: placeOf(fault), reason: fault.reason })),
  };
}

const NO_FILE = "is no regular file";

function placeOf({ file, line }: LogFinding): string {
  if (file === "") return "log";
  return line === 0 ? `log/${file}` : `log/${file}:${line}`;
}

function stateIfTold(log: ReturnType<typeof openJournal>): HistoryState | undefined {
  try {
    return stateAfter(log);
  } catch (error) {
    if (error instanceof StoreError && error.code === "DAMAGED") return undefined;
    throw error;
  }
}

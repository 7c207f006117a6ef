import type { LogRecord, OpenIntent } from "../../model/log-record.ts";
import { arePackagesSame, type ProfileState, replay, type SnapshotState } from "../../model/log-state.ts";
import { type LogFinding, type Place, type RecordEntry, toFinding } from "./entries.ts";
import { readForward } from "./read.ts";
import type { TransactionLog } from "./transaction-log.ts";

export interface LogVerification {
  /** How many lines are valid records. */
  readonly records: number;
  /** Numbers of the first and the last of them; 0 in an empty log. */
  readonly first: number;
  readonly last: number;
  /** Nothing is wrong when this is empty. */
  readonly findings: readonly LogFinding[];
}

/**
 * Reads every line, checks every sum and the chain, and, given `state`, whether the log ends where the profiles are.
 * `visit` is given each valid record.
 */
export function verifyLog(
  log: TransactionLog,
  state?: Iterable<SnapshotState>,
  visit?: (entry: RecordEntry) => void,
): LogVerification {
  const findings: LogFinding[] = [];
  let records = 0;
  let first: LogRecord | undefined;
  let last: { readonly record: LogRecord; readonly place: Place } | undefined;
  const sinceSnapshot: LogRecord[] = [];
  for (const entry of readForward(log)) {
    if (entry.kind === "fault") {
      findings.push(toFinding(entry));
      continue;
    }
    records += 1;
    visit?.(entry);
    first ??= entry.record;
    last = entry;
    if (entry.record.event.type === "snapshot") sinceSnapshot.length = 0;
    sinceSnapshot.push(entry.record);
  }
  if (state && last && findings.length === 0) findings.push(...stateFindings(last, replay(sinceSnapshot), state));
  return { records, first: first?.seq ?? 0, last: last?.record.seq ?? 0, findings };
}

function* stateFindings(
  last: { readonly record: LogRecord; readonly place: Place },
  told: ReadonlyMap<string, ProfileState>,
  state: Iterable<SnapshotState>,
): Generator<LogFinding> {
  const intents = last.record.carry.intents ?? [];
  for (const actual of state) {
    const reason = differs(told.get(actual.profile), actual, intents);
    if (reason)
      yield {
        fault: "state",
        file: last.place.segment.name,
        line: last.place.line ?? 0,
        seq: last.record.seq,
        reason: `profile ${actual.profile}: ${reason}`,
      };
  }
}

function differs(
  told: ProfileState | undefined,
  actual: SnapshotState,
  intents: readonly OpenIntent[],
): string | undefined {
  // A switch under way, or one that was cut short, may lie on either side.
  if (intents.some(({ profile }) => profile === actual.profile)) return undefined;
  if (!told) return actual.lastGeneration === 0 ? undefined : `the log does not know it, gen-${actual.current} is live`;
  if (told.current !== actual.current) return `the log ends at gen-${told.current}, gen-${actual.current} is live`;
  if (!told.packages || !actual.packages) return undefined;
  const same = arePackagesSame(told.packages, actual.packages);
  return same ? undefined : `the log has other packages in gen-${actual.current} than its record`;
}

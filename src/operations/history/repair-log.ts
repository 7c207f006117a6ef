import { checkLog } from "../../store/check-log.ts";
import { openJournal, profileStates } from "../../store/journal.ts";
import { appendRecords } from "../../store/log/append.ts";
import type { LogFinding } from "../../store/log/entries.ts";
import { readBackward, trustedEntries } from "../../store/log/read.ts";
import { rebuildLog } from "../../store/log/rebuild.ts";
import { type RepairResult, repairLog } from "../../store/log/repair.ts";
import type { TransactionLog } from "../../store/log/transaction-log.ts";
import type { Store } from "../../store/open-store.ts";
import { listProfiles } from "../../store/profiles.ts";
import { newestTransaction, recordedGenerations } from "../../store/recorded-generations.ts";

export interface LogRepair extends Omit<RepairResult, "lost"> {
  /** Numbers of the records that are lost, as `[first, last]`, in the middle of the log. */
  readonly lost: readonly (readonly [number, number])[];
  /** How many records were written anew from the generations. */
  readonly rebuilt: number;
}

/**
 * Makes the log whole: damaged lines are moved aside, every valid record stays, what is lost at its end or altogether is
 * written anew from the generation records, and a snapshot tells how the profiles are now.
 * @throws StoreError NEWER_FORMAT when only a newer program may write to the log
 */
export async function repairHistory(store: Store): Promise<LogRepair> {
  const log = openJournal(store);
  const before = checkLog(store);
  if (before.findings.length === 0) {
    // A repair was killed before it came to that.
    if (owesSnapshot(log)) await appendRecords(log, [], { durable: true, withSnapshot: true });
    return { findings: [], lost: [], files: [], remaining: [], rebuilt: 0 };
  }
  if (before.records === 0) return rebuilt(store, before.findings);
  const repaired = await repairLog(log, profileStates(store));
  const expects = Math.max(0, ...listProfiles(store).map((profile) => newestTransaction(store, profile)));
  const { completed } = await appendRecords(log, [], { durable: true, expects, withSnapshot: true });
  const remaining = checkLog(store).findings;
  return { ...repaired, findings: before.findings, remaining, rebuilt: completed.length };
}

/** Whether records are lost of which no snapshot has told since. */
function owesSnapshot(log: TransactionLog): boolean {
  for (const { record } of trustedEntries(readBackward(log))) {
    if (record.event.type === "snapshot") return false;
    if (record.replaces) return true;
  }
  return false;
}

async function rebuilt(store: Store, findings: readonly LogFinding[]): Promise<LogRepair> {
  const log = openJournal(store);
  const records = await rebuildLog(log, recordedGenerations(store), profileStates(store));
  // Only a log that can be read lets the profiles be told as they are.
  await appendRecords(log, [], { durable: true, withSnapshot: true });
  const files = records[0]?.members.files as readonly string[];
  return { findings, lost: [], files, remaining: checkLog(store).findings, rebuilt: records.length };
}

import { existsSync } from "node:fs";
import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import type { LogRecord } from "../model/log-record.ts";
import { readGeneration } from "./generation-records.ts";
import { openJournal, profileStates } from "./journal.ts";
import { type LogFinding, type Place, type RecordEntry, toFinding } from "./log/entries.ts";
import { readTail } from "./log/tail.ts";
import { type LogVerification, verifyLog } from "./log/verify.ts";
import type { Store } from "./open-store.ts";
import { hasProfile, listProfiles } from "./profiles.ts";
import { newestTransaction } from "./recorded-generations.ts";

/**
 * Reads the whole log and checks it: every sum, the chain, whether it ends where the profiles are, and whether what it
 * tells of generations is what their records say. Changes nothing.
 */
export function checkLog(store: Store): LogVerification {
  const made: RecordEntry[] = [];
  const checked = verifyLog(openJournal(store), profileStates(store), (entry) => {
    if (entry.record.event.type === "generation") made.push(entry);
  });
  const findings = [...checked.findings, ...made.flatMap((entry) => contradiction(store, entry))];
  return { ...checked, findings: [...findings, ...lostEnds(store, checked)] };
}

/** The profiles with a generation that the log should know of, and does not; none where something else is wrong. */
export function lostEnds(store: Store, checked: LogVerification): LogFinding[] {
  // Without profiles the log is all that tells of them.
  if (!existsSync(store.layout.profiles)) return [];
  return listProfiles(store).flatMap((profile) => lostEnd(store, profile, checked));
}

function lostEnd(store: Store, profile: ProfileName, { last, findings }: LogVerification): LogFinding[] {
  const newest = newestTransaction(store, profile);
  if (findings.length > 0) return [];
  const entry = readTail(openJournal(store)).last;
  const known = entry?.record.carry.lastTx ?? 0;
  if (newest <= known) return [];
  const reason = `it ends with #${known}, and a generation of profile ${profile} was made by #${newest}`;
  return [{ fault: "lost", file: entry?.place.segment.name ?? "", line: 0, seq: last, reason }];
}

function contradiction(store: Store, { record, place }: RecordEntry): LogFinding[] {
  const reason = differenceToDisk(store, record);
  return reason === undefined ? [] : [{ ...findingAt(record, place), fault: "state", reason }];
}

function differenceToDisk(store: Store, { event, profile, tx }: LogRecord): string | undefined {
  if (event.type !== "generation" || profile === undefined) return undefined;
  const told = { path: event.path, parent: event.parent, transaction: tx };
  const found = readQuietly(store, profile as ProfileName, event.generation as GenerationNumber);
  if (!found) return undefined;
  const onDisk = { path: found.path, parent: found.parent ?? null, transaction: found.transaction };
  const member = (["path", "parent", "transaction"] as const).find((name) => told[name] !== onDisk[name]);
  if (member === undefined) return undefined;
  const name = `gen-${event.generation} of profile ${profile}`;
  return `${name} has the ${member} ${told[member]} here, and ${onDisk[member]} in its own record`;
}

/** What is deleted, or damaged, contradicts nothing. */
function readQuietly(store: Store, profile: ProfileName, generation: GenerationNumber) {
  try {
    return hasProfile(store, profile) ? readGeneration(store, profile, generation) : undefined;
  } catch {
    return undefined;
  }
}

function findingAt(record: LogRecord, place: Place): LogFinding {
  return toFinding({ kind: "fault", fault: "link", reason: "", place, record });
}

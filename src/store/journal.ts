import type { NewRecord } from "../model/chain.ts";
import type { Change } from "../model/change.ts";
import { type Generation, type InstalledPackage, packageToJson } from "../model/generation.ts";
import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import type { KnownEvent, LogChange, LogPackage } from "../model/log-event.ts";
import type { LogRecord, OpenIntent } from "../model/log-record.ts";
import type { SnapshotState } from "../model/log-state.ts";
import { lockPath } from "./layout.ts";
import { appendRecords } from "./log/append.ts";
import { readForward } from "./log/read.ts";
import { logEnd, readTail } from "./log/tail.ts";
import { openLog, type TransactionLog } from "./log/transaction-log.ts";
import type { Store } from "./open-store.ts";
import { readPins } from "./pins.ts";
import { listGenerations, listProfiles, readGeneration, readProfile } from "./profiles.ts";

/** The transaction log of this store. */
export function openJournal(store: Store): TransactionLog {
  const { command, now, timeZone } = store.context;
  return openLog(store.layout.log, {
    lockFile: lockPath(store.layout, "log"),
    command: command.join(" "),
    now,
    zone: timeZone,
    snapshot: () => listProfiles(store).map((profile) => snapshotOf(store, profile)),
  });
}

function snapshotOf(store: Store, profile: ProfileName): SnapshotState {
  const state = readProfile(store, profile);
  const pins = readPins(store, profile);
  return {
    profile,
    current: state.current,
    previous: state.previous,
    lastGeneration: state.last,
    generations: listGenerations(store, state),
    packages: readGeneration(store, profile, state.current).packages.map(toLog),
    pins: pins.generations,
    tags: pins.tags,
  };
}

export interface TransactionStart {
  readonly profile: ProfileName;
  readonly base: GenerationNumber;
}

/** Logs that a change begins; returns the number of its transaction. */
export async function logBegin(store: Store, start: TransactionStart): Promise<number> {
  const { records } = await appendRecords(openJournal(store), [beginRecord(store, start)], { durable: false });
  return (records[0] as LogRecord).tx;
}

/** Logs begin and intent of a change that needs no preparation, in one durable write. */
export async function logSwitch(store: Store, start: TransactionStart, to: GenerationNumber): Promise<number> {
  const { profile, base } = start;
  const drafts: NewRecord[] = [
    beginRecord(store, start),
    { tx: "new", profile, event: { type: "intent", from: base, to } },
  ];
  const { records } = await appendRecords(openJournal(store), drafts, { durable: true });
  return (records[0] as LogRecord).tx;
}

/** Logs a generation that is complete and about to become live. Durable: after a crash it tells what was meant. */
export async function logGeneration(store: Store, next: Generation, from: GenerationNumber): Promise<void> {
  const { transaction: tx, profile, generation, parent, path, reason, packages } = next;
  const drafts: NewRecord[] = [
    {
      tx,
      profile,
      event: { type: "generation", generation, parent: parent ?? null, path, reason, packages: packages.map(toLog) },
    },
    { tx, profile, event: { type: "intent", from, to: generation } },
  ];
  await appendRecords(openJournal(store), drafts, { durable: true });
}

/** Logs that a change is done. Not flushed: where this record is lost, `current` tells the same. */
export async function logCommit(store: Store, change: Change): Promise<void> {
  const { transaction: tx, profile, from, to, changed, added, removed, upgraded } = change;
  const difference = { added, removed, upgraded } as unknown as LogChange;
  const event = { type: "commit" as const, from, to, changed, ...(changed && { change: difference }) };
  await appendRecords(openJournal(store), [{ tx, profile, event }], { durable: false });
}

export async function logAbort(
  store: Store,
  tx: number,
  abort: { profile: ProfileName; code: string; message: string },
): Promise<void> {
  const { profile, code, message } = abort;
  const event = { type: "abort" as const, reason: { code, message } };
  await appendRecords(openJournal(store), [{ tx, profile, event }], { durable: false });
}

/** Logs a change of pins or names. */
export async function logMark(
  store: Store,
  profile: ProfileName,
  event: KnownEvent & { type: "pin" | "unpin" | "tag" | "untag" },
): Promise<number> {
  const { current } = readProfile(store, profile);
  const drafts: NewRecord[] = [
    beginRecord(store, { profile, base: current }),
    { tx: "new", profile, event },
    { tx: "new", profile, event: { type: "commit", from: current, to: current, changed: false } },
  ];
  const { records } = await appendRecords(openJournal(store), drafts, { durable: true });
  return (records[0] as LogRecord).tx;
}

/** Switches that were begun in this profile and neither committed nor aborted. */
export function openIntents(store: Store, profile: ProfileName): readonly OpenIntent[] {
  const log = openJournal(store);
  return (logEnd(log, readTail(log)).carry.intents ?? []).filter((intent) => intent.profile === profile);
}

/** From which generation to which an open intent leads. */
export function readIntent(
  store: Store,
  intent: OpenIntent,
): { readonly from: number; readonly to: number } | undefined {
  for (const entry of readForward(openJournal(store), intent.seq)) {
    if (entry.kind !== "record") return undefined;
    const { event } = entry.record;
    return event.type === "intent" ? event : undefined;
  }
  return undefined;
}

function beginRecord(store: Store, { profile, base }: TransactionStart): NewRecord {
  const { command, user } = store.context;
  return { tx: "new", profile, event: { type: "begin", command, user, base } };
}

function toLog(item: InstalledPackage): LogPackage {
  return packageToJson(item) as LogPackage;
}

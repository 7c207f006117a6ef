import type { Json } from "../model/canonical-json.ts";
import type { NewRecord } from "../model/chain.ts";
import type { Change } from "../model/change.ts";
import type { Generation, InstalledPackage } from "../model/generation.ts";
import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import { packageChange } from "../model/log-change.ts";
import type { LogChange } from "../model/log-event.ts";
import type { LogRecord } from "../model/log-record.ts";
import type { MarkEvent } from "../model/marks.ts";
import { openJournal, toLog } from "./journal.ts";
import { type Appended, appendRecords } from "./log/append.ts";
import type { Store } from "./open-store.ts";
import { readProfile } from "./profiles.ts";
import { newestTransaction } from "./recorded-generations.ts";

export interface TransactionStart {
  readonly profile: ProfileName;
  readonly base: GenerationNumber;
  /** What was asked for. */
  readonly plan: Json;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Logs that a change begins; returns the number of its transaction. */
export async function logBegin(store: Store, start: TransactionStart): Promise<number> {
  return append(store, [beginRecord(store, start)], { durable: false });
}

/** Logs begin and intent of a change that needs no preparation, in one durable write. */
export async function logSwitch(store: Store, start: TransactionStart, to: GenerationNumber): Promise<number> {
  const { profile, base } = start;
  const intent: NewRecord = { tx: "new", profile, event: { type: "intent", from: base, to } };
  return append(store, [beginRecord(store, start), intent], { durable: true });
}

/** Logs a change that failed before anything was done. */
export async function logFailure(store: Store, start: TransactionStart, reason: Failure): Promise<void> {
  const abort: NewRecord = { tx: "new", profile: start.profile, event: { type: "abort", reason } };
  await append(store, [beginRecord(store, start), abort], { durable: false });
}

/**
 * Logs a generation that is about to be written and to become live, as the difference to `head`, which is live now and
 * mostly its parent. Durable: after a crash it tells what was meant.
 */
export async function logGeneration(store: Store, next: Generation, head: Generation): Promise<void> {
  const { transaction: tx, profile, generation, parent, path, reason, packages } = next;
  const content =
    parent === head.generation
      ? { change: differenceOf({ before: head.packages, after: packages }) }
      : { packages: packages.map(toLog) };
  const drafts: NewRecord[] = [
    { tx, profile, event: { type: "generation", generation, parent: parent ?? null, path, reason, ...content } },
    { tx, profile, event: { type: "intent", from: head.generation, to: generation } },
  ];
  await append(store, drafts, { durable: true });
}

/** The packages of the generations that a change leads from and to. */
export interface Contents {
  readonly before: readonly InstalledPackage[];
  readonly after: readonly InstalledPackage[];
}

/**
 * Logs that a change is done; without `contents` it does not tell what changed: the record of a generation that was made
 * does, or nobody knows. Not flushed: where this record is lost, `current` tells the same.
 */
export async function logCommit(
  store: Store,
  { transaction: tx, profile, from, to, changed }: Pick<Change, "transaction" | "profile" | "from" | "to" | "changed">,
  contents?: Contents,
): Promise<void> {
  const event = { type: "commit" as const, from, to, changed, ...(contents && { change: differenceOf(contents) }) };
  await append(store, [{ tx, profile, event }], { durable: false });
}

function differenceOf({ before, after }: Contents): LogChange {
  return packageChange(before.map(toLog), after.map(toLog));
}

/** Logs that a change failed, and which generation of it is gone again. */
export async function logAbort(
  store: Store,
  tx: number,
  abort: { readonly profile: ProfileName; readonly reason: Failure; readonly discarded?: GenerationNumber | undefined },
): Promise<void> {
  const { profile, reason, discarded } = abort;
  const drafts: NewRecord[] = [{ tx, profile, event: { type: "abort", reason } }];
  if (discarded !== undefined) drafts.unshift({ tx, profile, event: { type: "delete", generations: [discarded] } });
  await append(store, drafts, { durable: false });
}

/**
 * Logs that pins or names are about to change: an intent that leads nowhere else and holds the event. The event as a
 * record follows when they have changed: until then a snapshot would be taken without them.
 */
export async function logMarkIntent(store: Store, start: TransactionStart, event: MarkEvent): Promise<number> {
  const { profile, base } = start;
  const intent: NewRecord = {
    tx: "new",
    profile,
    event: { type: "intent", from: base, to: base },
    extra: { mark: { ...event } },
  };
  return append(store, [beginRecord(store, start), intent], { durable: true });
}

/** Logs that pins or names have changed. */
export async function logMark(
  store: Store,
  tx: number,
  mark: { profile: ProfileName; event: MarkEvent },
): Promise<void> {
  const { profile, event } = mark;
  const { current } = readProfile(store, profile);
  const commit = { type: "commit" as const, from: current, to: current, changed: false };
  const drafts: NewRecord[] = [
    { tx, profile, event },
    { tx, profile, event: commit },
  ];
  await append(store, drafts, { durable: true });
}

/** The deletion of generations, as an intent holds it and as it is logged when they are gone. */
export interface Deletion {
  readonly profile: ProfileName;
  readonly generations: readonly GenerationNumber[];
}

/** Logs that generations are about to be deleted: an intent that leads nowhere else and holds the event. */
export async function logDeletionIntent(
  store: Store,
  start: TransactionStart,
  { profile, generations }: Deletion,
): Promise<number> {
  const intent: NewRecord = {
    tx: "new",
    profile,
    event: { type: "intent", from: start.base, to: start.base },
    extra: { mark: { type: "delete", generations } },
  };
  return append(store, [beginRecord(store, start), intent], { durable: true });
}

/** Logs that generations are gone. */
export async function logDeletion(store: Store, tx: number, { profile, generations }: Deletion): Promise<void> {
  const { current } = readProfile(store, profile);
  const drafts: NewRecord[] = [
    { tx, profile, event: { type: "delete", generations } },
    { tx, profile, event: { type: "commit", from: current, to: current, changed: false } },
  ];
  await append(store, drafts, { durable: true });
}

/** Logs what a collection deleted; returns the number of its transaction. */
export async function logCollection(
  store: Store,
  collected: { readonly deleted: number; readonly freedBytes: number },
): Promise<number> {
  return append(store, [{ tx: "new", event: { type: "gc", ...collected } }], { durable: false });
}

/** Appends; returns the number of the transaction. */
async function append(
  store: Store,
  drafts: readonly NewRecord[],
  options: { readonly durable: boolean },
): Promise<number> {
  const begun = drafts.find(({ event }) => event.type === "begin")?.profile as ProfileName | undefined;
  const expects = begun === undefined ? 0 : newestTransaction(store, begun);
  const appended = await appendRecords(openJournal(store), drafts, { ...options, expects });
  tellRepairs(store, appended);
  if (appended.snapshot) await (await import("./trim-by-policy.ts")).trimByPolicy(store, openJournal(store));
  const { records } = appended;
  for (const record of records) store.context.trace?.("log", record);
  return (records[0] as LogRecord).tx;
}

/** What a killed process or a loss made necessary is no secret of the log. */
function tellRepairs({ context }: Store, { recovered, completed }: Appended): void {
  for (const { event } of recovered)
    if (event.type === "recover")
      context.notice?.({
        message: `the last write to the log had not ended; what there was of it is kept in log/${event.file}`,
      });
  if (completed.length > 0)
    context.notice?.({
      message: "the end of the log was lost; it was written anew from the generations that exist",
      hint: "Switches and failed changes that stood there are lost. See `store log`.",
      isWarning: true,
    });
}

function beginRecord(store: Store, { profile, base, plan }: TransactionStart): NewRecord {
  const { command, user, trace } = store.context;
  trace?.("plan", { profile, base, plan });
  return { tx: "new", profile, event: { type: "begin", command, user, base, plan } };
}

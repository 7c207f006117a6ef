import { StoreError } from "../errors.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { JsonObject, KnownEvent, LogEvent } from "./log-event.ts";
import {
  type Carry,
  isFault,
  LOG_VERSION,
  type LogRecord,
  type OpenIntent,
  parseLine,
  type Replaces,
  sealLine,
  ZERO_SUM,
} from "./log-record.ts";

/** What is to be logged, before it has its place in the chain. */
export interface NewRecord {
  /** `new`: the next number, the same for all records of one append; 0 for what belongs to no transaction. */
  readonly tx: number | "new";
  readonly profile?: string | undefined;
  readonly event: KnownEvent;
  readonly replaces?: Replaces | undefined;
  /** Further members; `crit: true` forbids writing to programs that do not know the record's type. */
  readonly extra?: JsonObject | undefined;
}

/** The end of a log: what the next record must know. */
export interface LogEnd {
  readonly seq: number;
  /** `prev` of the next record. */
  readonly prev: string;
  /** Empty for an empty log. */
  readonly time: string;
  readonly carry: Carry;
  /** Length of the last line in bytes. */
  readonly bytes: number;
}

export interface Stamp {
  /** UTC with milliseconds and `Z`. */
  readonly time: string;
  readonly zone: string;
}

export interface ChainedRecord {
  readonly record: LogRecord;
  /** The line without its line feed. */
  readonly line: string;
}

/** A snapshot is due after so many transactions … */
export const SNAPSHOT_TRANSACTIONS = 64;
/** … or after so many bytes, when that is more than the snapshot itself. */
export const SNAPSHOT_BYTES = 262_144;

export const EMPTY_LOG: LogEnd = {
  seq: 0,
  prev: ZERO_SUM,
  time: "",
  carry: { lastTx: 0, era: 1, due: [SNAPSHOT_TRANSACTIONS, SNAPSHOT_BYTES] },
  bytes: 0,
};

export function endAfter(record: LogRecord, bytes: number): LogEnd {
  const { seq, time, carry } = record;
  return { seq, prev: record.replaces?.sum ?? record.sum, time, carry, bytes };
}

/**
 * Gives each draft its place after `end`.
 * @throws StoreError INVALID_INPUT for an event that no reader would accept, DAMAGED for a transaction that is not in the log
 */
export function chainRecords(drafts: readonly NewRecord[], end: LogEnd, stamp: Stamp): readonly ChainedRecord[] {
  const tx = end.carry.lastTx + 1;
  const chained: ChainedRecord[] = [];
  let last = end;
  for (const draft of drafts) {
    const next = chainRecord({ ...draft, tx: draft.tx === "new" ? tx : draft.tx }, last, stamp);
    chained.push(next);
    last = endAfter(next.record, Buffer.byteLength(next.line));
  }
  return chained;
}

/** Whether a snapshot should follow a record: only behind one that ends a transaction. */
export function isSnapshotDue(record: LogRecord): boolean {
  const [transaction, bytes] = record.carry.due;
  return !isStep(record.event.type) && (record.tx >= transaction || bytes < 0);
}

/** Whether a transaction is done whose records so far are of these types, in their order. */
export function isTransactionEnd(types: readonly LogEvent["type"][]): boolean {
  const [first, last] = [types[0], types.at(-1)];
  return last === "commit" || last === "abort" || (first !== undefined && !isStep(first));
}

/** Whether a record of the same transaction must follow. */
function isStep(type: LogEvent["type"]): boolean {
  return type === "begin" || type === "generation" || type === "intent";
}

/** The members of a record that `carry` depends on. */
export interface CarryInput extends Pick<LogRecord, "seq" | "tx" | "time" | "profile" | "event"> {
  /** Members as they stand in the log; only `crit` counts. */
  readonly members: JsonObject;
}

/** `carry` of a record that stands after `end`; also for records that are chained anew. */
export function carryOf(record: CarryInput, end: LogEnd): Carry {
  const { carry } = end;
  const lastTx = Math.max(carry.lastTx, record.tx);
  const intents = intentsAfter(carry.intents ?? [], record);
  const crit = record.members.crit === true ? record.seq : carry.crit;
  return {
    lastTx,
    era: record.time < end.time ? record.seq : carry.era,
    due: record.event.type === "snapshot" ? dueAfter(record.event, lastTx) : [carry.due[0], carry.due[1] - end.bytes],
    ...(intents.length > 0 && { intents }),
    ...(crit !== undefined && { crit }),
  };
}

function chainRecord(draft: NewRecord & { tx: number }, end: LogEnd, stamp: Stamp): ChainedRecord {
  const { tx, profile, event, replaces } = draft;
  if (tx > end.carry.lastTx + 1) throw unknownTransaction(tx, end);
  const seq = replaces?.last ?? end.seq + 1;
  const carry = carryOf({ seq, tx, time: stamp.time, profile, event, members: draft.extra ?? {} }, end);
  const common = { v: LOG_VERSION, seq, ...stamp, tx, profile, replaces, prev: end.prev, carry };
  const line = sealLine({ ...draft.extra, ...event, ...common } as unknown as JsonObject);
  const record = parseLine(line);
  if (!isFault(record)) return { record, line };
  throw new StoreError("INVALID_INPUT", `a ${event.type} record cannot be logged: ${record.reason}`);
}

/** Who begins a transaction has its number from the log: it is another log by now, or what stood there is gone. */
function unknownTransaction(tx: number, end: LogEnd): StoreError {
  const { lastTx } = end.carry;
  return new StoreError(
    "DAMAGED",
    `the store was replaced meanwhile: its log ends with #${lastTx}, and this is #${tx}`,
    {
      hint: "See `store list` and `store verify`, then run the command again; nothing may move or restore a store that is in use.",
      details: { lastTransaction: lastTx, transaction: tx },
    },
  );
}

function intentsAfter(open: readonly OpenIntent[], record: CarryInput): readonly OpenIntent[] {
  const { seq, tx, profile, event } = record;
  if (event.type === "intent" && profile !== undefined) return [...open, { tx, seq, profile }];
  if (event.type !== "commit" && event.type !== "abort") return open;
  return open.filter((intent) => intent.tx !== tx || (profile !== undefined && intent.profile !== profile));
}

/** An event that was read has the other members of its record, too, which do not count. */
function dueAfter({ type, profiles }: Extract<LogEvent, { type: "snapshot" }>, lastTx: number): Carry["due"] {
  const bytes = Buffer.byteLength(canonicalJson({ type, profiles } as unknown as JsonObject));
  // The snapshot's own line is taken off by the record that follows.
  return [lastTx + SNAPSHOT_TRANSACTIONS, Math.max(SNAPSHOT_BYTES, bytes) + bytes];
}

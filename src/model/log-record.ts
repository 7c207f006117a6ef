import { canonicalJson, canonicalSum } from "./canonical-json.ts";
import { eventOf, isCount, isText, type JsonObject, type LogEvent, listOf, objectWith, optional } from "./log-event.ts";
import { sumOfText } from "./sha256.ts";

/** Version of the members that all records have. */
export const LOG_VERSION = 1;

/** `prev` of the first record. */
export const ZERO_SUM = "0".repeat(64);

/** One line of the transaction log. */
export interface LogRecord {
  /** 1, 2, 3 and so on over all segments. */
  readonly seq: number;
  /** UTC with milliseconds, `2026-11-20T18:04:05.123Z`; never used to order records. */
  readonly time: string;
  /** IANA name of the time zone of the person who made the change. */
  readonly zone: string;
  /** Number of the transaction, 0 for what the log writes by itself. */
  readonly tx: number;
  /** Absent when the record concerns the store as a whole. */
  readonly profile: string | undefined;
  readonly event: LogEvent;
  readonly carry: Carry;
  readonly replaces: Replaces | undefined;
  /** Sum of the record before, or what that one says in `replaces.sum`. */
  readonly prev: string;
  /** SHA-256 of the RFC 8785 text of the record without `sum`, 64 lower-case hexadecimal digits. */
  readonly sum: string;
  /** The whole record as it stands in the log, with members that this program does not know. */
  readonly members: JsonObject;
}

/** What a writer must know of all records up to this one, itself included, so that the last line suffices. */
export interface Carry {
  /** Highest transaction number given so far. */
  readonly lastTx: number;
  /** Number of the record since which times have never gone back. */
  readonly era: number;
  /** A snapshot is due when a transaction of this number is done, or when this many more bytes are written. */
  readonly due: readonly [transaction: number, bytes: number];
  /** Intents that neither a commit nor an abort has followed. */
  readonly intents?: readonly OpenIntent[];
  /** Number of the last record marked `crit`. */
  readonly crit?: number;
}

export interface OpenIntent {
  readonly tx: number;
  readonly seq: number;
  readonly profile: string;
}

/** A record that stands in the place of records first to last, and has the number of the last. */
export interface Replaces {
  readonly first: number;
  readonly last: number;
  /** `prev` of the record that follows; absent: the stand-in's own sum. */
  readonly sum?: string;
}

/** Why a line is no valid record. `edited`: all is there, but the sum is of other content. */
export interface LineFault {
  readonly kind: "damaged" | "edited" | "newer";
  readonly reason: string;
  /** The record as far as it can be read. */
  readonly record: LogRecord | undefined;
}

/** Reads one line of the log, without its line feed. */
export function parseLine(line: string): LogRecord | LineFault {
  const members = parseMembers(line);
  if (typeof members === "string") return { kind: "damaged", reason: members, record: undefined };
  const record = recordOf(members);
  const sealed = hasRightSum(line, members);
  if (typeof record === "string") {
    const newer = sealed && typeof members.v === "number" && members.v > LOG_VERSION;
    return { kind: newer ? "newer" : "damaged", reason: record, record: undefined };
  }
  return sealed ? record : { kind: "edited", reason: "its sum is that of other content", record };
}

export function isFault(line: LogRecord | LineFault): line is LineFault {
  return "kind" in line;
}

/** The text of a record, sealed with its sum. Members that are `undefined` are left out. */
export function sealLine(members: JsonObject): string {
  const { sum: _, ...unsealed } = members;
  lastRight = canonicalJson({ ...unsealed, sum: canonicalSum(unsealed) });
  return lastRight;
}

/** The reason why `record` does not follow `before`, which is `undefined` at the beginning of the log. */
export function linkFault(before: LogRecord | undefined, record: LogRecord): string | undefined {
  const expected = (before?.seq ?? 0) + 1;
  const first = record.replaces?.first ?? record.seq;
  if (before === undefined && record.replaces && record.prev === ZERO_SUM) return undefined;
  if (first > expected) return `records ${expected} to ${first - 1} are missing`;
  if (first < expected) return `record ${record.seq} stands after record ${before?.seq}`;
  const prev = before ? (before.replaces?.sum ?? before.sum) : ZERO_SUM;
  return record.prev === prev ? undefined : `record ${record.seq} does not continue the chain`;
}

/** The record as the members say, whatever their sum, or what is wrong with them. */
export function recordOf(members: JsonObject): LogRecord | string {
  if (members.v !== LOG_VERSION) return `it has version ${JSON.stringify(members.v)}, known is ${LOG_VERSION}`;
  const wrong = Object.keys(COMMON).find((member) => !COMMON[member]?.(members[member]));
  if (wrong !== undefined) return `'${wrong}' is missing or wrong`;
  const replaces = members.replaces as Replaces | undefined;
  if (replaces && replaces.last !== members.seq) return "'replaces' does not end with its own number";
  const event = eventOf(members);
  if (typeof event === "string") return event;
  if (PROFILE_TYPES.has(event.type) && members.profile === undefined) return "'profile' is missing";
  const { seq, tx, carry, ...rest } = members as unknown as Omit<LogRecord, "event" | "members">;
  return {
    seq,
    time: rest.time,
    zone: rest.zone,
    tx,
    profile: rest.profile,
    event,
    carry: carry ?? { lastTx: tx, era: 1, due: [0, 0] },
    replaces: rest.replaces,
    prev: rest.prev,
    sum: rest.sum,
    members,
  };
}

const PROFILE_TYPES: ReadonlySet<string> = new Set([
  "generation",
  "intent",
  "commit",
  "pin",
  "unpin",
  "tag",
  "untag",
  "delete",
]);

const isSum = (value: unknown) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isNumber = (value: unknown) => isCount(value) && value !== 0;
const isTime = (value: unknown) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));

const isCarry = objectWith({
  lastTx: isCount,
  era: isNumber,
  due: (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger),
  intents: optional(listOf(objectWith({ tx: isCount, seq: isNumber, profile: isText }))),
  crit: optional(isNumber),
});

const COMMON: Readonly<Record<string, (value: unknown) => boolean>> = {
  seq: isNumber,
  time: isTime,
  zone: isText,
  tx: isCount,
  type: isText,
  profile: optional(isText),
  carry: optional(isCarry),
  replaces: optional(
    (value) =>
      objectWith({ first: isNumber, last: isNumber, sum: optional(isSum) })(value) &&
      (value as Replaces).first <= (value as Replaces).last,
  ),
  prev: isSum,
  sum: isSum,
};

function parseMembers(line: string): JsonObject | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "it is not JSON";
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : "it is not a JSON object";
}

/**
 * The line whose sum was made or found right last: who appends to the log reads its last line again and again, and its
 * sum would take longer than the rest.
 */
let lastRight = "";

function hasRightSum(line: string, members: JsonObject): boolean {
  if (line === lastRight) return true;
  const isRight = isSumRight(line, members);
  if (isRight) lastRight = line;
  return isRight;
}

function isSumRight(line: string, members: JsonObject): boolean {
  const { sum, ...unsealed } = members;
  // A line that was not edited is canonical text: its sum can be checked without printing it again.
  const text = line.replace(`"sum":"${sum}",`, "");
  if (sumOfText(text) === sum) return true;
  try {
    return canonicalSum(unsealed) === sum;
  } catch {
    // Nested too deep, or a number that JSON cannot hold: no writer of ours printed that.
    return false;
  }
}

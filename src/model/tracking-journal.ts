import { StoreError } from "../errors.ts";
import { canonicalSum, type Json } from "./canonical-json.ts";
import {
  type BaseName,
  type GenerationNumber,
  type ProfileName,
  parseBaseName,
  parseGenerationNumber,
  parseProfileName,
} from "./ids.ts";
import { damagedRecord, isJsonObject, parseJsonObject, readRecord } from "./json-object.ts";
import { eventOf, isChange, type JsonObject, type LogChange } from "./log-event.ts";
import { isMark, type MarkEvent } from "./marks.ts";
import { type PackageStep, stepsOf, stepsToChange } from "./package-steps.ts";

/** A generation as a journal names it: its number counts in its own profile, its forest everywhere. */
export interface JournalState {
  readonly generation: GenerationNumber;
  /** The forest. */
  readonly path: BaseName;
}

/** One change of a profile in a file of its own: enough to take it back, or to do the same elsewhere. */
export interface TrackingJournal {
  /** Id of the store. */
  readonly store: string;
  readonly profile: ProfileName;
  /** Number in the log; 0 when nothing was changed. */
  readonly transaction: number;
  /** UTC, RFC 3339. */
  readonly time: string;
  readonly command: readonly string[];
  readonly from: JournalState;
  readonly to: JournalState;
  readonly steps: readonly PackageStep[];
  /** A change of pins or names, and the one that takes it back. */
  readonly mark: { readonly done: MarkEvent; readonly back: MarkEvent } | undefined;
  readonly unknown: Readonly<Record<string, unknown>>;
}

const JOURNAL_FORMAT = 1;

export function printJournal(journal: TrackingJournal): string {
  const { unknown, steps, ...known } = journal;
  const members = { format: JOURNAL_FORMAT, kind: "journal", ...known, change: stepsToChange(steps), ...unknown };
  // What JSON leaves out must not count in the sum either.
  const plain = JSON.parse(JSON.stringify(members)) as { readonly [key: string]: Json };
  return `${JSON.stringify({ ...plain, sum: canonicalSum(plain) }, null, 1)}\n`;
}

/** @throws StoreError INVALID_INPUT for a file that is no journal, DAMAGED for one that was changed, NEWER_FORMAT */
export function parseJournal(text: string, source: string): TrackingJournal {
  const { sum, ...members } = readMembers(text, source);
  if (sum !== canonicalSum(members as { readonly [key: string]: Json })) throw changed(source);
  const { from, to, change, mark, kind: _, command, ...rest } = members;
  const record = readRecord(rest, source, JOURNAL_FORMAT);
  if (!isChange(change)) throw damagedRecord(source, "change is not a change of packages");
  return {
    store: record.text("store"),
    profile: record.parsed("profile", parseProfileName),
    transaction: record.count("transaction"),
    time: record.text("time"),
    command: (Array.isArray(command) ? command : []).map(String),
    from: readState(from, source),
    to: readState(to, source),
    steps: stepsOf(change as LogChange, source),
    mark: mark === undefined ? undefined : readMark(mark, source),
    unknown: record.rest(),
  };
}

function readMembers(text: string, source: string): Readonly<Record<string, unknown>> {
  try {
    const members = parseJsonObject(text, source);
    if (members.kind === "journal") return members;
  } catch {
    // What is no JSON is no journal.
  }
  throw new StoreError("INVALID_INPUT", `${source} is no journal`, {
    hint: "A journal is written by `--tracking-journal FILE`, or by `store journal '#57' FILE`.",
    details: { file: source },
  });
}

function changed(source: string): StoreError {
  return new StoreError("DAMAGED", `${source} is damaged: its sum is that of other content`, {
    hint: "Write it again with `store journal '#57' FILE`.",
    details: { file: source },
  });
}

function readState(value: unknown, source: string): JournalState {
  if (!isJsonObject(value)) throw damagedRecord(source, "from or to is missing");
  const record = readRecord({ format: JOURNAL_FORMAT, ...value }, source, JOURNAL_FORMAT);
  return {
    generation: parseGenerationNumber(record.count("generation")),
    path: record.parsed("path", parseBaseName),
  };
}

function readMark(value: unknown, source: string): NonNullable<TrackingJournal["mark"]> {
  const { done, back } = isJsonObject(value) ? value : {};
  const [first, second] = [done, back].map((item) => (isJsonObject(item) ? eventOf(item as JsonObject) : "nothing"));
  if (first && second && typeof first !== "string" && typeof second !== "string" && isMark(first) && isMark(second))
    return { done: first, back: second };
  throw damagedRecord(source, "mark is not a change of pins or names");
}

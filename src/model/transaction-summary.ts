import { isTransactionEnd } from "./chain.ts";
import type { LogChange, LogEvent } from "./log-event.ts";
import type { LogRecord } from "./log-record.ts";

/** What one transaction did, for people. */
export interface TransactionSummary {
  /** 0 for what the log wrote by itself. */
  readonly tx: number;
  readonly profile: string | undefined;
  /** UTC: of the last record. */
  readonly time: string;
  readonly zone: string;
  /** The command's own word, or the type of the only record: `upgrade`, `trim`. */
  readonly action: string;
  readonly command: readonly string[] | undefined;
  readonly user: string | undefined;
  readonly outcome: "done" | "failed" | "unfinished";
  /** Why it failed. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
  /** The switch, when there was one. */
  readonly switched: { readonly from: number; readonly to: number; readonly change: LogChange | undefined } | undefined;
  /** What else was logged: pins, tags, trims. */
  readonly events: readonly LogEvent[];
  /** Its clock was behind that of the transaction before it. */
  readonly clockWentBack: boolean;
  readonly records: readonly LogRecord[];
}

/** `records`: all of one transaction, in their order, at least one. */
export function summariseTransaction(records: readonly LogRecord[]): TransactionSummary {
  const [first, last] = [records[0] as LogRecord, records.at(-1) as LogRecord];
  const events = records.map(({ event }) => event);
  const begin = events.find((event) => event.type === "begin");
  const commit = events.find((event) => event.type === "commit");
  const abort = events.find((event) => event.type === "abort");
  const ended = isTransactionEnd(events.map(({ type }) => type));
  return {
    tx: first.tx,
    profile: records.find(({ profile }) => profile !== undefined)?.profile,
    time: last.time,
    zone: last.zone,
    action: begin ? commandWord(begin.command) : wordFor(events),
    command: begin?.command,
    user: begin?.user,
    outcome: abort ? "failed" : ended ? "done" : "unfinished",
    failure: abort?.reason,
    switched: commit && commit.from !== commit.to ? switchOf(commit, events) : undefined,
    events: events.filter(({ type }) => !STEPS.has(type)),
    clockWentBack: records.some(({ seq, carry }) => carry.era === seq && seq > 1),
    records,
  };
}

const STEPS: ReadonlySet<string> = new Set(["begin", "generation", "intent", "commit", "abort"]);

/** Options of the command line that take the next word as their value. */
const VALUED: ReadonlySet<string> = new Set([
  "--root",
  "-p",
  "--profile",
  "--recipes",
  "--debug",
  "--color",
  "--admindir",
  "--instdir",
  "--repository",
  "--tracking-journal",
]);

function commandWord(command: readonly string[]): string {
  const words = command.slice(1);
  const word = words.find((item, at) => !item.startsWith("-") && !VALUED.has(words[at - 1] ?? ""));
  return word ?? command[0] ?? "";
}

/** What was written anew has no command, but a reason. */
function wordFor(events: readonly LogEvent[]): string {
  const made = events.find((event) => event.type === "generation");
  if (made?.type === "generation") return made.reason.split(" ")[0] || made.type;
  const [first] = events as [LogEvent];
  return first.type === "commit" ? "switch" : typeOf(first);
}

function typeOf(event: LogEvent): string {
  return event.type === "unknown" ? event.name : event.type;
}

/** What a generation that was made changed stands in its own record, as the difference to its parent. */
function switchOf({ from, to, change }: LogEvent & { type: "commit" }, events: readonly LogEvent[]) {
  const made = events.find((event) => event.type === "generation" && event.generation === to && event.parent === from);
  return { from, to, change: change ?? (made?.type === "generation" ? made.change : undefined) };
}

import { formatCount } from "./format-count.ts";
import type { LogChange, LogEvent } from "./log-event.ts";
import { packageStep } from "./package-step.ts";
import { clip, printable, printableCommand } from "./printable.ts";
import type { TransactionSummary } from "./transaction-summary.ts";

export interface LineContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What the calendar and the clock of the person who reads show at an instant. */
  readonly localTime: (instant: number) => LocalTime;
  /** `→` unless given. */
  readonly arrow?: string;
}

export interface LocalTime {
  /** The local day, as the UTC instant of its midnight. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const MOST_PACKAGES = 8;
const LONGEST_COMMAND = 200;

/**
 * Makes lines such as `#57  yesterday 18:04  upgrade  gen-41 → gen-42  mpfr {4.2.0 -> 4.2.2}  (store upgrade mpfr)`.
 * Control characters are escaped.
 */
export function transactionLiner(context: LineContext): (summary: TransactionSummary) => string {
  const when = timeTeller(context);
  return (summary) => transactionLine(summary, when(summary.time), context.arrow ?? "→");
}

function transactionLine(summary: TransactionSummary, when: string, arrow: string): string {
  const { tx, profile, switched, command } = summary;
  const columns = [
    tx > 0 ? `#${tx}` : "-",
    when,
    summary.action,
    profile === undefined || profile === "default" ? "" : `[${profile}]`,
    switched ? `gen-${switched.from} ${arrow} gen-${switched.to}` : "",
    switched?.change ? changeText(switched.change, arrow) : "",
    ...summary.events.map(eventText),
    replacedText(summary),
    outcomeText(summary),
    summary.clockWentBack ? "(the clock went back)" : "",
  ];
  const line = columns.map(printable).filter((column) => column !== "");
  return [...line, ...(command ? [`(${clip(printableCommand(command), LONGEST_COMMAND)})`] : [])].join("  ");
}

/**
 * Tells a UTC time as `today 18:04`, `yesterday 18:04`, `monday 18:04` within the last six days, otherwise as
 * `2026-11-20 18:04`.
 */
export function timeTeller({ now, localTime }: LineContext): (time: string) => string {
  const today = localTime(now).day;
  return (time) => {
    const { day, hour, minute } = localTime(Date.parse(time));
    const clock = [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
    return `${dayText(new Date(day), Math.round((today - day) / 86_400_000))} ${clock}`;
  };
}

/** `+foo 1.2, -bar 1.0, mpfr {4.2.0 -> 4.2.2}, foo 1.2 [+x11 → -x11], foo 1.2 (rebuilt), foo 1.2 (priority 5 → 3)`. */
export function changeText({ added, removed, upgraded }: LogChange, arrow = "→"): string {
  const parts = [
    ...added.map((item) => `+${item.name} ${item.version}`),
    ...removed.map((item) => `-${item.name} ${item.version}`),
    ...upgraded.map(({ name, from, to }) => `${name} ${packageStep(from, to, { arrow, why: "rebuilt" })}`),
  ];
  const more = parts.length - MOST_PACKAGES;
  return parts.slice(0, more > 1 ? MOST_PACKAGES : parts.length).join(", ") + (more > 1 ? ` and ${more} more` : "");
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

function dayText(day: Date, ago: number): string {
  if (ago === 0) return "today";
  if (ago === 1) return "yesterday";
  return (ago > 1 && ago < 7 && WEEKDAYS[day.getUTCDay()]) || day.toISOString().slice(0, 10);
}

function eventText(event: LogEvent): string {
  switch (event.type) {
    case "pin":
    case "unpin":
      return `gen-${event.generation}`;
    case "tag":
      return `${event.name} = gen-${event.generation}`;
    case "untag":
      return event.name;
    case "delete":
      return event.generations.map((generation) => `gen-${generation}`).join(", ");
    case "gc":
      return `${formatCount(event.deleted, "object")}, ${formatCount(event.freedBytes, "byte")} freed`;
    case "trim":
      return `${formatCount(event.dropped.transactions, "transaction")} dropped`;
    case "snapshot":
      return formatCount(Object.keys(event.profiles).length, "profile");
    case "migrate":
      return `format ${event.from} → ${event.to}`;
    case "reseal":
      return `edited: ${event.edited?.join(", ") || "none"}`;
    case "recover":
      return event.file === undefined ? event.what : `${event.what}, kept in log/${event.file}`;
    default:
      return "";
  }
}

/** Which records are lost where one stands in for them. */
function replacedText({ records }: TransactionSummary): string {
  const { event, replaces } = records[0] ?? {};
  if (event?.type !== "recover" || !replaces) return "";
  return replaces.first === replaces.last ? `record ${replaces.last}` : `records ${replaces.first} to ${replaces.last}`;
}

/** What a message quotes of a file, and the line that says so: there is too much of it, and the message has the file's path. */
const QUOTED = /\n[^\n]*:(?:\n {2}\| [^\n]*)+/g;

/** `these differ at: bin/a, bin/b`: a message whose further lines list what its first one speaks of. */
function joinLines(message: string): string {
  const [first = "", ...others] = message
    .replace(QUOTED, "")
    .split("\n")
    .map((line) => line.trim());
  const rest = others.filter((line) => line !== "").join(", ");
  return rest === "" ? first : `${first.replace(/:$/, "")}: ${rest}`;
}

function outcomeText({ outcome, failure, switched, events, records }: TransactionSummary): string {
  switch (outcome) {
    case "failed":
      return `failed: ${joinLines(failure?.message ?? "")}`;
    case "unfinished":
      return "not finished";
    case "done":
      return switched || events.length > 0 || records[0]?.tx === 0 ? "" : "nothing changed";
  }
}

import type { Json } from "./canonical-json.ts";
import { isJsonObject } from "./json-object.ts";
import type { LogChange, LogEvent, LogPackage } from "./log-event.ts";
import { printable, printableCommand } from "./printable.ts";
import type { TransactionSummary } from "./transaction-summary.ts";

export interface LineContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** IANA name of the zone of the person who reads. */
  readonly timeZone: string;
}

const MOST_PACKAGES = 8;

/**
 * Makes lines such as `#57  yesterday 18:04  upgrade  gen-41 → gen-42  mpfr {4.2.0 -> 4.2.2}  (store upgrade mpfr)`.
 * Control characters are escaped.
 */
export function transactionLiner(context: LineContext): (summary: TransactionSummary) => string {
  const when = timeTeller(context);
  return (summary) => transactionLine(summary, when(summary.time));
}

function transactionLine(summary: TransactionSummary, when: string): string {
  const { tx, profile, switched, command } = summary;
  const columns = [
    tx > 0 ? `#${tx}` : "-",
    when,
    summary.action,
    profile === undefined || profile === "default" ? "" : `[${profile}]`,
    switched ? `gen-${switched.from} → gen-${switched.to}` : "",
    switched?.change ? changeText(switched.change) : "",
    ...summary.events.map(eventText),
    outcomeText(summary),
    summary.clockWentBack ? "(the clock went back)" : "",
  ];
  const line = columns.map(printable).filter((column) => column !== "");
  return [...line, ...(command ? [`(${printableCommand(command)})`] : [])].join("  ");
}

/**
 * Tells a UTC time as `today 18:04`, `yesterday 18:04`, `monday 18:04` within the last six days, otherwise as
 * `2026-11-20 18:04`.
 */
export function timeTeller({ now, timeZone }: LineContext): (time: string) => string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const today = localParts(format, now).day;
  return (time) => {
    const { day, clock } = localParts(format, Date.parse(time));
    return `${dayText(new Date(day), Math.round((today - day) / 86_400_000))} ${clock}`;
  };
}

/** `+foo 1.2, -bar 1.0, mpfr {4.2.0 -> 4.2.2}, foo 1.2 [+x11 → -x11], foo 1.2 (rebuilt)`. */
export function changeText({ added, removed, upgraded }: LogChange): string {
  const parts = [
    ...added.map((item) => `+${item.name} ${item.version}`),
    ...removed.map((item) => `-${item.name} ${item.version}`),
    ...upgraded.map(({ name, from, to }) => upgradeText(name, from, to)),
  ];
  const more = parts.length - MOST_PACKAGES;
  return parts.slice(0, more > 1 ? MOST_PACKAGES : parts.length).join(", ") + (more > 1 ? ` and ${more} more` : "");
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** The local day, as the UTC instant of its midnight, and the clock. */
function localParts(format: Intl.DateTimeFormat, instant: number): { readonly day: number; readonly clock: string } {
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const day = Date.UTC(Number(part.year), Number(part.month) - 1, Number(part.day));
  return { day, clock: `${part.hour}:${part.minute}` };
}

function dayText(day: Date, ago: number): string {
  if (ago === 0) return "today";
  if (ago === 1) return "yesterday";
  return (ago > 1 && ago < 7 && WEEKDAYS[day.getUTCDay()]) || day.toISOString().slice(0, 10);
}

function upgradeText(name: string, from: LogPackage, to: LogPackage): string {
  if (from.version !== to.version) return `${name} {${from.version} -> ${to.version}}`;
  const [old, next] = [optionTexts(from.options), optionTexts(to.options)];
  const changed = (texts: readonly string[], others: readonly string[]) =>
    texts.filter((text) => !others.includes(text)).join(" ");
  const [before, after] = [changed(old, next), changed(next, old)];
  return before === after ? `${name} ${to.version} (rebuilt)` : `${name} ${to.version} [${before} → ${after}]`;
}

function optionTexts(options: Json | undefined): readonly string[] {
  if (!isJsonObject(options)) return [];
  return Object.entries(options).map(([name, value]) =>
    typeof value === "boolean" ? `${value ? "+" : "-"}${name}` : `${name}=${value}`,
  );
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
      return `${event.deleted} objects, ${event.freedBytes} bytes freed`;
    case "trim":
      return `${event.dropped.transactions} transactions dropped`;
    case "snapshot":
      return `${Object.keys(event.profiles).length} profiles`;
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

function outcomeText({ outcome, failure, switched, events, records }: TransactionSummary): string {
  switch (outcome) {
    case "failed":
      return `failed: ${failure?.message ?? ""}`;
    case "unfinished":
      return "not finished";
    case "done":
      return switched || events.length > 0 || records[0]?.tx === 0 ? "" : "nothing changed";
  }
}

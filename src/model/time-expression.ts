import { StoreError } from "../errors.ts";

/** A time as a person writes it, before a clock and a time zone give it a place. */
export type TimeExpression =
  | { readonly kind: "now" }
  | { readonly kind: "ago"; readonly amounts: Amounts }
  /** Without `clock` the whole day is meant; without `day` the last time that the clock showed `clock`. */
  | {
      readonly kind: "point";
      readonly day: DayReference | undefined;
      readonly clock: ClockTime | undefined;
      readonly zone: ZoneReference | undefined;
    };

export type DayReference =
  | { readonly kind: "date"; readonly year: number; readonly month: number; readonly day: number }
  | { readonly kind: "days-ago"; readonly days: 0 | 1 }
  /** ISO: 1 is Monday. `beforeToday`: today does not count. */
  | { readonly kind: "weekday"; readonly weekday: number; readonly beforeToday: boolean };

export interface ClockTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** `offset` as `+01:00`, `name` as `Europe/Berlin`; at least one is there. */
export interface ZoneReference {
  readonly offset: string | undefined;
  readonly name: string | undefined;
}

export type Unit = "years" | "months" | "weeks" | "days" | "hours" | "minutes" | "seconds";

/** How far back: whole numbers, each at most once. */
export type Amounts = Readonly<Partial<Record<Unit, number>>>;

/** A time with its place on the UTC time line, in milliseconds since 1970. */
export interface ResolvedTime {
  readonly kind: "instant" | "day";
  /** The first moment that is meant; for an instant the same as `instant`. */
  readonly from: number;
  /** The last moment that is meant: what was live then is the state at this time. */
  readonly instant: number;
  /** The clocks never showed this local time (`skipped`: the moment they were moved), or showed it twice (the later). */
  readonly note?: "skipped" | "repeated";
}

/** What a message says about the forms that a time can have. */
export const TIME_FORMS =
  "'2026-11-20T18:00' (also with seconds, Z, +01:00 or [Europe/Berlin]), '2026-11-20', '18:00', 'today', 'yesterday 18:00', 'monday', 'last monday', '2 hours ago', '3d', '90m'";

/** @throws StoreError INVALID_INPUT */
export function parseTime(text: string): TimeExpression {
  const expression = matchTime(text);
  if (expression) return expression;
  throw new StoreError("INVALID_INPUT", `'${text}' is not a time`, {
    hint: `${suggestTime(text) ?? ""}A time is written like ${TIME_FORMS}.`,
  });
}

/**
 * `undefined` when `text` has none of the forms of a time.
 * @throws StoreError INVALID_INPUT when it has one, but there is no such day, hour or minute
 */
export function matchTime(text: string): TimeExpression | undefined {
  const words = text.trim().replace(/\s+/g, " ");
  if (/^now$/i.test(words)) return { kind: "now" };
  const amounts = matchAmounts(words.toLowerCase());
  return amounts ? { kind: "ago", amounts } : matchPoint(words, text);
}

/**
 * The place of an expression that needs no calendar: `now`, hours, minutes and seconds ago, and a date with an offset.
 * `undefined` for all others; `resolveTime` in resolve-time.ts serves them all.
 */
export function resolveExactTime(expression: TimeExpression, now: number): ResolvedTime | undefined {
  switch (expression.kind) {
    case "now":
      return exactly(now);
    case "ago": {
      const { hours = 0, minutes = 0, seconds = 0, ...calendar } = expression.amounts;
      if (Object.keys(calendar).length > 0) return undefined;
      return exactly(now - ((hours * 60 + minutes) * 60 + seconds) * 1000);
    }
    case "point": {
      const { day, clock, zone } = expression;
      if (day?.kind !== "date" || !clock || !zone?.offset || zone.name) return undefined;
      const local = Date.UTC(day.year, day.month - 1, day.day, clock.hour, clock.minute, clock.second);
      return exactly(local + clock.millisecond - offsetMinutes(zone.offset) * 60_000);
    }
  }
}

/** One moment, in milliseconds since 1970. */
export function exactly(instant: number): ResolvedTime {
  return { kind: "instant", from: instant, instant };
}

/** A sentence with a trailing space for texts that are nearly a time. */
export function suggestTime(text: string): string | undefined {
  const words = text.trim().toLowerCase();
  const local = /^(\d{1,2})[./](\d{1,2})[./](\d{4})|^(\d{4})[./](\d{1,2})[./](\d{1,2})/.exec(words);
  if (local) return "Write the date as year-month-day, such as 2026-11-20. ";
  if (/^\d{1,2}(:\d\d)? ?[ap]m$/.test(words)) return "Write the hour from 00:00 to 23:59, such as 18:00. ";
  if (words.length < 3) return undefined;
  const close = ["today", "yesterday", ...WEEKDAYS].find((word) => isClose(words, word));
  return close && `Did you mean '${close}'? `;
}

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const UNITS: Readonly<Record<Unit, RegExp>> = {
  years: /^(y|yr|yrs|years?)$/,
  months: /^(mo|months?)$/,
  weeks: /^(w|weeks?)$/,
  days: /^(d|days?)$/,
  hours: /^(h|hrs?|hours?)$/,
  minutes: /^(m|mins?|minutes?)$/,
  seconds: /^(s|secs?|seconds?)$/,
};

const AMOUNT = /^(\d{1,7}|an?(?= )) ?([a-z]+)(?: and |, | (?=[\da])|(?=\d)|$)/;

function matchAmounts(words: string): Amounts | undefined {
  let rest = words.replace(/ ago$/, "");
  const amounts: Partial<Record<Unit, number>> = {};
  while (rest !== "") {
    const match = AMOUNT.exec(rest);
    const unit = match && unitOf(match[2] as string);
    if (!match || !unit || amounts[unit] !== undefined) return undefined;
    amounts[unit] = /^a/.test(match[1] as string) ? 1 : Number(match[1]);
    rest = rest.slice(match[0].length);
  }
  return Object.keys(amounts).length > 0 ? amounts : undefined;
}

function unitOf(word: string): Unit | undefined {
  return (Object.keys(UNITS) as Unit[]).find((unit) => UNITS[unit].test(word));
}

const POINT =
  /^(?:(?<year>\d{4})-(?<month>\d\d)-(?<date>\d\d)|(?<word>(?:last )?[a-z]+))?(?:(?<gap>^|[ t]| at )(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?)? ?(?<offset>z|utc|[+-]\d\d(?::?\d\d)?)?(?: ?\[(?<zone>[^\]]+)\]| (?<area>[a-z_]+\/[a-z0-9_/+-]+))?$/i;

function matchPoint(words: string, text: string): TimeExpression | undefined {
  const part = POINT.exec(words)?.groups;
  if (!part) return undefined;
  const day = part.year === undefined ? matchDayWord(part.word) : dateOf(part, text);
  const hasDay = part.year !== undefined || part.word !== undefined;
  const clock = part.hour === undefined ? undefined : clockOf(part, text);
  if ((hasDay && !day) || (!day && !clock)) return undefined;
  if (clock ? hasDay !== (part.gap !== "") : /\d/.test(part.offset ?? "")) return undefined;
  const offset = part.offset && normalOffset(part.offset, text);
  const name = part.zone ?? part.area;
  return { kind: "point", day, clock, zone: offset || name ? { offset: offset || undefined, name } : undefined };
}

function matchDayWord(word: string | undefined): DayReference | undefined {
  const [last, name] = /^last /i.test(word ?? "") ? [true, word?.slice(5)] : [false, word];
  const text = name?.toLowerCase() ?? "";
  if (!last && text === "today") return { kind: "days-ago", days: 0 };
  if (!last && text === "yesterday") return { kind: "days-ago", days: 1 };
  const weekday = WEEKDAYS.findIndex((day) => text === day || text === day.slice(0, 3)) + 1;
  return weekday > 0 ? { kind: "weekday", weekday, beforeToday: last } : undefined;
}

type Parts = Readonly<Record<string, string | undefined>>;

function dateOf(part: Parts, text: string): DayReference {
  const [year, month, day] = [Number(part.year), Number(part.month), Number(part.date)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() === month - 1 && date.getUTCDate() === day) return { kind: "date", year, month, day };
  throw new StoreError("INVALID_INPUT", `'${text}': there is no day ${part.year}-${part.month}-${part.date}`, {
    hint: "Write the date as year-month-day, such as 2026-11-20.",
  });
}

function clockOf(part: Parts, text: string): ClockTime {
  const clock = {
    hour: Number(part.hour),
    minute: Number(part.minute),
    second: Number(part.second ?? 0),
    millisecond: Number((part.fraction ?? "0").padEnd(3, "0").slice(0, 3)),
  };
  if (clock.hour < 24 && clock.minute < 60 && clock.second < 60) return clock;
  throw new StoreError("INVALID_INPUT", `'${text}': no clock shows that time of day`, {
    hint: "Write the time of day from 00:00 to 23:59:59; a day alone means its last state.",
  });
}

function normalOffset(offset: string, text: string): string {
  if (/^(z|utc)$/i.test(offset)) return "+00:00";
  const digits = offset.replace(/\D/g, "").padEnd(4, "0");
  const [hours, minutes] = [digits.slice(0, 2), digits.slice(2)];
  if (Number(hours) < 24 && Number(minutes) < 60) return `${offset[0]}${hours}:${minutes}`;
  throw new StoreError("INVALID_INPUT", `'${text}': ${offset} is not an offset from UTC`, {
    hint: "Write it as Z or +01:00.",
  });
}

function offsetMinutes(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  return offset.startsWith("-") ? -minutes : minutes;
}

/** Whether `text` is the start of `word` or differs from it in one letter, or in two letters exchanged. */
function isClose(text: string, word: string): boolean {
  if (word.startsWith(text)) return true;
  let start = 0;
  while (start < text.length && text[start] === word[start]) start += 1;
  const [left, right] = [text.slice(start), word.slice(start)];
  const swapped = `${left[1] ?? ""}${left[0] ?? ""}${left.slice(2)}`;
  return left.slice(1) === right.slice(1) || left === right.slice(1) || left.slice(1) === right || swapped === right;
}

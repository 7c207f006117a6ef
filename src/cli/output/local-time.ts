import { formatCount } from "../../model/format-count.ts";
import type { LocalTime } from "../../model/transaction-line.ts";

/**
 * `2026-11-20 18:00` in the time zone of this process. Made by hand because the first use of `Intl` costs a start
 * fourteen milliseconds.
 */
export function formatLocalTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** What the calendar and the clock of this process show; made by hand for the same reason. */
export function localTime(instant: number): LocalTime {
  const time = new Date(instant);
  const day = Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
  return { day, hour: time.getHours(), minute: time.getMinutes() };
}

const STEPS = [
  ["minute", 60],
  ["hour", 60],
  ["day", 24],
  ["month", 30.44],
  ["year", 12],
] as const;

/** `just now`, `3 hours ago`, `in 2 days`. */
export function formatRelativeTime(time: Date, now: Date): string {
  let amount = Math.abs(now.getTime() - time.getTime()) / 1000;
  let unit: string | undefined;
  for (const [name, factor] of STEPS) {
    if (amount < factor) break;
    amount /= factor;
    unit = name;
  }
  if (unit === undefined) return "just now";
  const whole = Math.floor(amount);
  const span = formatCount(whole, unit);
  return time <= now ? `${span} ago` : `in ${span}`;
}

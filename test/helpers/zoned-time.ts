import type { LocalTime } from "../../src/model/transaction-line.ts";

/** What clocks show in a time zone, whatever that of the test's own process is. */
export function zonedTime(timeZone: string): (instant: number) => LocalTime {
  const numbers = { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" } as const;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...numbers });
  return (instant) => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = part;
    return { day: Date.UTC(year, month - 1, day), hour, minute };
  };
}

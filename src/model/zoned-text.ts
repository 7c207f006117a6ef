/** How exactly a time is shown. */
export type Precision = "minute" | "second";

/** The precision that shows two times as different, as far as seconds can. */
export function precisionFor(one: string | number, other: string | number): Precision {
  const [minute, otherMinute] = [one, other].map((time) => Math.floor(new Date(time).getTime() / 60_000));
  return minute === otherMinute ? "second" : "minute";
}

/** `2026-11-20 18:00`, as clocks in a time zone show an instant. For messages only: `Intl` takes its time to start. */
export function zonedText(time: string | number, timeZone: string, precision: Precision = "minute"): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  if (timeZone === "UTC")
    return date
      .toISOString()
      .slice(0, precision === "minute" ? 16 : 19)
      .replace("T", " ");
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    hourCycle: "h23",
  });
  const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "";
  const seconds = precision === "minute" ? "" : `:${of("second")}`;
  return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}${seconds}`;
}

/** `2026-11-20 18:00`, as clocks in a time zone show an instant. For messages only: `Intl` takes its time to start. */
export function zonedText(time: string | number, timeZone: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  if (timeZone === "UTC") return date.toISOString().slice(0, 16).replace("T", " ");
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "";
  return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}`;
}

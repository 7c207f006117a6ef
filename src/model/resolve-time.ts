import { Temporal } from "temporal-polyfill";
import { StoreError } from "../errors.ts";
import {
  type ClockTime,
  type DayReference,
  exactly,
  type ResolvedTime,
  resolveExactTime,
  type TimeExpression,
  type ZoneReference,
} from "./time-expression.ts";

export interface TimeContext {
  /** Milliseconds since 1970, UTC. */
  readonly now: number;
  /** The zone of the person who asks: `Europe/Berlin`. */
  readonly timeZone: string;
}

/**
 * The place of a time expression on the time line. Days, weeks, months and years follow the local calendar (a day has
 * 23 or 25 hours where clocks are moved), hours and less are exact. A day ends one millisecond before the next begins.
 * `monday` is the last one that has begun, `last monday` the last one before today, `18:00` the last time it was that.
 * @throws StoreError INVALID_INPUT for a zone that does not exist, an offset that the zone does not have at that time,
 *   or a time outside the calendar
 */
export function resolveTime(expression: TimeExpression, context: TimeContext): ResolvedTime {
  try {
    return resolveExactTime(expression, context.now) ?? resolveByCalendar(expression, context);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const zone = (expression.kind === "point" ? expression.zone?.name : undefined) ?? context.timeZone;
    const problem = isZone(zone)
      ? `that time does not exist in the time zone '${zone}'`
      : `there is no time zone '${zone}'`;
    throw new StoreError("INVALID_INPUT", problem, {
      hint: "Write a zone as [Europe/Berlin] or leave it out; an offset such as +01:00 must be right for the zone.",
      cause: error,
    });
  }
}

function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

function resolveByCalendar(expression: TimeExpression, context: TimeContext): ResolvedTime {
  switch (expression.kind) {
    case "now":
      return exactly(context.now);
    case "ago":
      return resolveAgo(expression, context);
    case "point": {
      const timeZone = expression.zone?.name ?? expression.zone?.offset ?? context.timeZone;
      const now = Temporal.Instant.fromEpochMilliseconds(context.now).toZonedDateTimeISO(timeZone);
      return expression.clock ? resolveClock(expression, expression.clock, now) : resolveDay(expression.day, now);
    }
  }
}

function resolveAgo({ amounts }: TimeExpression & { kind: "ago" }, context: TimeContext): ResolvedTime {
  const { hours = 0, minutes = 0, seconds = 0, ...calendar } = amounts;
  const now = Temporal.Instant.fromEpochMilliseconds(context.now).toZonedDateTimeISO(context.timeZone);
  const then = wallClock(now.toPlainDateTime().subtract(calendar), now.timeZoneId);
  const exact = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return exact === 0 ? then : exactly(then.instant - exact);
}

function resolveDay(day: DayReference | undefined, now: Temporal.ZonedDateTime): ResolvedTime {
  const date = dateOf(day, now);
  const from = startOfDay(date, now.timeZoneId);
  return { kind: "day", from, instant: startOfDay(date.add({ days: 1 }), now.timeZoneId) - 1 };
}

function resolveClock(
  expression: { readonly day: DayReference | undefined; readonly zone: ZoneReference | undefined },
  clock: ClockTime,
  now: Temporal.ZonedDateTime,
): ResolvedTime {
  const { day, zone } = expression;
  const at = (date: Temporal.PlainDate) => inZone(date.toPlainDateTime(clock), now.timeZoneId, zone);
  const date = dateOf(day, now);
  const found = at(date);
  if (found.instant <= now.epochMilliseconds) return found;
  if (day === undefined) return at(date.subtract({ days: 1 }));
  return day.kind === "weekday" && !day.beforeToday ? at(date.subtract({ days: 7 })) : found;
}

function inZone(local: Temporal.PlainDateTime, timeZone: string, zone: ZoneReference | undefined): ResolvedTime {
  if (!zone?.name || !zone.offset) return wallClock(local, timeZone);
  return exactly(Temporal.ZonedDateTime.from(`${local}${zone.offset}[${timeZone}]`).epochMilliseconds);
}

function dateOf(day: DayReference | undefined, now: Temporal.ZonedDateTime): Temporal.PlainDate {
  const today = now.toPlainDate();
  switch (day?.kind) {
    case undefined:
      return today;
    case "date":
      return Temporal.PlainDate.from(day);
    case "days-ago":
      return today.subtract({ days: day.days });
    case "weekday": {
      const days = (today.dayOfWeek - day.weekday + 7) % 7;
      return today.subtract({ days: days === 0 && day.beforeToday ? 7 : days });
    }
  }
}

/** The instant at which clocks in the zone showed `local`; where they skipped it the moment of the jump. */
function wallClock(local: Temporal.PlainDateTime, timeZone: string): ResolvedTime {
  const earlier = local.toZonedDateTime(timeZone, { disambiguation: "earlier" });
  const later = local.toZonedDateTime(timeZone, { disambiguation: "later" });
  if (earlier.equals(later)) return exactly(earlier.epochMilliseconds);
  if (later.toPlainDateTime().equals(local)) return { ...exactly(later.epochMilliseconds), note: "repeated" };
  const jump = earlier.getTimeZoneTransition("next") ?? later;
  return { ...exactly(jump.epochMilliseconds), note: "skipped" };
}

function startOfDay(date: Temporal.PlainDate, timeZone: string): number {
  return date.toZonedDateTime(timeZone).epochMilliseconds;
}

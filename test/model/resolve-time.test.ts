import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { resolveTime } from "../../src/model/resolve-time.ts";
import { matchTime, parseTime, resolveExactTime } from "../../src/model/time-expression.ts";
import { caught } from "../helpers/caught.ts";

const NOW = "2026-11-20T18:30:00Z";

function resolve(text: string, timeZone: string, now = NOW) {
  return resolveTime(parseTime(text), { now: Date.parse(now), timeZone });
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

/** The local date and time that clocks in the zone show, by the platform's own formatter. */
function clockIn(timeZone: string, instant: number): string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return format.format(instant);
}

it("tells a zone that does not exist from a time that does not exist in one", () => {
  for (const [text, zone] of [
    ["yesterday", "Mars/X"],
    ["2026-11-20T18:00[Mars/X]", "UTC"],
  ] as const)
    expect(caught(() => resolve(text, zone))).toMatchObject({ message: "there is no time zone 'Mars/X'" });
  expect(caught(() => resolve("2026-11-20T18:00+05:00[Europe/Berlin]", "UTC"))).toMatchObject({
    message: "that time does not exist in the time zone 'Europe/Berlin'",
  });
});

describe("resolveTime at 2026-11-20T18:30Z, a Friday", () => {
  it.each([
    ["2026-11-20T18:00", "UTC", "2026-11-20T18:00:00.000Z"],
    ["2026-11-20T18:00", "Europe/Berlin", "2026-11-20T17:00:00.000Z"],
    ["2026-11-20 18:00", "America/New_York", "2026-11-20T23:00:00.000Z"],
    ["2026-11-20T18:00", "Australia/Lord_Howe", "2026-11-20T07:00:00.000Z"],
    ["2026-07-01T18:00", "Europe/Berlin", "2026-07-01T16:00:00.000Z"],
    ["2026-07-01T18:00", "Australia/Lord_Howe", "2026-07-01T07:30:00.000Z"],
    ["2026-11-20T18:00:07", "UTC", "2026-11-20T18:00:07.000Z"],
    ["2026-11-20T18:00:07.1239", "UTC", "2026-11-20T18:00:07.123Z"],
    ["2026-11-20t18:00z", "Europe/Berlin", "2026-11-20T18:00:00.000Z"],
    ["2026-11-20 18:00 UTC", "Europe/Berlin", "2026-11-20T18:00:00.000Z"],
    ["2026-11-20T18:00+05:30", "UTC", "2026-11-20T12:30:00.000Z"],
    ["2026-11-20T18:00-0330", "UTC", "2026-11-20T21:30:00.000Z"],
    ["2026-11-20T18:00+01", "UTC", "2026-11-20T17:00:00.000Z"],
    ["2026-11-20T18:00[Europe/Berlin]", "UTC", "2026-11-20T17:00:00.000Z"],
    ["2026-11-20 18:00 Europe/Berlin", "UTC", "2026-11-20T17:00:00.000Z"],
    ["2026-11-20T18:00+01:00[Europe/Berlin]", "UTC", "2026-11-20T17:00:00.000Z"],
    ["18:00", "UTC", "2026-11-20T18:00:00.000Z"],
    ["18:30", "UTC", "2026-11-20T18:30:00.000Z"],
    ["18:31", "UTC", "2026-11-19T18:31:00.000Z"],
    ["9:05", "UTC", "2026-11-20T09:05:00.000Z"],
    ["today 18:00", "UTC", "2026-11-20T18:00:00.000Z"],
    ["today 23:00", "UTC", "2026-11-20T23:00:00.000Z"],
    ["yesterday 18:00", "Europe/Berlin", "2026-11-19T17:00:00.000Z"],
    ["Yesterday at 18:00", "Europe/Berlin", "2026-11-19T17:00:00.000Z"],
    ["yesterday 18:00 UTC", "Europe/Berlin", "2026-11-19T18:00:00.000Z"],
    ["monday 18:00", "UTC", "2026-11-16T18:00:00.000Z"],
    ["fri 18:00", "UTC", "2026-11-20T18:00:00.000Z"],
    ["friday 19:00", "UTC", "2026-11-13T19:00:00.000Z"],
    ["last friday 18:00", "UTC", "2026-11-13T18:00:00.000Z"],
    ["now", "UTC", "2026-11-20T18:30:00.000Z"],
    ["2 hours ago", "UTC", "2026-11-20T16:30:00.000Z"],
    ["90m", "Europe/Berlin", "2026-11-20T17:00:00.000Z"],
    ["2h30m", "UTC", "2026-11-20T16:00:00.000Z"],
    ["45 seconds ago", "UTC", "2026-11-20T18:29:15.000Z"],
    ["an hour ago", "UTC", "2026-11-20T17:30:00.000Z"],
    ["3d", "UTC", "2026-11-17T18:30:00.000Z"],
    ["1 day and 2 hours ago", "UTC", "2026-11-19T16:30:00.000Z"],
    ["2 weeks ago", "UTC", "2026-11-06T18:30:00.000Z"],
    ["3mo", "UTC", "2026-08-20T18:30:00.000Z"],
    ["a year ago", "UTC", "2025-11-20T18:30:00.000Z"],
  ])("%s in %s is %s", (text, zone, expected) => {
    const found = resolve(text, zone);
    expect(iso(found.instant)).toBe(expected);
    expect(found).toMatchObject({ kind: "instant", from: found.instant });
  });

  it.each([
    ["today", "UTC", "2026-11-20T00:00:00.000Z", "2026-11-20T23:59:59.999Z"],
    ["today", "Australia/Lord_Howe", "2026-11-20T13:00:00.000Z", "2026-11-21T12:59:59.999Z"],
    ["yesterday", "Europe/Berlin", "2026-11-18T23:00:00.000Z", "2026-11-19T22:59:59.999Z"],
    ["2026-11-20", "America/New_York", "2026-11-20T05:00:00.000Z", "2026-11-21T04:59:59.999Z"],
    ["2026-11-20 [Europe/Berlin]", "UTC", "2026-11-19T23:00:00.000Z", "2026-11-20T22:59:59.999Z"],
    ["friday", "UTC", "2026-11-20T00:00:00.000Z", "2026-11-20T23:59:59.999Z"],
    ["last friday", "UTC", "2026-11-13T00:00:00.000Z", "2026-11-13T23:59:59.999Z"],
    ["monday", "UTC", "2026-11-16T00:00:00.000Z", "2026-11-16T23:59:59.999Z"],
    ["Last Monday", "UTC", "2026-11-16T00:00:00.000Z", "2026-11-16T23:59:59.999Z"],
    ["sat", "UTC", "2026-11-14T00:00:00.000Z", "2026-11-14T23:59:59.999Z"],
  ])("the day %s in %s lasts from %s to %s", (text, zone, from, to) => {
    const found = resolve(text, zone);
    expect([found.kind, iso(found.from), iso(found.instant)]).toEqual(["day", from, to]);
  });
});

describe("resolveTime where clocks are moved", () => {
  it.each([
    ["Europe/Berlin", "2026-03-29", 23],
    ["Europe/Berlin", "2026-10-25", 25],
    ["America/New_York", "2026-03-08", 23],
    ["America/New_York", "2026-11-01", 25],
    ["Australia/Lord_Howe", "2026-10-04", 23.5],
    ["Australia/Lord_Howe", "2026-04-05", 24.5],
    ["UTC", "2026-03-29", 24],
    ["Pacific/Apia", "2011-12-30", 0],
  ])("in %s the day %s has %d hours", (zone, day, hours) => {
    const found = resolve(day, zone);
    expect((found.instant + 1 - found.from) / 3_600_000).toBe(hours);
  });

  it.each([
    ["Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00.000Z"],
    ["America/New_York", "2026-03-08T02:00", "2026-03-08T07:00:00.000Z"],
    ["Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00.000Z"],
    ["Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00.000Z"],
  ])("in %s no clock showed %s: the moment of the jump counts", (zone, text, expected) => {
    const found = resolve(text, zone);
    expect([iso(found.instant), found.note]).toEqual([expected, "skipped"]);
  });

  it.each([
    ["Europe/Berlin", "2026-10-25T02:30", "2026-10-25T01:30:00.000Z"],
    ["America/New_York", "2026-11-01T01:00", "2026-11-01T06:00:00.000Z"],
    ["Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T15:15:00.000Z"],
  ])("in %s clocks showed %s twice: the later counts", (zone, text, expected) => {
    const found = resolve(text, zone);
    expect([iso(found.instant), found.note]).toEqual([expected, "repeated"]);
  });

  it("tells the two apart by offset", () => {
    expect(iso(resolve("2026-10-25T02:30+02:00", "Europe/Berlin").instant)).toBe("2026-10-25T00:30:00.000Z");
    expect(iso(resolve("2026-10-25T02:30+02:00[Europe/Berlin]", "UTC").instant)).toBe("2026-10-25T00:30:00.000Z");
  });

  it("counts days by the calendar and hours by the clock's running", () => {
    const now = "2026-03-29T10:00:00Z"; // 12:00 in Berlin, on the day of 23 hours
    expect(iso(resolve("1d", "Europe/Berlin", now).instant)).toBe("2026-03-28T11:00:00.000Z");
    expect(iso(resolve("24h", "Europe/Berlin", now).instant)).toBe("2026-03-28T10:00:00.000Z");
    expect(iso(resolve("yesterday 12:00", "Europe/Berlin", now).instant)).toBe("2026-03-28T11:00:00.000Z");
    expect(resolve("1d", "Europe/Berlin", "2026-03-30T00:30:00Z").note).toBe("skipped");
  });

  it("begins a day where midnight does not exist", () => {
    const found = resolve("2024-09-08", "America/Santiago"); // clocks went from 00:00 to 01:00
    expect([iso(found.from), iso(found.instant)]).toEqual(["2024-09-08T04:00:00.000Z", "2024-09-09T02:59:59.999Z"]);
  });
});

describe("resolveTime by rule", () => {
  const zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu", "Pacific/Apia"];
  const zone = fc.constantFrom(...zones);
  const minute = fc.integer({ min: 0, max: 20 * 365 * 1440 }).map((n) => Date.UTC(2010, 0, 1) + n * 60_000);

  it("gives an instant at which the zone's clocks show what was asked", () => {
    fc.assert(
      fc.property(zone, minute, (timeZone, instant) => {
        const shown = clockIn(timeZone, instant);
        const found = resolve(shown, timeZone);
        expect(clockIn(timeZone, found.instant)).toBe(shown);
        expect(found.instant >= instant).toBe(true);
        expect(found.note).toBe(found.instant === instant ? found.note : "repeated");
      }),
    );
  });

  it("lets every instant lie in its own local day, and days follow each other without a gap", () => {
    fc.assert(
      fc.property(zone, minute, (timeZone, instant) => {
        const day = resolve(clockIn(timeZone, instant).slice(0, 10), timeZone);
        expect(day.from <= instant && instant <= day.instant).toBe(true);
        const next = resolve(clockIn(timeZone, day.instant + 1).slice(0, 10), timeZone);
        expect(next.from).toBe(day.instant + 1);
      }),
    );
  });

  it("agrees with the answer that needs no calendar", () => {
    const amount = fc.tuple(fc.nat(999), fc.constantFrom("h", "m", "s", " hours ago", " minutes ago"));
    fc.assert(
      fc.property(zone, minute, amount, (timeZone, now, [count, unit]) => {
        const expression = parseTime(`${count}${unit}`);
        expect(resolveTime(expression, { now, timeZone })).toEqual(resolveExactTime(expression, now));
      }),
    );
  });
});

describe("resolveExactTime", () => {
  it.each(["now", "90m", "2 hours ago", "2026-11-20T18:00Z", "2026-11-20 18:00+01:00"])("answers %s alone", (text) => {
    expect(resolveExactTime(parseTime(text), Date.parse(NOW))).toEqual(resolve(text, "Australia/Lord_Howe"));
  });

  it.each(["3d", "yesterday", "2026-11-20T18:00", "18:00", "2026-11-20T18:00[UTC]"])(
    "leaves %s to the calendar",
    (text) => {
      expect(resolveExactTime(parseTime(text), Date.parse(NOW))).toBeUndefined();
    },
  );
});

describe("parseTime", () => {
  it.each([
    ["2026-02-30", "no day 2026-02-30"],
    ["2026-13-01", "no day 2026-13-01"],
    ["2026-00-10T10:00", "no day 2026-00-10"],
    ["24:00", "no clock"],
    ["yesterday 18:60", "no clock"],
    ["18:00:60", "no clock"],
    ["2026-11-20T18:00+25:00", "not an offset"],
    ["", "is not a time"],
    ["3", "is not a time"],
    ["3x", "is not a time"],
    ["3d3d", "is not a time"],
    ["-3d", "is not a time"],
    ["1.5h", "is not a time"],
    ["tomorrow", "is not a time"],
    ["last today", "is not a time"],
    ["last", "is not a time"],
    ["T18:00", "is not a time"],
    ["2026-11-2018:00", "is not a time"],
    ["2026-11-20-05", "is not a time"],
    ["2026-1-2", "is not a time"],
    ["ago", "is not a time"],
  ])("refuses %j", (text, message) => {
    const error = caught(() => parseTime(text));
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining(message) });
  });

  it("knows leap days", () => {
    expect(matchTime("2028-02-29")).toBeDefined();
    expect(caught(() => matchTime("2026-02-29"))).toMatchObject({ code: "INVALID_INPUT" });
  });

  it.each([
    ["2026-11-20T18:00[Mars/Olympus]", "Mars/Olympus"],
    ["2026-11-20T18:00+05:00[Europe/Berlin]", "Europe/Berlin"],
    ["9999999 years ago", "UTC"],
  ])("says that there is no such time as %s", (text, zone) => {
    const error = caught(() => resolve(text, "UTC"));
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining(zone) });
  });
});

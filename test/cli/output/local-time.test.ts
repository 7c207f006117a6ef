import { afterEach, expect, test } from "vitest";
import { formatLocalTime, formatRelativeTime } from "../../../src/cli/output/local-time.ts";

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

test.each([
  ["UTC", "2026-11-20 18:05"],
  ["Europe/Berlin", "2026-11-20 19:05"],
  ["Asia/Kathmandu", "2026-11-20 23:50"],
  ["Pacific/Auckland", "2026-11-21 07:05"],
])("in %s it is %s", (timeZone, text) => {
  process.env.TZ = timeZone;
  expect(formatLocalTime(new Date("2026-11-20T18:05:59Z"))).toBe(text);
});

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [0, "just now"],
  [59 * SECOND, "just now"],
  [60 * SECOND, "1 minute ago"],
  [119 * SECOND, "1 minute ago"],
  [2 * MINUTE, "2 minutes ago"],
  [59 * MINUTE, "59 minutes ago"],
  [60 * MINUTE, "1 hour ago"],
  [23 * HOUR, "23 hours ago"],
  [24 * HOUR, "1 day ago"],
  [30 * DAY, "30 days ago"],
  [31 * DAY, "1 month ago"],
  [364 * DAY, "11 months ago"],
  [366 * DAY, "1 year ago"],
  [-3 * HOUR, "in 3 hours"],
])("%d milliseconds before: %s", (before, text) => {
  const now = new Date("2026-11-20T18:05:59Z");
  expect(formatRelativeTime(new Date(now.getTime() - before), now)).toBe(text);
});

import { expect, test } from "vitest";
import { precisionFor, zonedText } from "../../src/model/zoned-text.ts";

test("shows what clocks in the zone show, across a day and summer time", () => {
  expect(zonedText("2026-11-20T23:30:00Z", "UTC")).toBe("2026-11-20 23:30");
  expect(zonedText("2026-11-20T23:30:00Z", "Europe/Berlin")).toBe("2026-11-21 00:30");
  expect(zonedText(Date.parse("2026-07-01T02:05:00Z"), "America/New_York")).toBe("2026-06-30 22:05");
});

test("shows seconds where minutes would show two times as the same", () => {
  const times = ["2026-11-20T23:30:40Z", "2026-11-20T23:30:41.5Z"] as const;
  expect(precisionFor(...times)).toBe("second");
  expect(precisionFor(times[0], Date.parse("2026-11-20T23:31:00Z"))).toBe("minute");
  expect(zonedText(times[1], "UTC", "second")).toBe("2026-11-20 23:30:41");
  expect(zonedText(times[0], "Europe/Berlin", "second")).toBe("2026-11-21 00:30:40");
});

test("gives back what is no time", () => {
  expect(zonedText("soon", "UTC")).toBe("soon");
});

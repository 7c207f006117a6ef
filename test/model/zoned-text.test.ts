import { expect, test } from "vitest";
import { zonedText } from "../../src/model/zoned-text.ts";

test("shows what clocks in the zone show, across a day and summer time", () => {
  expect(zonedText("2026-11-20T23:30:00Z", "UTC")).toBe("2026-11-20 23:30");
  expect(zonedText("2026-11-20T23:30:00Z", "Europe/Berlin")).toBe("2026-11-21 00:30");
  expect(zonedText(Date.parse("2026-07-01T02:05:00Z"), "America/New_York")).toBe("2026-06-30 22:05");
});

test("gives back what is no time", () => {
  expect(zonedText("soon", "UTC")).toBe("soon");
});

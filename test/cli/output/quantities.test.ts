import { expect, test } from "vitest";
import { formatDuration } from "../../../src/cli/output/quantities.ts";
import { parseCount, parseDuration, parsePriority, parseSize } from "../../../src/cli/parse-quantity.ts";
import { formatCount } from "../../../src/model/format-count.ts";
import { formatSize } from "../../../src/model/size.ts";
import { caught } from "../../helpers/caught.ts";

test.each([
  [0, "0 B"],
  [1, "1 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [102_400, "100 KiB"],
  [1024 ** 2 - 1, "1024 KiB"],
  [5 * 1024 ** 3, "5.0 GiB"],
  [3000 * 1024 ** 4, "3000 TiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test.each([
  [0, "0.0 s"],
  [449, "0.4 s"],
  [9_949, "9.9 s"],
  [12_400, "12 s"],
  [125_000, "2 min 5 s"],
])("%d milliseconds are %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test("counts have their noun and thousands", () => {
  expect(formatCount(1, "file")).toBe("1 file");
  expect(formatCount(0, "file")).toBe("0 files");
  expect(formatCount(1_234_567, "entry", "entries")).toBe("1,234,567 entries");
});

test.each([
  ["500", 500],
  ["500M", 500 * 2 ** 20],
  ["500m", 500 * 2 ** 20],
  ["1GiB", 2 ** 30],
  ["2 GB", 2e9],
  ["1.5K", 1536],
  ["1kB", 1000],
  ["12B", 12],
])("the size %s is %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "0", "-1", "1X", "M", "1.2.3", "1e9", "9999999T", "1 000", "∞"])("'%s' is no size", (text) => {
  expect(caught(() => parseSize(text))).toMatchObject({ code: "USAGE" });
});

test.each([
  ["90", 90],
  ["45m", 2700],
  ["1h30m", 5400],
  ["2d", 172_800],
])("the duration %s is %d seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(["", "0", "1.5", "1m1h", "-1", "m", "1 h"])("'%s' is no duration", (text) => {
  expect(caught(() => parseDuration(text))).toMatchObject({ code: "USAGE" });
});

test("counts are whole numbers from 1, priorities from 0 to 99", () => {
  expect(parseCount("1")).toBe(1);
  for (const text of ["0", "-1", "1.0", "x", "", "99999999999999999999"]) {
    expect(caught(() => parseCount(text))).toMatchObject({ code: "USAGE" });
  }
  expect([parsePriority("0"), parsePriority("99")]).toEqual([0, 99]);
  for (const text of ["100", "-1", "1.5", ""])
    expect(caught(() => parsePriority(text))).toMatchObject({ code: "USAGE" });
});

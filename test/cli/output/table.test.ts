import { expect, test } from "vitest";
import { formatTable } from "../../../src/cli/output/table.ts";

test("columns are as wide as their widest cell, and no line ends in blanks", () => {
  const rows = [
    [{ text: "a" }, { text: "1", align: "right" as const }, { text: "last, of any width" }],
    [{ text: "long" }, { text: "1000", align: "right" as const }, { text: "" }],
  ];
  expect(formatTable(rows)).toEqual(["a        1  last, of any width", "long  1000"]);
});

test("paint does not count as width", () => {
  const paint = (text: string) => `<${text}>`;
  expect(
    formatTable([
      [{ text: "a", paint }, { text: "b" }],
      [{ text: "ccc" }, { text: "d" }],
    ]),
  ).toEqual(["<a>    b", "ccc  d"]);
  expect(formatTable([[{ text: "", paint }, { text: "b" }]])).toEqual(["  b"]);
});

test("no rows make no lines", () => {
  expect(formatTable([])).toEqual([]);
});

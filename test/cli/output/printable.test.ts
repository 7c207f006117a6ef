import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson } from "../../../src/cli/output/printable.ts";

test.each([
  ["plain text, ünïcode, 日本語, 🙂", "plain text, ünïcode, 日本語, 🙂"],
  ["\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"],
  ["a\r\nb\tc", "a\\x0d\\x0ab\\x09c"],
  ["\x7f\x9b31m", "\\x7f\\x9b31m"],
  ["user\u202egnp.exe", "user\\u{202e}gnp.exe"],
  ["zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}"],
  ["line\u2028break", "line\\u{2028}break"],
  ["half\ud800", "half\\u{d800}"],
])("%j is shown as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("only where lines are wanted, line breaks stay", () => {
  expect(printable("a\nb\r", { lines: true })).toBe("a\nb\\x0d");
});

test("JSON stays the same value and holds nothing that a terminal obeys", () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom("\x1b", "\x9b", "\x7f", "\u202e", "\u2028", '"'), fc.string()),
  });
  fc.assert(
    fc.property(fc.dictionary(text, text), (value) => {
      const json = printableJson(JSON.stringify(value));
      expect(JSON.parse(json)).toEqual(value);
      expect(json).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
    }),
  );
});

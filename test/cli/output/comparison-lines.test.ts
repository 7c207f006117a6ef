import { expect, test } from "vitest";
import { comparisonLines } from "../../../src/cli/output/comparison-lines.ts";
import { createStyle } from "../../../src/cli/output/style.ts";
import { textWidth } from "../../../src/cli/output/text-width.ts";
import { parseGenerationNumber } from "../../../src/model/ids.ts";

const STYLE = createStyle({ hasColor: false, hasUnicode: true });

const side = (generation: number, output: string) => ({
  generation: parseGenerationNumber(generation),
  exitCode: 0,
  signal: null,
  seconds: 1.5,
  output,
});

test("no line is wider than the terminal, however narrow that is", () => {
  const comparison = {
    same: false,
    left: side(1, "the same line on both sides\nan old line\nä漢字漢字漢字漢字漢字\n"),
    right: side(12, "the same line on both sides\na new line\n"),
  };
  for (const columns of [5, 20, 40, 41, 80]) {
    const lines = comparisonLines(comparison, STYLE, columns);
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(columns);
  }
  expect(comparisonLines(comparison, STYLE, 40).at(-2)).toBe("an old line        | a new line");
});

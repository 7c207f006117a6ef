import { expect, test } from "vitest";
import { matchGenerations, parseGenerationPattern } from "../../src/model/generation-pattern.ts";
import { parseGenerationNumber } from "../../src/model/ids.ts";
import { caught } from "../helpers/caught.ts";

const DAY = 24 * 3_600_000;
const all = Array.from({ length: 10 }, (_, number) => ({
  generation: parseGenerationNumber(number),
  created: number === 7 ? undefined : number * DAY,
}));

test.each([
  ["1", [1]],
  ["gen-1", [1]],
  ["1,8,88", [1, 8]],
  ["2..4", [2, 3, 4]],
  ["gen-2..gen-4", [2, 3, 4]],
  ["..2", [0, 1, 2]],
  ["8..", [8, 9]],
  ["+3", [0, 1, 2, 3, 4, 5, 6]],
  ["+30", []],
  ["5d", [0, 1, 2, 3]],
  ["120h", [0, 1, 2, 3]],
  ["1w", [0, 1]],
  ["30d", []],
])("%s means %j", (text, expected) => {
  expect(matchGenerations(parseGenerationPattern(text), all, 10 * DAY)).toEqual(expected);
});

test.each(["", "..", "4..2", "+0", "-1", "1,", "1;2", "x", "d", "1.5", "99999999999999999999"])(
  "'%s' is refused",
  (text) => {
    expect(caught(() => parseGenerationPattern(text))).toMatchObject({ code: "INVALID_INPUT" });
  },
);

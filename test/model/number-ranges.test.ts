import fc from "fast-check";
import { expect, it } from "vitest";
import { addToRanges, inRanges, isRanges, removeFromRanges, toRanges } from "../../src/model/number-ranges.ts";

const numbers = fc.array(fc.nat(40), { maxLength: 40 });

it("keeps a set of numbers, whatever is put in and taken out", () => {
  fc.assert(
    fc.property(numbers, fc.array(fc.tuple(fc.boolean(), fc.nat(40))), (start, steps) => {
      const set = new Set(start);
      let ranges = toRanges(start);
      for (const [add, number] of steps) {
        if (add) set.add(number);
        else set.delete(number);
        ranges = add ? addToRanges(ranges, number) : removeFromRanges(ranges, number);
      }
      expect(ranges).toEqual(toRanges(set));
      expect(isRanges(ranges)).toBe(true);
      for (let number = 0; number <= 41; number += 1) expect(inRanges(ranges, number)).toBe(set.has(number));
    }),
  );
});

it("joins neighbours", () => {
  expect(toRanges([5, 1, 3, 2, 9])).toEqual([
    [1, 3],
    [5, 5],
    [9, 9],
  ]);
});

it.each([
  [[[3, 1]]],
  [
    [
      [0, 1],
      [2, 3],
    ],
  ],
  [
    [
      [0, 5],
      [4, 9],
    ],
  ],
  [[[-1, 0]]],
  [[[0]]],
  [[[0, 1.5]]],
  [[0, 1]],
  ["0-1"],
  [null],
])("takes %j for no ranges", (value) => {
  expect(isRanges(value)).toBe(false);
});

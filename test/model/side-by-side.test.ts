import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignLines, linesOf } from "../../src/model/side-by-side.ts";

const anyLines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });

/** Length of a longest common subsequence, by trying. */
function common(a: readonly string[], b: readonly string[]): number {
  const [[first, ...as], [second, ...bs]] = [a, b];
  if (first === undefined || second === undefined) return 0;
  return first === second ? common(as, bs) + 1 : Math.max(common(as, b), common(a, bs));
}

describe("alignLines", () => {
  it("loses no line, marks what differs, and lets as many as possible meet", () => {
    fc.assert(
      fc.property(anyLines, anyLines, (left, right) => {
        const pairs = alignLines(left, right);
        expect(pairs.flatMap((pair) => pair.left ?? [])).toEqual(left);
        expect(pairs.flatMap((pair) => pair.right ?? [])).toEqual(right);
        for (const pair of pairs) expect(pair.same).toBe(pair.left === pair.right);
        expect(pairs.filter(({ same }) => same).length).toBeGreaterThanOrEqual(common(left, right));
      }),
      { numRuns: 60 },
    );
  });

  it("puts changed lines beside each other", () => {
    expect(alignLines(["a", "old", "z"], ["a", "new", "more", "z"])).toEqual([
      { left: "a", right: "a", same: true },
      { left: "old", right: "new", same: false },
      { left: undefined, right: "more", same: false },
      { left: "z", right: "z", same: true },
    ]);
  });

  it("pairs very long texts by number", () => {
    const [left, right] = ["x", "y"].map((letter) => Array.from({ length: 3000 }, (_, at) => `${letter}${at}`));
    expect(alignLines(left ?? [], right ?? [])).toHaveLength(3000);
  });
});

describe("linesOf", () => {
  it("needs no line feed at the end", () => {
    expect(["", "\n", "a", "a\n", "a\n\n"].map(linesOf)).toEqual([[], [""], ["a"], ["a"], ["a", ""]]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseGenerationNumber } from "../../src/model/ids.ts";
import { applyMark, invertMark, isMarked, type MarkEvent, type Marks, markText } from "../../src/model/marks.ts";

const anyNumber = fc.integer({ min: 0, max: 4 }).map(parseGenerationNumber);
const anyName = fc.constantFrom("works", "before-upgrade", "x");

const anyMarks: fc.Arbitrary<Marks> = fc.record({
  generations: fc.array(anyNumber).map((numbers) => new Set(numbers)),
  tags: fc.array(fc.tuple(anyName, anyNumber)).map((entries) => new Map(entries)),
});

const anyEvent: fc.Arbitrary<MarkEvent> = fc.oneof(
  fc.record({ type: fc.constantFrom("pin" as const, "unpin" as const), generation: anyNumber }),
  fc.record({ type: fc.constant("tag" as const), name: anyName, generation: anyNumber }),
  fc.record({ type: fc.constant("untag" as const), name: anyName }),
);

describe("a change of pins or names", () => {
  it("has taken effect once it is applied, and changes nothing the second time", () => {
    fc.assert(
      fc.property(anyMarks, anyEvent, (marks, event) => {
        const after = applyMark(marks, event);
        expect(isMarked(after, event)).toBe(true);
        expect(applyMark(after, event)).toEqual(after);
      }),
    );
  });

  it("that had an effect is taken back by its inverse", () => {
    fc.assert(
      fc.property(anyMarks, anyEvent, (marks, event) => {
        fc.pre(!isMarked(marks, event));
        expect(applyMark(applyMark(marks, event), invertMark(event, marks))).toEqual(marks);
      }),
    );
  });

  it("is told in words", () => {
    const name = "works";
    expect([
      markText({ type: "pin", generation: 3 }),
      markText({ type: "unpin", generation: 3 }),
      markText({ type: "tag", name, generation: 3 }),
      markText({ type: "untag", name }),
    ]).toEqual(["gen-3 is pinned", "gen-3 is not pinned", "works is gen-3", "there is no checkpoint works"]);
  });
});

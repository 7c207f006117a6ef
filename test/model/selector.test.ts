import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { type GenerationNumber, parseGenerationNumber } from "../../src/model/ids.ts";
import { parseSelector, parseTagName, pickGeneration } from "../../src/model/selector.ts";
import { caught } from "../helpers/caught.ts";

const gen = parseGenerationNumber;

describe("parseSelector", () => {
  it.each([
    ["gen-41", { kind: "generation", generation: 41 }],
    ["41", { kind: "generation", generation: 41 }],
    ["gen-0", { kind: "generation", generation: 0 }],
    ["2026", { kind: "generation", generation: 2026 }],
    ["-1", { kind: "relative", steps: -1 }],
    ["+12", { kind: "relative", steps: 12 }],
    ["-0", { kind: "relative", steps: 0 }],
    ["-", { kind: "previous" }],
    ["#57", { kind: "transaction", transaction: 57 }],
    ["tag:before-upgrade", { kind: "tag", name: "before-upgrade" }],
    ["tag:3d", { kind: "tag", name: "3d" }],
  ])("reads %s", (text, expected) => {
    expect(parseSelector(text)).toEqual(expected);
  });

  it.each(["3d", "yesterday", "18:00", "2026-11-20", "2 hours ago", "last monday", "mon 18:00", "now"])(
    "reads the time %s",
    (text) => {
      expect(parseSelector(text)).toMatchObject({ kind: "time", text });
    },
  );

  it.each([
    ["", /gen-41 or 41/],
    ["gen41", /Did you mean 'gen-41'\?/],
    ["Generation 7", /Did you mean 'gen-7'\?/],
    ["tx 57", /Did you mean '#57'\?/],
    ["57#", /Did you mean '#57'\?/],
    ["@before", /Did you mean 'tag:before'\?/],
    ["- 1", /Did you mean '-1'\?/],
    ["yestreday", /Did you mean 'yesterday'\?/],
    ["mond", /Did you mean 'monday'\?/],
    ["20.11.2026", /year-month-day/],
    ["2026/11/20", /year-month-day/],
    ["6pm", /18:00/],
    ["tag:", /letters, digits/],
    ["tag:a b", /letters, digits/],
    ["tag:../x", /letters, digits/],
    ["gen--1", /gen-41 or 41/],
    ["#-1", /gen-41 or 41/],
    ["1.5", /gen-41 or 41/],
    ["99999999999999999999", /store generations/],
    ["#99999999999999999999", /store generations/],
  ])("refuses %j with a hint", (text, hint) => {
    const error = caught(() => parseSelector(text));
    expect(error).toMatchObject({ code: "INVALID_INPUT" });
    expect((error as StoreError).hint).toMatch(hint);
  });

  it("answers every text with a selector or INVALID_INPUT", () => {
    const pieces = fc.constantFrom(
      "gen-",
      "#",
      "tag:",
      "-",
      "+",
      "41",
      "0",
      "ago",
      "d",
      " ",
      "today",
      "last ",
      ":",
      "é",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(parseSelector(text).kind).toBeTypeOf("string");
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
          expect((error as StoreError).code).toBe("INVALID_INPUT");
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("parseTagName", () => {
  it("takes what is safe in a file name", () => {
    expect(parseTagName("v1.2_rc-3")).toBe("v1.2_rc-3");
    expect(caught(() => parseTagName(".hidden"))).toMatchObject({ code: "INVALID_INPUT" });
    expect(caught(() => parseTagName("a".repeat(65)))).toMatchObject({ code: "INVALID_INPUT" });
  });
});

describe("pickGeneration", () => {
  const line = { existing: [gen(9), gen(2), gen(5), gen(0)], current: gen(5), previous: gen(2) };
  const pick = (text: string, of = line) => pickGeneration(parseSelector(text) as never, of);

  it("follows the generations that exist", () => {
    expect([pick("5"), pick("-1"), pick("-2"), pick("+1"), pick("-0"), pick("-")]).toEqual([5, 2, 0, 9, 5, 2]);
  });

  it("names what exists when there is none", () => {
    expect(caught(() => pick("4"))).toMatchObject({
      code: "NOT_FOUND",
      message: "there is no gen-4",
      hint: "There are gen-0, gen-2, gen-5, gen-9.",
    });
    expect(caught(() => pick("+2"))).toMatchObject({
      code: "NOT_FOUND",
      message: "there is only 1 generation after gen-5",
    });
    expect(caught(() => pick("4", { ...line, existing: [gen(5)] }))).toMatchObject({ hint: "There is gen-5." });
    expect(caught(() => pick("-3"))).toMatchObject({ code: "NOT_FOUND" });
    expect(caught(() => pick("-", { ...line, previous: gen(3) }))).toMatchObject({ code: "NOT_FOUND" });
    const fresh = { existing: [gen(0)], current: gen(0), previous: undefined };
    expect(caught(() => pickGeneration({ kind: "previous" }, fresh))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("goes n steps there and n steps back", () => {
    const numbers = fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(numbers, fc.nat(), fc.nat(), (existing, from, to) => {
        const sorted = [...existing].sort((a, b) => a - b) as GenerationNumber[];
        const [start, end] = [from % sorted.length, to % sorted.length];
        const relative = (steps: number, current: GenerationNumber) =>
          pickGeneration(
            { kind: "relative", steps },
            { existing: existing as GenerationNumber[], current, previous: undefined },
          );
        const there = relative(end - start, sorted[start] as GenerationNumber);
        expect(there).toBe(sorted[end]);
        expect(relative(start - end, there)).toBe(sorted[start]);
      }),
    );
  });
});

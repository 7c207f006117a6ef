import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chooseVersion,
  formatVersionRange,
  isFault,
  isInRange,
  parseVersionRange,
  type VersionRange,
} from "../../../src/model/recipe/version-range.ts";

function range(text: string): VersionRange {
  const parsed = parseVersionRange(text);
  if (isFault(parsed)) throw new Error(parsed.message);
  return parsed;
}

describe("isInRange", () => {
  test.each([
    ["6.3", "6.3", true],
    ["6.3", "6.3.1", true],
    ["6.3", "6.3.p1", true],
    ["6.3", "6.30", false],
    ["6.3", "6.3a", false],
    ["6.3", "6.3-rc1", false],
    ["6.3", "6.2", false],
    ["=6.3", "6.3", true],
    ["==6.3", "6.3", true],
    ["=6.3", "6.3.1", false],
    ["!=6.3", "6.3", false],
    ["!=6.3", "6.3.1", true],
    [">=6", "6", true],
    [">=6", "10", true],
    [">= 6", "5.9", false],
    [">=6,<7", "6.9", true],
    [">=6 <7", "7", false],
    [">=6 , <7", "6.3", true],
    ["<1.10", "1.9", true],
    ["<=1.9", "1.10", false],
    [">1.0", "1.0rc1", false],
    ["<1.0", "1.0rc1", true],
    ["=1||=3", "3", true],
    ["=1 || >=3,<4", "2", false],
    ["=1 || >=3,<4", "3.5", true],
    ["*", "anything", true],
    [">=1.0~rc1", "1.0", true],
  ])("%s, %s: %s", (text, version, expected) => {
    expect(isInRange(version, range(text))).toBe(expected);
  });

  test("without an operator holds for what goes on after the version only", () => {
    const part = fc.constantFrom("1", "2", "10", "3a");
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.array(part, { maxLength: 4 }),
        (bound, version) => {
          const isPrefix = bound.every((each, index) => version[index] === each);
          expect(isInRange(version.join("."), range(bound.join(".")))).toBe(isPrefix);
        },
      ),
    );
  });
});

describe("parseVersionRange", () => {
  test.each([
    ["", 0],
    [">=", 0],
    ["^6", 0],
    ["6,,7", 2],
    [">=6 <", 4],
    ["6;7", 1],
    ["1 ||", 4],
  ])("refuses '%s' at %i", (text, offset) => {
    expect(parseVersionRange(text)).toMatchObject({ offset, message: expect.stringContaining(`'${text}'`) });
  });

  test("says what to write for '^'", () => {
    expect(parseVersionRange("^6")).toMatchObject({ message: expect.stringContaining(">=1.2,<2") });
  });

  test("reads back what formatVersionRange writes", () => {
    const comparison = fc.record({
      operator: fc.constantFrom("is", "=", "!=", "<", "<=", ">", ">=") as fc.Arbitrary<"is">,
      version: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_+.~-]{0,10}$/),
    });
    fc.assert(
      fc.property(fc.array(fc.array(comparison, { maxLength: 3 }), { minLength: 1, maxLength: 3 }), (alternatives) => {
        expect(parseVersionRange(formatVersionRange(alternatives))).toEqual(alternatives);
      }),
    );
  });
});

describe("chooseVersion", () => {
  const versions = ["1.0", "2.0rc1", "1.9", "1.10", "1.9.1"];

  test.each([
    ["*", "1.10"],
    ["1.9", "1.9"],
    ["1", "1.10"],
    ["=2.0rc1", "2.0rc1"],
    [">1.10", "2.0rc1"],
    ["<1.10", "1.9.1"],
    [">=3", undefined],
  ])("%s chooses %s", (text, expected) => {
    expect(chooseVersion(versions, range(text))).toBe(expected);
  });

  test.each([
    [[], "1.10"],
    [[">=1.9", "<1.10"], "1.9.1"],
    [["<1.10", "1.9"], "1.9"],
    [["1.10", "<1.10"], undefined],
  ])("all of %j choose %s", (texts, expected) => {
    expect(chooseVersion(versions, ...texts.map(range))).toBe(expected);
  });
});

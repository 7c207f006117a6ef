import { describe, expect, test } from "vitest";
import { matchingNames } from "../../../src/model/recipe/glob.ts";

const names = [
  "m/patches/b.patch",
  "m/patches/a.patch",
  "m/patches/old/c.patch",
  "m/patches/.d.patch",
  "m/x[1].patch",
  "m/é.patch",
];

describe("matchingNames", () => {
  test.each([
    ["m/patches/*.patch", ["m/patches/a.patch", "m/patches/b.patch"]],
    ["m/patches/**/*.patch", ["m/patches/a.patch", "m/patches/b.patch", "m/patches/old/c.patch"]],
    ["m/patches/[ab].patch", ["m/patches/a.patch", "m/patches/b.patch"]],
    ["m/patches/{b,old/c}.patch", ["m/patches/b.patch", "m/patches/old/c.patch"]],
    ["m/patches/.*.patch", ["m/patches/.d.patch"]],
    ["m/patches/a.patch", ["m/patches/a.patch"]],
    ["m/x[1].patch", ["m/x[1].patch"]],
    ["m/?.patch", ["m/é.patch"]],
    ["m/patches", []],
    ["patches/*.patch", []],
    ["m/patches/!(a).patch", []],
    ["!m/patches/*", []],
    ["m/patches/[", []],
  ])("%s matches %o", (pattern, expected) => {
    expect(matchingNames(pattern, names)).toEqual(expected);
  });

  test("orders by bytes", () => {
    expect(matchingNames("*", ["b", "a", "B", "é", "10", "9"])).toEqual(["10", "9", "B", "a", "b", "é"]);
  });
});

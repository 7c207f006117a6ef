import { describe, expect, test } from "vitest";
import { nearest } from "../../src/model/nearest.ts";

describe("nearest", () => {
  const keys = ["name", "version", "url", "sources", "patches", "silentTimeout"];

  test.each([
    ["nmae", "name"],
    ["ulr", "url"],
    ["verison", "version"],
    ["Version", "version"],
    ["source", "sources"],
    ["patch", "patches"],
    ["silenttimeout", "silentTimeout"],
  ])("%s is %s", (word, expected) => {
    expect(nearest(word, keys)).toBe(expected);
  });

  test.each(["", "x", "entirely", "gmp", "v".repeat(101)])("'%s' is nothing", (word) => {
    expect(nearest(word, keys)).toBeUndefined();
  });

  test.each([
    ["9", undefined],
    ["O", "o1"],
    ["l", undefined],
  ])("the single '%s' is %s, which has it", (word, expected) => {
    expect(nearest(word, ["1", "2", "o1", "none"])).toBe(expected);
  });

  test("has nothing to choose from", () => {
    expect(nearest("name", [])).toBeUndefined();
  });
});

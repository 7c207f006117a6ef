import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkExpression } from "../../../src/model/recipe/check-expression.ts";
import { parseExpression } from "../../../src/model/recipe/parse-expression.ts";
import type { RecipeOption } from "../../../src/model/recipe.ts";
import { anyExpression } from "./expression-arbitrary.ts";

const at = { file: "recipe.yaml", line: 1, column: 1 };
const options: readonly RecipeOption[] = [
  { name: "static", type: "bool", default: false, at },
  { name: "abi", type: "enum", values: ["32", "64"], default: "64", at },
  { name: "prefix", type: "string", default: "", at },
];

function check(text: string) {
  const expression = parseExpression(text);
  if ("message" in expression) throw new Error(expression.message);
  return checkExpression(expression, options);
}

describe("checkExpression", () => {
  test.each([
    "options.static",
    "not options.static and options.abi == 64",
    "options.static == false",
    "options.prefix != ''",
    "platform.os in ['linux', 'darwin']",
    "version >= 4.2 and version < 5",
    "options.prefix == version",
    "options.abi >= 32",
    "true",
    "options.abi not in []",
  ])("accepts %s", (text) => {
    expect(check(text)).toEqual([]);
  });

  test.each([
    ["options.sttic", 0, "no option 'sttic'", "options.static"],
    ["options.nothing_like_it", 0, "no option", undefined],
    ["options.abi", 0, "neither true nor false", undefined],
    ["version", 0, "neither true nor false", undefined],
    ["options.static and version", 19, "neither true nor false", undefined],
    ["not 'x'", 4, "neither true nor false", undefined],
    ["['a']", 0, "neither true nor false", undefined],
    ["options.static == 'true'", 18, "never equal", "true"],
    ["options.abi == true", 15, "never equal", undefined],
    ["options.abi == 46", 15, "none of 32, 64", "'64'"],
    ["16 == options.abi", 0, "none of 32, 64", undefined],
    ["platform.os == 'macos'", 15, "none of linux", "'darwin'"],
    ["platform.arch == 'arm64'", 17, "none of x86_64", "'aarch64'"],
    ["platform.os in ['linux', 'lunix']", 25, "none of linux", "'linux'"],
    ["platform.os in 'linux'", 15, "list", undefined],
    ["options.static < true", 0, "order", undefined],
  ])("finds what is wrong with %s", (text, offset, message, suggestion) => {
    const [fault] = check(text);
    expect(fault).toMatchObject({ offset, message: expect.stringContaining(message) });
    expect(fault?.suggestion).toBe(suggestion);
  });

  test("looks into every part", () => {
    expect(check("(options.x == 1 or not options.y) and options.z in [options.w]").map(({ offset }) => offset)).toEqual(
      [1, 23, 38, 52],
    );
  });

  test("never crashes", () => {
    fc.assert(
      fc.property(anyExpression, (expression) => void checkExpression(expression, options)),
      { numRuns: 500 },
    );
  });
});

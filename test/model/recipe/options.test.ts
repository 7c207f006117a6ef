import { describe, expect, test } from "vitest";
import { decideOptions, resolveOptions } from "../../../src/model/recipe/options.ts";
import type { RecipeOption } from "../../../src/model/recipe.ts";

const at = { file: "recipe.yaml", line: 1, column: 1 };
const options: readonly RecipeOption[] = [
  { name: "static", type: "bool", default: false, at },
  { name: "abi", type: "enum", values: ["32", "64"], default: "64", at },
  { name: "flags", type: "string", default: "-O2", at },
];

describe("resolveOptions", () => {
  test("gives every option a value", () => {
    expect(resolveOptions(options, {})).toEqual({ values: { static: false, abi: "64", flags: "-O2" }, faults: [] });
  });

  test.each([
    [{ static: true }, { static: true }],
    [{ static: "true" }, { static: true }],
    [{ static: "false" }, { static: false }],
    [{ abi: "32" }, { abi: "32" }],
    [{ flags: "-O3 -g" }, { flags: "-O3 -g" }],
    [{ flags: "" }, { flags: "" }],
  ])("takes %o", (requested, expected) => {
    const { values, faults } = resolveOptions(options, requested);
    expect(faults).toEqual([]);
    expect(values).toMatchObject(expected);
  });

  test.each([
    [{ static: "yes" }, "static", undefined],
    [{ statc: true }, "statc", "static"],
    [{ abi: "46" }, "abi", "64"],
    [{ abi: true }, "abi", undefined],
    [{ flags: true }, "flags", undefined],
    [{ flags: "$(rm -r x)" }, "flags", undefined],
    [{ flags: "a\nb" }, "flags", undefined],
    [{ constructor: true } as unknown as Record<string, boolean>, "constructor", undefined],
  ])("refuses %o and keeps the default", (requested, option, suggestion) => {
    const { values, faults } = resolveOptions(options, requested);
    expect(faults).toMatchObject([{ option }]);
    expect(faults[0]?.suggestion).toBe(suggestion);
    expect(values).toEqual({ static: false, abi: "64", flags: "-O2" });
  });
});

describe("decideOptions", () => {
  test("throws the first fault with what to do about it", () => {
    expect(() => decideOptions("mpfr", options, { statc: true })).toThrowError(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: "mpfr: there is no option 'statc'",
        hint: "Did you mean 'static'?",
      }),
    );
    expect(() => decideOptions("mpfr", options, { shared: true })).toThrowError(
      expect.objectContaining({ hint: "Options of mpfr: static, abi, flags." }),
    );
    expect(() => decideOptions("mpfr", [], { shared: true })).toThrowError(
      expect.objectContaining({ hint: "mpfr has no options." }),
    );
  });
});

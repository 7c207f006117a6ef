import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandMake } from "../../../src/model/sage/expand-make.ts";
import { needPrograms } from "../../helpers/archives.ts";

const VALUES: Readonly<Record<string, string>> = {
  PYTHON: "python3",
  TOOLS: "setuptools $(PYTHON)",
  EMPTY: "",
  NAME: "PYTHON",
  no: "no",
  LOOP: "x$(LOOP)",
};
const variables = (name: string): string => VALUES[name] ?? "";

describe("expandMake", () => {
  test.each([
    ["gmp mpfr", "gmp mpfr"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: make's own braces
    ["$(PYTHON) | ${TOOLS}", "python3 | setuptools python3"],
    ["$($(NAME))", "python3"],
    ["a$(UNKNOWN)b", "ab"],
    ["a$$b$", "a$b$"],
    ["$(and $(filter-out no,$(no)), pytest $(PYTHON))", ""],
    ["$(and $(filter-out no,yes), pytest $(PYTHON))", "pytest python3"],
    ["$(or $(EMPTY), $(PYTHON))", "python3"],
    ["$(if $(EMPTY),yes,no)|$(if x,yes,no)", "no|yes"],
    ["$(findstring lab,jupyterlab) $(findstring lab,)", "lab "],
    ["$(filter a% b,abc b c)", "abc b"],
    ["$(wildcard *.py)", ""],
    ["$(PYTHON", "python3"],
  ])("%s is %s", (text, expected) => {
    expect(expandMake(text, variables)).toBe(expected);
  });

  test("a variable that names itself comes to an end", () => {
    expect(expandMake("$(LOOP)", variables)).toMatch(/^x+$/);
  });

  test("make itself says the same", () => {
    needPrograms("make");
    const word = fc.constantFrom("no", "yes", "numpy", "python3", "a-b");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: make's own braces
    const leaf = fc.oneof(word, fc.constantFrom("$(PYTHON)", "${TOOLS}", "$(EMPTY)", "$(UNKNOWN)", "$(no)"));
    const { text } = fc.letrec<{ text: string; call: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 3 },
        leaf,
        tie("call"),
        fc.array(leaf, { maxLength: 3 }).map((words) => words.join(" ")),
      ),
      call: fc
        .tuple(fc.constantFrom("and", "or", "if", "filter", "filter-out", "findstring"), tie("text"), tie("text"))
        .map(([name, first, second]) => `$(${name} ${first}, ${second})`),
    }));
    const definitions = Object.entries(VALUES)
      .filter(([name]) => name !== "LOOP")
      .map(([name, value]) => `${name} = ${value}\n`);
    fc.assert(
      fc.property(fc.array(text, { minLength: 20, maxLength: 60 }), (texts) => {
        const input = `${definitions.join("")}${texts.map((each) => `$(info [${each}])\n`).join("")}all:;@:\n`;
        const expected = execFileSync("make", ["-s", "-f", "-"], { input }).toString().split("\n");
        expect(texts.map((each) => `[${expandMake(each, variables)}]`)).toEqual(expected.slice(0, texts.length));
      }),
      { numRuns: 10 },
    );
  });
});

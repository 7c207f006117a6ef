import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatFinding, invalidRecipe } from "../../src/model/recipe/finding.ts";
import { parseRecipe } from "../../src/recipes/parse-recipe.ts";
import { recipeOf, SOME_INTEGRITY } from "../helpers/recipe-text.ts";
import { runs } from "../helpers/runs.ts";

const WRONG = "fixtures/recipes-wrong";

/** Each line `#! 3:1 shape message` of a wrong recipe is a finding that it must give; there are no others. */
function expectedFindings(text: string): readonly string[] {
  return [...text.matchAll(/^#! (.*)$/gm)].map((match) => match[1] as string);
}

describe("a wrong recipe gives exactly the findings that it says:", () => {
  test.each(readdirSync(WRONG))("%s", (name) => {
    const text = readFileSync(`${WRONG}/${name}`, "utf8");
    const { recipe, findings } = parseRecipe(text, { file: name });
    const lines = findings.map((finding) =>
      formatFinding(finding)
        .slice(name.length + 1)
        .replace(": ", ` ${finding.rule} `),
    );
    expect(lines).toEqual(expectedFindings(text));
    expect(lines).not.toEqual([]);
    expect(recipe).toBeUndefined();
  });
});

const HEAD = "name: x\nversion: 1.0\nbuild: copy\n";

describe("parseRecipe", () => {
  test("needs no more than a name, a version and a build system", () => {
    expect(recipeOf(HEAD)).toEqual({
      name: "x",
      version: "1.0",
      at: { file: "recipes/x/recipe.yaml", line: 1, column: 1 },
      metadata: {},
      platforms: [],
      sources: [],
      patches: [],
      options: [],
      dependencies: { build: [], link: [], run: [], check: [] },
      build: "copy",
      configure: [],
      make: [],
      env: [],
      phases: {},
      references: { disallow: [] },
      addressing: "content",
    });
  });

  test.each([
    ["1.10", "1.10"],
    ['"1.10"', "1.10"],
    ["'1.10'", "1.10"],
    ["1", "1"],
    ["1e3", "1e3"],
    ["0x1F", "0x1F"],
    ["0o17", "0o17"],
    ["012", "012"],
    ["20240101", "20240101"],
    ["12345678901234567890123", "12345678901234567890123"],
    ["2024-01-05", "2024-01-05"],
    ["1.0~rc1", "1.0~rc1"],
    ["!!str 1.10", "1.10"],
    ["|\n  1.10", "1.10\n"],
  ])("keeps the version %s as it is written", (written, expected) => {
    const { recipe, findings } = parseRecipe(`name: x\nbuild: copy\nversion: ${written}\n`, { file: "x" });
    if (expected.endsWith("\n"))
      expect(findings).toMatchObject([{ message: expect.stringContaining("is not a version") }]);
    else expect(recipe?.version).toBe(expected);
  });

  test("keeps numbers as they are written wherever a text is meant", () => {
    const recipe = recipeOf(`${HEAD}metadata: {a: 1.10, b: 0x10, c: true, d: 1_0}
options: {abi: {values: [1.10, 2.0], default: 1.10}, level: {default: 007}}
dependencies: {link: [{name: y, version: 1.10, options: {abi: 1.10, on: true}}]}
env: {X: 1.10, Y: {value: 2.0}}
`);
    expect(recipe.metadata).toEqual({ a: "1.10", b: "0x10", c: "true", d: "1_0" });
    expect(recipe.options).toMatchObject([{ default: "1.10", values: ["1.10", "2.0"] }, { default: "007" }]);
    expect(recipe.dependencies.link).toMatchObject([
      { range: [[{ operator: "is", version: "1.10" }]], options: { abi: "1.10", on: "true" } },
    ]);
    expect(recipe.env.map(({ value }) => value.text)).toEqual(["1.10", "2.0"]);
  });

  test.each([
    ["90", 90],
    ["90s", 90],
    ["45m", 2700],
    ["1h30m", 5400],
    ["2d", 172_800],
    ["1d1h1m1s", 90_061],
    ['"90"', 90],
  ])("reads the time %s", (written, seconds) => {
    expect(recipeOf(`${HEAD}timeout: ${written}\n`).timeout).toBe(seconds);
  });

  test("takes null for a key that is not there", () => {
    expect(recipeOf(`${HEAD}summary:\nsources: ~\nenv: {A: null}\ndependencies: {link: null}\n`)).toEqual(
      recipeOf(`${HEAD}env: {}\ndependencies: {}\n`),
    );
  });

  test("reads every form of an integrity as the same", () => {
    const hex = Buffer.from(SOME_INTEGRITY.slice("sha256-".length), "base64").toString("hex");
    for (const form of [SOME_INTEGRITY, `sha256:${hex}`, hex]) {
      const { sources } = recipeOf(`${HEAD}sources: [{url: "https://x.org/a", integrity: ${form}}]`);
      expect(sources).toMatchObject([{ integrity: SOME_INTEGRITY }]);
    }
  });

  test("reads a source without integrity when that is allowed, and only then", () => {
    const text = `${HEAD}sources: [{url: "https://x.org/a"}, {url: "https://x.org/b", integrity: sha256-AAAA}]`;
    expect(parseRecipe(text, { file: "x" }).findings.map(({ column }) => column)).toEqual([11, 73]);
    expect(parseRecipe(text, { file: "x", missingIntegrity: "allow" }).findings.map(({ column }) => column)).toEqual([
      73,
    ]);
    const { recipe } = parseRecipe(text.replace(/, \{url.*\}\]/, "]"), { file: "x", missingIntegrity: "allow" });
    expect(recipe?.sources[0]).not.toHaveProperty("integrity");
  });

  test("survives names that mean something to JavaScript", () => {
    const recipe = recipeOf(`${HEAD}options: {constructor: {default: true}, toString: {default: a}}
env: {__proto__: x}
metadata: {hasOwnProperty: x}
dependencies: {link: [{name: y, options: {valueOf: true}}]}
`);
    expect(recipe.options.map(({ name }) => name)).toEqual(["constructor", "toString"]);
    expect(recipe.env).toMatchObject([{ name: "__proto__" }]);
    expect(Object.hasOwn(recipe.metadata, "hasOwnProperty")).toBe(true);
    expect(Object.hasOwn(recipe.dependencies.link[0]?.options ?? {}, "valueOf")).toBe(true);
    for (const key of ["constructor", "__proto__", "toString"]) {
      expect(parseRecipe(`${HEAD}${key}: x\n`, { file: "x" }).findings).toMatchObject([
        { message: `'${key}' is not a key of a recipe` },
      ]);
    }
  });

  test("puts findings in the order of the file, each once", () => {
    const { findings } = parseRecipe(`b: 1\na: 1\n${HEAD}c: &c {}\nmetadata: {x: *c, y: *c}\n`, { file: "x" });
    const places = findings.map(({ line, column }) => [line, column]);
    expect(places).toEqual([...places].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d));
    expect(findings.filter(({ message }) => message.startsWith("expected text"))).toHaveLength(1);
  });

  test("never crashes on a recipe with parts replaced by anything", () => {
    const lines = readFileSync("fixtures/recipes-good/mpfr/recipe.yaml", "utf8").split("\n");
    const junk = fc.constantFrom(
      "null",
      "[]",
      "{}",
      "1",
      "true",
      "''",
      "{{x}}",
      "[[a]]",
      "{a: {b: c}}",
      "- x",
      "&a",
      "*a",
      "? x",
      "|",
      "\t",
      "'",
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(lines.length - 1), fc.nat(40), junk), { minLength: 1, maxLength: 4 }),
        (edits) => {
          const copy = [...lines];
          for (const [line, column, text] of edits) {
            const old = copy[line] ?? "";
            copy[line] = old.slice(0, column) + text + old.slice(column + text.length);
          }
          const { recipe, findings } = parseRecipe(copy.join("\n"), { file: "x" });
          expect(recipe === undefined).toBe(findings.length > 0);
          for (const { line, column } of findings) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(copy.length + 1);
            expect(column).toBeGreaterThanOrEqual(1);
          }
        },
      ),
      { numRuns: runs(500) },
    );
  });
});

describe("invalidRecipe", () => {
  test("shows every finding, and carries them all", () => {
    const { findings } = parseRecipe("a: 1\nb: 2\n", { file: "r.yaml" });
    const error = invalidRecipe("the recipe r", findings);
    expect(error.code).toBe("INVALID_RECIPE");
    expect(error.message.split("\n")).toEqual([
      `the recipe r has ${findings.length} mistakes:`,
      ...findings.map((finding) => `  ${formatFinding(finding)}`),
    ]);
    expect(error.details.findings).toEqual(findings);
  });

  test("counts what it does not show", () => {
    const text = Array.from({ length: 30 }, (_, index) => `k${index}: 1\n`).join("");
    const { findings } = parseRecipe(`${HEAD}${text}`, { file: "r.yaml" });
    expect(invalidRecipe("it", findings).message).toMatch(/\n {2}and 10 more$/);
  });
});

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatFinding } from "../../src/model/recipe/finding.ts";
import { parseRecipe } from "../../src/recipes/parse-recipe.ts";
import { recipeSchema } from "../../src/recipes/recipe-schema.ts";
import { SOME_INTEGRITY } from "../helpers/recipe-text.ts";

const FILE = "schema/recipe.schema.json";
const UPDATE = "UPDATE_SCHEMA=1 npx vitest run test/recipes/recipe-schema.test.ts && npx biome check --write schema";

if (process.env.UPDATE_SCHEMA) writeFileSync(FILE, JSON.stringify(recipeSchema()));

const published = JSON.parse(readFileSync(FILE, "utf8"));
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(published);

/** The findings that the schema can know of. */
function shapeFindings(text: string): readonly string[] {
  return parseRecipe(text, { file: "f" })
    .findings.filter(({ rule }) => rule === "shape")
    .map(formatFinding);
}

test(`the published schema is that of the checker (else run: ${UPDATE})`, () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(recipeSchema())));
});

describe("schema and checker agree on", () => {
  const directories = ["fixtures/recipes-good", "fixtures/recipes-good/mpfr", "fixtures/recipes-wrong"];
  const files = directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => `${directory}/${name}`),
  );
  const readable = [...new Set(files)]
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => ({ name, text: readFileSync(name, "utf8") }))
    .filter(({ text }) => parseRecipe(text, { file: "f" }).findings.every(({ rule }) => rule !== "syntax"));

  test.each(readable)("$name", ({ text }) => {
    expect([validate(parse(text)), validate.errors, shapeFindings(text)]).toEqual(
      shapeFindings(text).length === 0 ? [true, null, []] : [false, expect.anything(), expect.anything()],
    );
  });

  test("recipes that are put together at random", () => {
    const seen = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(anyRecipe, (recipe) => {
        const text = JSON.stringify(recipe);
        const findings = shapeFindings(text);
        seen[findings.length === 0 ? "valid" : "invalid"] += 1;
        expect([text, validate(recipe), findings]).toEqual([text, findings.length === 0, findings]);
      }),
      { numRuns: 1500, seed: 11 },
    );
    expect(Math.min(seen.valid, seen.invalid)).toBeGreaterThan(100);
  });

  test("one part after the other replaced by something else", () => {
    const whole = parse(readFileSync("fixtures/recipes-good/mpfr/recipe.yaml", "utf8"));
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), junk, fc.boolean(), (path, value, isKey) => {
        const changed = isKey ? withExtraKey(whole, path, value) : replaced(whole, path, value);
        const findings = shapeFindings(JSON.stringify(changed));
        expect([JSON.stringify(changed), validate(changed), findings]).toEqual([
          JSON.stringify(changed),
          findings.length === 0,
          findings,
        ]);
      }),
      { numRuns: 2000, seed: 12 },
    );
  });
});

test("every key has a word for the editor", () => {
  const bare: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    const { properties = {} } = schema as { properties?: Record<string, { description?: string }> };
    for (const [key, value] of Object.entries(properties)) if (!value.description) bare.push(`${path}.${key}`);
    for (const [key, value] of Object.entries(schema)) visit(value, `${path}.${key}`);
  };
  visit(published, "");
  expect(bare).toEqual([]);
});

const text = fc.constantFrom(
  "a",
  "x-1",
  "1.0",
  "{{version}}",
  "{{nothing}}",
  "options.x",
  "",
  "../a",
  "a b",
  "=6",
  "gmp@>=6",
  "linux",
  "script",
  "https://x.org/a.tar",
  "true",
);
const junk = fc.oneof(
  text,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    2.5,
    90,
    -1,
    [],
    {},
    ["a"],
    [null],
    [["a"]],
    { a: "b" },
    { a: null },
    { when: "true" },
  ),
);
const condition = fc.constantFrom<unknown>("options.x", true, "version > 1");
const maybe = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 80, arbitrary: good }, { weight: 1, arbitrary: junk });
const record = (fields: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []) =>
  fc.record(Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, maybe(value)])), { requiredKeys });
const list = (item: fc.Arbitrary<unknown>) => fc.array(maybe(item), { maxLength: 2 });

const line = fc.constantFrom("a", "x y", "{{nothing}}");
const path = fc.constantFrom<unknown>("a", "../b", "{{version}}/c", 5);
const name = fc.constantFrom<unknown>("x-1", "gtk+", "@a+b", 7);
const placing = { to: path, fileName: path, strip: fc.nat(20), unpack: fc.boolean(), when: condition };
const source = fc.oneof(
  record(
    {
      url: fc.constantFrom<unknown>("https://x.org/a", ["npm:a@1", "file:/a"], "git+https://x.org/a#main"),
      integrity: fc.constant(SOME_INTEGRITY),
      ...placing,
    },
    ["url"],
  ),
  record({ path, ...placing }, ["path"]),
  record({ worktree: path, ...placing }, ["worktree"]),
);
const dependency = fc.oneof(
  text,
  record({
    name: text,
    version: fc.constantFrom<unknown>("6", 6, ">=1"),
    options: fc.constantFrom({ a: 1 }, { a: null }),
    when: condition,
  }),
);
const args = list(fc.oneof(text, record({ when: condition, args: list(text) }, ["args"])));
const anyRecipe = record({
  name,
  version: fc.constantFrom<unknown>("1.0", 1, 2.5, "2a"),
  extends: name,
  summary: line,
  homepage: fc.constantFrom("https://x.org"),
  metadata: fc.constantFrom<unknown>({ a: 1 }, { a: null }),
  platforms: fc.constantFrom<unknown>("linux", ["linux-x86_64", "darwin"]),
  sources: list(source),
  patches: list(
    fc.oneof(
      text,
      record({ file: path, strip: fc.nat(3), platform: fc.constant("darwin"), when: condition }, ["file"]),
    ),
  ),
  options: fc.dictionary(
    fc.constantFrom("a", "b-c"),
    maybe(
      record({
        default: fc.constantFrom<unknown>(true, "x", 1),
        values: list(text),
        type: fc.constantFrom("bool", "enum"),
        summary: text,
      }),
    ),
    { maxKeys: 2 },
  ),
  dependencies: record({
    build: list(dependency),
    link: list(dependency),
    run: list(dependency),
    check: list(dependency),
    other: text,
  }),
  build: fc.constantFrom("autotools", "copy"),
  directory: path,
  configure: args,
  make: args,
  env: fc.dictionary(fc.constantFrom("A", "b_1"), maybe(fc.oneof(text, record({ value: text, when: condition }))), {
    maxKeys: 2,
  }),
  phases: record({ build: text, install: text }),
  references: record({ allow: list(name), disallow: list(name) }),
  addressing: fc.constantFrom("content", "input"),
  timeout: fc.constantFrom<unknown>(90, "45m", "1h30m"),
  silentTimeout: fc.constantFrom<unknown>(1, "90s"),
});

/** `tree` with the part that `path` leads to, each number choosing a member, replaced by `value`. */
function replaced(tree: unknown, [step, ...rest]: readonly number[], value: unknown): unknown {
  const members = typeof tree === "object" && tree !== null ? Object.entries(tree) : [];
  if (step === undefined || members.length === 0) return value;
  const [key, member] = members[step % members.length] as [string, unknown];
  const changed = replaced(member, rest, value);
  return Array.isArray(tree) ? tree.with(Number(key), changed) : { ...(tree as object), [key]: changed };
}

function withExtraKey(tree: unknown, path: readonly number[], value: unknown): unknown {
  const [step, ...rest] = path;
  const members = typeof tree === "object" && tree !== null ? Object.entries(tree) : [];
  if (step === undefined || members.length === 0) return tree;
  if (rest.length === 0 && !Array.isArray(tree)) return { ...(tree as object), extra: value };
  const [key, member] = members[step % members.length] as [string, unknown];
  const changed = withExtraKey(member, rest, value);
  return Array.isArray(tree) ? tree.with(Number(key), changed) : { ...(tree as object), [key]: changed };
}

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { formatFinding } from "../../src/model/recipe/finding.ts";
import { parseSpec } from "../../src/model/recipe/spec.ts";
import { compareVersions } from "../../src/model/recipe/version-order.ts";
import { mergeTrees } from "../../src/recipes/merge-trees.ts";
import { openRecipes } from "../../src/recipes/open-recipes.ts";
import { parseRecipe, parseRecipeTree, readRecipe } from "../../src/recipes/parse-recipe.ts";
import { recipeSchema } from "../../src/recipes/recipe-schema.ts";
import type { MappingTree } from "../../src/recipes/tree.ts";

const page = readFileSync("docs/recipes.md", "utf8");

/** Fenced examples by the word after the language: `recipe`, `fragment`, `wrong` and so on. */
const examples = [...page.matchAll(/^```(?:yaml|text) (\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
  ([, kind = "", argument = "", text = ""], index) => ({
    kind,
    argument,
    text,
    title: `${index + 1}: ${text.split("\n")[0]}`,
  }),
);

function examplesOf(kind: string): readonly (typeof examples)[number][] {
  return examples.filter((example) => example.kind === kind);
}

function only(kind: string): (typeof examples)[number] {
  const [example, ...others] = examplesOf(kind);
  if (example === undefined || others.length > 0) throw new Error(`docs/recipes.md has not one example '${kind}'`);
  return example;
}

function treeOf(text: string): MappingTree {
  const { tree, findings } = parseRecipeTree(text, "docs/recipes.md");
  if (tree === undefined) throw new Error(findings.map(formatFinding).join("\n"));
  return tree;
}

describe("an example of docs/recipes.md", () => {
  test.each(examplesOf("recipe"))("that is a recipe has no mistake ($title)", ({ text }) => {
    expect(parseRecipe(text, { file: "recipe.yaml" }).findings).toEqual([]);
  });

  const base = treeOf("name: example\nversion: 1.10\nbuild: autotools\n");

  test.each(examplesOf("fragment"))("that is part of a recipe has no mistake ($title)", ({ text }) => {
    expect(readRecipe(mergeTrees(base, treeOf(text))).findings).toEqual([]);
  });

  test("of mistakes gives the findings that stand below it", () => {
    const { findings } = parseRecipe(only("wrong").text, { file: "recipes/mpfr/recipe.yaml" });
    expect(findings.map((finding) => `${formatFinding(finding)}\n`).join("")).toBe(only("findings").text);
  });

  test("is of a kind that a test reads", () => {
    const kinds = ["recipe", "fragment", "wrong", "findings", "version", "base", "heir", "overlay"];
    expect(examples.filter(({ kind }) => !kinds.includes(kind))).toEqual([]);
    expect(examples.length).toBeGreaterThan(15);
    expect(page.match(/^```yaml$/gm)).toBeNull();
  });
});

describe("the examples of recipes that build on each other", () => {
  let top: string;
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
  };

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "docs-test-"));
    const [mpfr] = examplesOf("recipe");
    write("a/mpfr/recipe.yaml", only("overlay").text);
    write("a/mpfr/local.patch", "");
    write("b/mpfr/recipe.yaml", mpfr?.text ?? "");
    write(`b/mpfr/${only("version").argument}.yaml`, only("version").text);
    write(`b/${only("base").argument}/recipe.yaml`, only("base").text);
    write("b/hello/recipe.yaml", only("heir").text);
    for (const name of ["gmp", "m4"]) write(`b/${name}/recipe.yaml`, "version: 1.0\nbuild: copy\n");
  });

  afterEach(() => rmSync(top, { recursive: true, force: true }));

  test("do what is said of them", () => {
    const collection = openRecipes([join(top, "a"), join(top, "b")]);
    expect(collection.check()).toEqual([]);
    const hello = collection.find("hello").recipe;
    expect(hello.configure.flatMap(({ args }) => args.map(({ text }) => text))).toEqual(["--quiet"]);
    expect(hello.env.map(({ name, value }) => `${name}=${value.text}`)).toEqual(["CFLAGS=-O3", "LC_ALL=C"]);
    expect(hello.metadata).toEqual({});
    const mpfr = collection.find("mpfr");
    expect(mpfr.recipe).toMatchObject({ version: "4.2.1", license: "LGPL-3.0-or-later", patches: [{ strip: 1 }] });
    expect(mpfr.files.has("mpfr/local.patch")).toBe(true);
  });
});

describe("docs/recipes.md", () => {
  test("has every key of the schema", () => {
    const keys = new Set<string>();
    const visit = (schema: unknown): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { properties } = schema as { properties?: object };
      for (const key of Object.keys(properties ?? {})) keys.add(key);
      Object.values(schema).forEach(visit);
    };
    visit(recipeSchema());
    expect([...keys].filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
    expect(keys.size).toBeGreaterThan(40);
  });

  test("orders versions as it says", () => {
    const [, section = ""] = /### Order\n([\s\S]*?)###/.exec(page) ?? [];
    const chains = [...section.matchAll(/(?:[0-9][\w.+~]*\s*<\s*)+[0-9][\w.+~]*/g)].map(([chain]) =>
      chain.split(/\s*<\s*/),
    );
    expect(chains.length).toBe(4);
    for (const chain of chains) expect([...chain].reverse().sort(compareVersions)).toEqual(chain);
  });

  test("names packages in ways that can be read", () => {
    const [, section = ""] = /## Naming packages([\s\S]*?)\n## /.exec(page) ?? [];
    const specs = [...section.matchAll(/^\| (`[^|]*`)[^|]*\|/gm)].flatMap(([, cell = ""]) => [
      ...cell.matchAll(/`([^`]+)`/g),
    ]);
    const texts = specs.map(([, text = ""]) => text.replaceAll("'", "")).filter((text) => !/…|^<|^SPEC/.test(text));
    expect(texts.map((text) => [text, parseSpec(text).kind])).toEqual([
      ["gmp", "package"],
      ["gmp@6.3", "package"],
      ["gmp@>=6,<7", "package"],
      ["gmp+static~shared", "package"],
      ["gmp abi=64", "package"],
      ["gmp@6.3+static", "package"],
      ["gmp@=6.3.0+dfsg", "package"],
      ["./gmp", "path"],
      ["recipes/gmp/recipe.yaml", "path"],
      ["gmp-6.3.0.tar.xz", "archive"],
      ["npm:name@range", "npm"],
    ]);
  });
});

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { checkRecipe } from "../../src/recipes/check-recipe.ts";
import { parseRecipe } from "../../src/recipes/parse-recipe.ts";
import { openSage } from "../../src/recipes/sage/open-sage.ts";
import { anyInsertion, anyMutation, mutated } from "../helpers/any-change.ts";
import { makeSageTrees } from "../helpers/sage-trees.ts";
import { fuzz } from "./fuzz-target.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures", import.meta.url));

const YAML = [
  "- ",
  ": ",
  "\n  ",
  "\t",
  "&a ",
  "*a",
  "!!binary ",
  "{{",
  "}}",
  "{{deps.",
  "when: ",
  "options.x == ",
  "not ",
  "(",
  "|\n",
  ">-\n",
  "'",
  '"',
  "[",
  "]",
  "---\n",
  "<<: ",
  "name: ",
  "sources:\n",
  "? ",
  "%YAML 1.1\n",
  "\u0000",
  "\ufeff",
];
const MAKE = [
  "$(",
  ")",
  "$",
  "$$",
  "|",
  "\n",
  "$(if ",
  ",",
  "VERSION",
  "=",
  "sha256=",
  "#",
  "\\\n",
  "$(PYTHON)",
  "../",
  "\u0000",
  "$($(",
];

/** Every recipe of the fixtures, good and wrong. */
const recipes = ["recipes-good", "recipes-builds", "recipes-wrong"].flatMap((directory) =>
  readdirSync(join(FIXTURES, directory), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => readFileSync(join(FIXTURES, directory, name))),
);

function anyChanged(seeds: readonly Buffer[], words: readonly string[]): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.oneof(anyMutation, anyInsertion(words), anyInsertion(words)), {
    minLength: 1,
    maxLength: 5,
  });
  return fc.tuple(fc.constantFrom(...seeds), changes).map(([seed, list]) => mutated(seed, list));
}

describe("recipes", () => {
  fuzz({
    name: "recipe",
    inputs: anyChanged(recipes, YAML),
    fromBytes: (bytes) => bytes,
    read: (bytes) => {
      const { recipe } = parseRecipe(bytes.toString(), { file: "recipes/x/recipe.yaml" });
      if (recipe) checkRecipe(recipe);
    },
  });

  const directory = mkdtempSync(join(tmpdir(), "fuzz-sage-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const { tree } = makeSageTrees(directory);
  const packages = join(tree, "build/pkgs");
  const files = readdirSync(packages, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(packages.length + 1));
  const seeds = files.map((file) => Buffer.concat([Buffer.from(`${file}\n`), readFileSync(join(packages, file))]));

  fuzz({
    name: "sage",
    // The first line names the file whose content is the rest.
    inputs: fc.constantFrom(...seeds).chain((seed) => {
      const end = seed.indexOf("\n") + 1;
      return anyChanged([seed.subarray(end)], MAKE).map((rest) => Buffer.concat([seed.subarray(0, end), rest]));
    }),
    fromBytes: (bytes) => bytes,
    slowness: 4,
    read: (bytes) => {
      const [file = ""] = bytes.toString().split("\n", 1);
      const trial = join(directory, "trial");
      rmSync(trial, { recursive: true, force: true });
      mkdirSync(trial);
      cpSync(join(tree, "build"), join(trial, "build"), { recursive: true, verbatimSymlinks: true });
      writeFileSync(join(trial, "build/pkgs", file), bytes.subarray(bytes.indexOf("\n") + 1));
      const sage = openSage([trial]);
      for (const name of sage.names()) {
        sage.describe(name);
        sage.findings(name);
        try {
          sage.find(name);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
        }
      }
    },
  });
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { planGraph } from "../../src/build/plan-graph.ts";
import { StoreError } from "../../src/errors.ts";
import { parsePackageSpec } from "../../src/model/recipe/package-spec.ts";
import { platformOf } from "../../src/model/recipe/platform.ts";
import { openRecipes } from "../../src/recipes/open-recipes.ts";
import { makeBuildWorld } from "../helpers/build-world.ts";

const NAMES = ["p0", "p1", "p2", "p3", "p4"];
const ASKED_OPTIONS = ["x: true", "x: true", "x: false", "y: 2", "y: 2", "y: 1"].map((each) => `options: {${each}}, `);
const OPTIONS = "options: {x: {default: false}, y: {values: [1, 2], default: 1}}";
const platform = platformOf({ platform: "linux", arch: "x64" });

interface Need {
  readonly asks: string;
  readonly when: string;
}

const anyNeed: fc.Arbitrary<Need> = fc.record({
  asks: fc.constantFrom("", "version: '1', ", "version: '>=2', ", "version: <3, ", ...ASKED_OPTIONS),
  when: fc.constantFrom("version >= 1", "version >= 1", "options.x", "not options.x", "options.y == 2"),
});
const sometimes = (freq: number) => fc.option(anyNeed, { freq, nil: undefined });
/** For each package what it needs of each of the five: mostly of later ones. */
const anyNeeds = fc.tuple(
  ...NAMES.map((_, of) => fc.tuple(...NAMES.map((__, on) => (on > of ? sometimes(3) : rarely())))),
);

function rarely(): fc.Arbitrary<Need | undefined> {
  return fc.nat(20).chain((drawn) => (drawn === 0 ? anyNeed : fc.constant(undefined)));
}

function recipeOf(name: string, needs: readonly (Need | undefined)[]): string {
  const link = needs.flatMap((need, on) =>
    need && NAMES[on] !== name ? [`{name: ${NAMES[on]}, ${need.asks}when: "${need.when}"}`] : [],
  );
  return `${OPTIONS}\nbuild: copy\ndependencies: {link: [${link.join(", ")}]}\n`;
}

it("what a graph is does not depend on the order in which its packages are named", () => {
  const world = makeBuildWorld({ memory: true });
  const outcomes = { whole: 0, refused: 0 };
  const anyNamed = fc.shuffledSubarray(NAMES, { minLength: 2 });
  fc.assert(
    fc.property(anyNeeds, anyNamed, (needs, named) => {
      for (const [of, name] of NAMES.entries()) {
        world.recipe(name, recipeOf(name, needs[of] ?? []));
        for (const version of ["2", "3"]) writeFileSync(join(world.recipes, name, `${version}.yaml`), "");
      }
      const recipes = openRecipes([world.recipes]);
      const plan = (names: readonly string[]) => {
        try {
          const graph = planGraph(recipes, names.map(parsePackageSpec), { platform, check: false });
          return [...graph.packages.keys()].sort();
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          return `${error.code}: ${error.message}`;
        }
      };
      const outcome = plan(named);
      outcomes[typeof outcome === "string" ? "refused" : "whole"] += 1;
      for (const order of [named.toReversed(), named.toSorted()]) expect(plan(order)).toEqual(outcome);
    }),
    { numRuns: 400 },
  );
  expect(outcomes.whole).toBeGreaterThan(50);
  expect(outcomes.refused).toBeGreaterThan(50);
});

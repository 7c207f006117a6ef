import { expect, test } from "vitest";
import { resolveDependencies } from "../../../src/model/recipe/resolve-dependencies.ts";
import type { Dependency, DependencyKind, Recipe } from "../../../src/model/recipe.ts";
import { recipeOf } from "../../helpers/recipe-text.ts";

function resolve(dependencies: Partial<Record<DependencyKind, readonly Dependency[]>>) {
  const recipe = recipeOf("name: x\nversion: 1\nbuild: make\n");
  const all: Recipe = { ...recipe, dependencies: { ...recipe.dependencies, ...dependencies } };
  return resolveDependencies(all, { isActive: () => true, checks: true, findings: [] });
}

function named(name: string, more: Partial<Dependency> = {}): Dependency {
  const [dependency] = recipeOf(`name: x\nversion: 1\nbuild: make\ndependencies: {build: [${name}]}\n`).dependencies
    .build;
  return { ...(dependency as Dependency), ...more };
}

test("a dependency is order-only when nothing asks for it otherwise", () => {
  const unkeyed = named("gmp", { orderOnly: true });
  expect(resolve({ build: [unkeyed] })).toMatchObject([{ name: "gmp", orderOnly: true }]);
  expect(resolve({ build: [unkeyed], check: [unkeyed] })).toMatchObject([
    { kinds: ["build", "check"], orderOnly: true },
  ]);
  for (const kinds of [
    { build: [unkeyed], link: [named("gmp")] },
    { build: [named("gmp")], link: [unkeyed] },
  ]) {
    expect(resolve(kinds)).toHaveLength(1);
    expect(resolve(kinds)[0]).not.toHaveProperty("orderOnly");
  }
});

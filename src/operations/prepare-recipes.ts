import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseSpec } from "../model/recipe/spec.ts";
import { placeHas } from "../recipes/recipe-places.ts";
import { readManifest } from "../store/manifests.ts";
import type { Store } from "../store/open-store.ts";
import type { RunOptions } from "./run-options.ts";
import type { PackageInput, PreparedPackage } from "./stage-package.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Builds those of the inputs that stand for recipes, all in one graph: either everything is in the store afterwards, or
 * it throws. The other inputs are not touched.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE, CONFLICT, BUILD_FAILED
 */
export async function prepareRecipes(
  store: Store,
  inputs: readonly PackageInput[],
  options: RunOptions & { readonly workspace: Workspace },
): Promise<ReadonlyMap<PackageInput, PreparedPackage>> {
  const recipes = inputs.filter((input) => isRecipe(store, input));
  const [first] = recipes;
  if (!first) return new Map();
  const { buildIn } = await import("./build.ts");
  const settings = first.build ?? { recipes: [], cwd: first.cwd };
  const specs = recipes.map(({ from, cwd }) => (isPath(store, from) ? resolve(cwd, from) : from));
  const built = await buildIn(store, { offline: first.offline, ...settings, specs }, options);
  return new Map(
    recipes.map((input, index) => {
      const found = built[index] as (typeof built)[number];
      const manifest = readManifest(store, found.baseName);
      return [input, { manifest, staged: undefined, requested: specs[index] as string, options: found.options }];
    }),
  );
}

/**
 * Whether an input stands for a recipe: a path to one, or a name. A name that is no recipe's, but a file's or a
 * directory's, stands for that.
 */
export function isRecipe(store: Store, { from, cwd, build }: PackageInput): boolean {
  const path = resolve(cwd, from);
  if (isPath(store, from)) return /\.ya?ml$/.test(from) ? existsSync(path) : existsSync(join(path, "recipe.yaml"));
  if (parseSpec(from, { storeDir: store.layout.storeDir }).kind !== "package") return false;
  return !existsSync(path) || (build?.recipes ?? []).some((place) => placeHas(place, from));
}

function isPath(store: Store, from: string): boolean {
  return parseSpec(from, { storeDir: store.layout.storeDir }).kind === "path";
}

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseSpec } from "../../model/recipe/spec.ts";
import { placeHas } from "../../recipes/recipe-places.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseIntegrity } from "../packages/refuse-integrity.ts";
import type { PackageInput, PreparedPackage } from "../packages/stage-package.ts";
import type { RunOptions } from "../run-options.ts";
import type { Workspace } from "../workspace.ts";
import type { BuildRequest } from "./build.ts";

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
  const asked = recipesAmong(store, inputs);
  if (!asked) return new Map();
  const { buildIn } = await import("./build.ts");
  const built = await buildIn(store, asked.request, options);
  return new Map(
    asked.inputs.map((input, index) => {
      const found = built[index] as (typeof built)[number];
      const manifest = readManifest(store, found.baseName);
      const requested = asked.request.specs[index] as string;
      return [input, { manifest, staged: undefined, requested, options: found.options }];
    }),
  );
}

/** Those of the inputs that stand for recipes, and what they ask to be built, in the same order. */
export function recipesAmong(
  store: Store,
  inputs: readonly PackageInput[],
): { readonly inputs: readonly PackageInput[]; readonly request: BuildRequest } | undefined {
  const recipes = inputs.filter((input) => isRecipe(store, input));
  const [first] = recipes;
  if (!first) return undefined;
  for (const input of recipes) refuseIntegrity(input, "a recipe");
  const settings = first.build ?? { recipes: [], cwd: first.cwd };
  const specs = recipes.map(({ from, cwd }) => (isPath(store, from) ? resolve(cwd, from) : from));
  const bySpec = <Value>(of: (input: PackageInput) => Value | undefined) =>
    new Map(recipes.flatMap((input, index) => (of(input) ? [[specs[index] as string, of(input) as Value]] : [])));
  const kept = bySpec(({ keptOptions }) => keptOptions);
  const builtWith = bySpec((input) => input.builtWith);
  const { offline, mirrors } = first;
  return { inputs: recipes, request: { offline, mirrors, ...settings, specs, kept, builtWith } };
}

/**
 * Whether an input stands for a recipe: a path to one, or a name. A name that is no recipe's, but a file's or a
 * directory's, stands for that; not when it was asked for before, since then a path would have been kept in its place.
 */
export function isRecipe(store: Store, input: PackageInput): boolean {
  const { from, cwd } = input;
  const path = resolve(cwd, from);
  if (isPath(store, from)) return /\.ya?ml$/.test(from) ? existsSync(path) : existsSync(join(path, "recipe.yaml"));
  if (parseSpec(from, { storeDir: store.layout.storeDir }).kind !== "package") return false;
  return input.again === true || !existsSync(path) || hasRecipe(input, from);
}

/** Whether an input that stands for a recipe can be looked at: a name needs directories of recipes that have it. */
export function findsRecipe(store: Store, input: PackageInput): boolean {
  const spec = parseSpec(input.from, { storeDir: store.layout.storeDir });
  return spec.kind !== "package" || hasRecipe(input, spec.name);
}

function hasRecipe({ build }: PackageInput, name: string): boolean {
  return (build?.recipes ?? []).some((place) => placeHas(place, name));
}

function isPath(store: Store, from: string): boolean {
  return parseSpec(from, { storeDir: store.layout.storeDir }).kind === "path";
}

import { StoreError } from "../errors.ts";
import { findingAt, invalidRecipe } from "../model/recipe/finding.ts";
import { decideOptions, type OptionFault, type OptionValues, resolveOptions } from "../model/recipe/options.ts";
import type { ResolvedRecipe } from "../model/recipe/resolved-recipe.ts";
import { formatVersionRange, isInRange, type VersionRange } from "../model/recipe/version-range.ts";
import { DEPENDENCY_KINDS, type Recipe, type RecipeOption } from "../model/recipe.ts";
import type { LoadedRecipe, RecipeCollection } from "../recipes/open-recipes.ts";

/** What somebody asks of a package. */
export interface PackageRequest {
  readonly name: string;
  /** All of them must hold; none for any version. */
  readonly ranges: readonly VersionRange[];
  readonly options: OptionValues;
  /** Values for options that nobody asks for, as far as the recipe takes them; the others have its defaults. */
  readonly kept?: OptionValues | undefined;
  readonly loaded?: LoadedRecipe | undefined;
  /** Who asks, for messages. */
  readonly by: string;
  /** The recipe that asks, unless it is the command. */
  readonly asking?: Recipe;
}

/** What was found for the requests for a package. */
export interface Chosen {
  readonly id: string;
  readonly loaded: LoadedRecipe;
  readonly recipe: ResolvedRecipe;
}

/** Requests for one package, in an order that depends on nothing but them. */
export function inOrder(requests: readonly PackageRequest[]): readonly PackageRequest[] {
  return requests
    .map((request) => ({ request, key: requestKey(request) }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ request }) => request);
}

/** Two requests with the same key are the same wish of the same package or of the command. */
export function requestKey({ name, asking, loaded, options, ranges }: PackageRequest): string {
  const texts = [loaded?.recipeFiles[0] ?? "", ...ranges.map(formatVersionRange)];
  return JSON.stringify([name, asking?.name ?? "", options, texts]);
}

/** The recipe that suits all requests; when none does, the one for the first of them that cares. */
export function findRequested(
  recipes: RecipeCollection,
  name: string,
  requests: readonly PackageRequest[],
): LoadedRecipe {
  const loaded = requests.find((each) => each.loaded)?.loaded;
  if (loaded) return loaded;
  const ranges = requests.flatMap((each) => each.ranges);
  for (const some of [ranges, ...ranges.map((range) => [range])]) {
    try {
      return recipes.find(name, ...some);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "NOT_FOUND") throw error;
    }
  }
  return recipes.find(name);
}

/** A value for every option: of those who ask for one the first has its way. */
export function optionsRequested(declared: readonly RecipeOption[], requests: readonly PackageRequest[]): OptionValues {
  const kept = requests.find((each) => each.kept)?.kept ?? {};
  const values = { ...resolveOptions(declared, kept).values };
  for (const { options } of requests.toReversed()) Object.assign(values, options);
  return resolveOptions(declared, values).values;
}

/**
 * @param deciding the requests that the package was chosen for
 * @throws StoreError INVALID_INPUT, INVALID_RECIPE, CONFLICT when it is not what `request` asks for
 */
export function checkRequest(
  request: PackageRequest,
  { id, loaded, recipe }: Chosen,
  deciding: readonly PackageRequest[],
): void {
  const { by, name, ranges, options } = request;
  const wanted = placingOptions(request, () => decideOptions(name, loaded.recipe.options, options));
  const byOf = (cares: (each: PackageRequest) => boolean) => (deciding.find(cares) ?? deciding[0] ?? request).by;
  if (!ranges.every((range) => isInRange(recipe.version, range))) {
    const other = byOf((each) => each.ranges.length > 0);
    throw conflict(`${by} needs another version of ${name} than ${recipe.version}, which ${other} asked for`);
  }
  const option = Object.keys(options).find((each) => recipe.options[each] !== wanted[each]);
  if (option === undefined) return;
  const other = byOf((each) => Object.hasOwn(each.options, option));
  throw conflict(`${by} needs ${name} with ${option}=${wanted[option]}, and for ${other} it is ${id}`);
}

/** What is wrong with the options that a recipe asks for is told with the place where it does. */
function placingOptions<Value>({ name, by, asking }: PackageRequest, decide: () => Value): Value {
  try {
    return decide();
  } catch (error) {
    const faults = error instanceof StoreError && error.code === "INVALID_INPUT" ? error.details.faults : undefined;
    if (!asking || !Array.isArray(faults)) throw error;
    const needs = DEPENDENCY_KINDS.flatMap((kind) => asking.dependencies[kind]).filter((each) => each.name === name);
    const findings = (faults as readonly OptionFault[]).map(({ option, message, suggestion }) => {
      const { at } = needs.find(({ options }) => Object.hasOwn(options, option)) ?? asking;
      return findingAt(at, "meaning", { message: `${name}: ${message}`, suggestion });
    });
    throw invalidRecipe(`the recipe of ${by}`, findings);
  }
}

export function conflict(message: string): StoreError {
  return new StoreError("CONFLICT", message, {
    hint: "Ask for a version or for options that suit both, for example `name@1.2+option`.",
  });
}

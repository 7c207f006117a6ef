import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import { findingAt, invalidRecipe } from "../model/recipe/finding.ts";
import {
  decideOptions,
  type OptionFault,
  type OptionValues,
  packageId,
  resolveOptions,
} from "../model/recipe/options.ts";
import type { Platform } from "../model/recipe/platform.ts";
import { resolveRecipe } from "../model/recipe/resolve-recipe.ts";
import type { ResolvedDependency } from "../model/recipe/resolved-recipe.ts";
import { isInRange, type VersionRange } from "../model/recipe/version-range.ts";
import { DEPENDENCY_KINDS, type Recipe, type RecipeOption } from "../model/recipe.ts";
import type { LoadedRecipe, RecipeCollection } from "../recipes/open-recipes.ts";
import type { BuildGraph, PlannedDependency, PlannedPackage } from "./build-plan.ts";
import { collectMissing, type MissingRecipes } from "./missing-recipes.ts";

/** A package that somebody asks for by name, or a recipe that was loaded from a path. */
export interface Wanted {
  readonly name: string;
  readonly range?: VersionRange;
  readonly options: OptionValues;
  /** Values for options that nobody asks for, as far as the recipe takes them; the others have its defaults. */
  readonly kept?: OptionValues | undefined;
  readonly loaded?: LoadedRecipe;
}

export interface GraphOptions {
  readonly platform: Platform;
  /** Run the test suites of the build systems, too. */
  readonly check: boolean;
}

/**
 * Resolves packages and all that they need. A package is in a graph once: whoever asks for another version or other
 * options of it is told.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE, CONFLICT, UNSUPPORTED
 */
export function planGraph(recipes: RecipeCollection, wanted: readonly Wanted[], options: GraphOptions): BuildGraph {
  const asked = new Map(wanted.map((each) => [each.name, each]));
  const missing = collectMissing();
  const planner: Planner = { recipes, options, asked, missing, packages: new Map(), byName: new Map(), open: [] };
  const ids = wanted.flatMap(
    (each) => missing.among(each.name, undefined, () => planOne(planner, { ...each, by: COMMAND })) ?? [],
  );
  missing.throwIfAny();
  return { packages: planner.packages, wanted: ids };
}

/**
 * The same for packages that were asked for one by one and need not suit each other: a package can be there several times
 * with other options or versions.
 * @throws StoreError as `planGraph`; CONFLICT when two of them need the same package with other dependencies
 */
export function planSeparately(
  recipes: RecipeCollection,
  wanted: readonly Wanted[],
  options: GraphOptions,
): BuildGraph {
  const packages = new Map<string, PlannedPackage>();
  const graphs = wanted.map((each) => planGraph(recipes, [each], options));
  for (const planned of graphs.flatMap((graph) => [...graph.packages.values()])) {
    const known = packages.get(planned.id);
    if (known && idsOf(known) !== idsOf(planned))
      throw conflict(`${planned.id} is needed with ${idsOf(known)} and with ${idsOf(planned)}`);
    packages.set(planned.id, planned);
  }
  return { packages, wanted: graphs.flatMap((graph) => graph.wanted) };
}

function idsOf({ dependencies }: PlannedPackage): string {
  return dependencies.map(({ id }) => id).join(", ");
}

const COMMAND = "the command";

interface Request extends Wanted {
  /** Who asks, for messages. */
  readonly by: string;
  /** The recipe that asks, unless it is the command. */
  readonly asking?: Recipe;
}

interface Planner {
  readonly recipes: RecipeCollection;
  readonly options: GraphOptions;
  /** What the command asks for by name: whoever needs one of these gets it as asked for. */
  readonly asked: ReadonlyMap<string, Wanted>;
  readonly missing: MissingRecipes;
  /** Filled in the order of completion: dependencies first. */
  readonly packages: Map<string, PlannedPackage>;
  readonly byName: Map<string, Planned>;
  /** Names on the way from the command to here. */
  readonly open: string[];
}

interface Planned {
  readonly id: string;
  readonly by: string;
  readonly version: string;
  readonly options: OptionValues;
  readonly declared: readonly RecipeOption[];
}

function planOne(planner: Planner, request: Request): string {
  const known = planner.byName.get(request.name);
  if (known && !planner.open.includes(request.name)) return placingOptions(request, () => reuse(known, request));
  if (planner.open.includes(request.name)) throw cycle([...planner.open, request.name]);
  const asked = planner.asked.get(request.name);
  if (asked && request.by !== COMMAND) {
    planOne(planner, { ...asked, by: COMMAND });
    return planOne(planner, request);
  }
  const loaded = request.loaded ?? planner.recipes.find(request.name, request.range);
  const recipe = placingOptions(request, () =>
    resolveRecipe(loaded.recipe, {
      ...planner.options,
      options: { ...resolveOptions(loaded.recipe.options, request.kept ?? {}).values, ...request.options },
      files: loaded.files.keys(),
    }),
  );
  const id = packageId(recipe.name, recipe.version, recipe.options);
  planner.open.push(request.name);
  const by = { id, recipe: loaded.recipe };
  const dependencies = recipe.dependencies.flatMap(
    (need) => planner.missing.among(need.name, by, () => planDependency(planner, need, by)) ?? [],
  );
  planner.open.pop();
  const { recipeFiles, files } = loaded;
  const recipeDirectory = dirname(recipeFiles[0] as string);
  const { name, version } = recipe;
  planner.packages.set(id, { id, name, version, recipe, recipeFiles, recipeDirectory, files, dependencies });
  const declared = loaded.recipe.options;
  planner.byName.set(request.name, { id, by: request.by, version, options: recipe.options, declared });
  return id;
}

function planDependency(
  planner: Planner,
  dependency: ResolvedDependency,
  { id: by, recipe: asking }: { readonly id: string; readonly recipe: Recipe },
): PlannedDependency {
  const { name, kinds, ranges, options } = dependency;
  // Several ranges must all hold: the first chooses, the others are checked against the choice.
  const [range] = ranges;
  const id = planOne(planner, { name, options, by, asking, ...(range && { range }) });
  const { version } = planner.packages.get(id) as PlannedPackage;
  const failing = ranges.find((each) => !isInRange(version, each));
  if (failing) throw conflict(`${by} needs another version of ${name} than ${version}`);
  return { id, name, kinds, ...(dependency.orderOnly && { orderOnly: true }) };
}

function reuse(known: Planned, request: Request): string {
  if (request.range && !isInRange(known.version, request.range)) {
    throw conflict(
      `${request.by} needs another version of ${request.name} than ${known.version}, which ${known.by} asked for`,
    );
  }
  const wanted = decideOptions(request.name, known.declared, request.options);
  const other = Object.keys(request.options).find((name) => known.options[name] !== wanted[name]);
  if (other !== undefined)
    throw conflict(
      `${request.by} needs ${request.name} with ${other}=${wanted[other]}, and for ${known.by} it is ${known.id}`,
    );
  return known.id;
}

/** What is wrong with the options that a recipe asks for is told with the place where it does. */
function placingOptions<Value>({ name, by, asking }: Request, plan: () => Value): Value {
  try {
    return plan();
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

function cycle(names: readonly string[]): StoreError {
  const from = names.indexOf(names.at(-1) as string);
  return new StoreError("INVALID_RECIPE", `the recipes need each other: ${names.slice(from).join(" → ")}`, {
    hint: "Take one of these dependencies out, or build one of them without the feature that needs the other.",
  });
}

function conflict(message: string): StoreError {
  return new StoreError("CONFLICT", message, {
    hint: "Ask for a version or for options that suit both, for example `name@1.2+option`.",
  });
}

import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import { type OptionValues, packageId } from "../model/recipe/options.ts";
import type { Platform } from "../model/recipe/platform.ts";
import { resolveRecipe } from "../model/recipe/resolve-recipe.ts";
import type { VersionRange } from "../model/recipe/version-range.ts";
import type { LoadedRecipe, RecipeCollection } from "../recipes/open-recipes.ts";
import type { BuildGraph, PlannedDependency, PlannedPackage } from "./build-plan.ts";
import { collectMissing, type MissingRecipes } from "./missing-recipes.ts";
import {
  type Chosen,
  checkRequest,
  conflict,
  findRequested,
  inOrder,
  optionsRequested,
  type PackageRequest,
  requestKey,
} from "./package-request.ts";

/** A package that somebody asks for by name, or a recipe that was loaded from a path. */
export interface Wanted {
  readonly name: string;
  readonly range?: VersionRange;
  readonly options: OptionValues;
  /** Values for options that nobody asks for, as far as the recipe takes them; the others have its defaults. */
  readonly kept?: OptionValues | undefined;
  /** What the package that is installed was built with, by name. */
  readonly builtWith?: ReadonlyMap<string, { readonly version: string; readonly options: OptionValues }> | undefined;
  readonly loaded?: LoadedRecipe;
}

export interface GraphOptions {
  readonly platform: Platform;
  /** Run the test suites of the build systems, too. */
  readonly check: boolean;
  /** What was found already, where several graphs are planned from the same recipes. */
  readonly chosen?: Map<string, Chosen>;
}

/**
 * Resolves packages and all that they need. A package is in a graph once: what is named is as it is named, and what is only
 * needed suits all who need it. Whoever asks for something else is told. The order of `wanted` decides nothing.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE, CONFLICT, UNSUPPORTED
 */
export function planGraph(recipes: RecipeCollection, wanted: readonly Wanted[], options: GraphOptions): BuildGraph {
  const names = wanted.map(({ name }) => name);
  const { chosen = new Map() } = options;
  const planner: Planner = { recipes, options, asked: byName(wanted.map(requestOfCommand)), chosen };
  const { walk, needs } = settleNeeds(planner, names);
  if (faultOf(walk)) throw faultOf(walkNeeds(planner, names.toSorted(), needs));
  return { packages: walk.packages, wanted: names.map((name) => (walk.settled.get(name) as Chosen).id) };
}

const COMMAND = "the command";

function requestOfCommand({ range, ...wanted }: Wanted): PackageRequest {
  return { ...wanted, ranges: range ? [range] : [], by: COMMAND };
}

/** What is asked of each package, by its name, in an order that depends on the requests alone. */
type Requests = ReadonlyMap<string, readonly PackageRequest[]>;

function byName(requests: readonly PackageRequest[]): Requests {
  const groups = new Map<string, PackageRequest[]>();
  for (const request of requests) groups.set(request.name, [...(groups.get(request.name) ?? []), request]);
  return new Map([...groups].map(([name, group]) => [name, inOrder(group)]));
}

interface Planner {
  readonly recipes: RecipeCollection;
  readonly options: GraphOptions;
  /** What the command asks for by name: whoever needs one of these gets it as asked for. */
  readonly asked: Requests;
  /** What was found for a package and the requests for it. */
  readonly chosen: Map<string, Chosen>;
}

/**
 * What packages ask of each other. That depends on what they are, and that on what is asked of them: so all are walked
 * again with what was asked in the walk before, until the same is asked. Options that reach down through packages take a
 * walk for each; it ends where no package needs another one in one walk and is needed by it in the next.
 */
function settleNeeds(planner: Planner, names: readonly string[]): { readonly walk: Walk; readonly needs: Requests } {
  const seen = new Set<string>();
  for (let needs: Requests = new Map(); ; ) {
    const walk = walkNeeds(planner, names, needs);
    const next = byName(walk.requests);
    if (keyOf(next) === keyOf(needs)) return { walk, needs: next };
    if (seen.has(keyOf(next))) throw unsettled(needs, next);
    seen.add(keyOf(next));
    needs = next;
  }
}

function keyOf(needs: Requests): string {
  return [...needs.keys()]
    .sort()
    .map((name) => keyOfOne(needs, name))
    .join("\n");
}

function keyOfOne(needs: Requests, name: string): string {
  return (needs.get(name) ?? []).map(requestKey).join();
}

interface Walk {
  readonly planner: Planner;
  readonly needs: Requests;
  /** Filled in the order of completion: dependencies first. */
  readonly packages: Map<string, PlannedPackage>;
  /** By name; `undefined` for what has a fault. */
  readonly settled: Map<string, Chosen | undefined>;
  /** What the packages ask of each other. */
  readonly requests: PackageRequest[];
  readonly missing: MissingRecipes;
  readonly faults: StoreError[];
  /** Names on the way from the command to here. */
  readonly open: string[];
}

/** Goes through the packages as they are when they get what `needs` tells; what is wrong with one does not end it. */
function walkNeeds(planner: Planner, names: readonly string[], needs: Requests): Walk {
  const found = { packages: new Map(), settled: new Map(), requests: [], missing: collectMissing(), faults: [] };
  const walk: Walk = { planner, needs, ...found, open: [] };
  for (const request of names.flatMap((name) => planner.asked.get(name) ?? [])) visit(walk, request);
  return walk;
}

/** Of several faults a mistake, since conflicts can come of it. */
function faultOf({ faults, missing }: Walk): StoreError | undefined {
  return faults.find(({ code }) => code !== "CONFLICT") ?? faults[0] ?? missing.error();
}

/** What a package is, when it can be settled; whether it is as the request asks is looked at. */
function visit(walk: Walk, request: PackageRequest): Chosen | undefined {
  const { name, by, asking } = request;
  const { recipes } = walk.planner;
  return noting(walk, () => {
    if (walk.open.includes(name)) throw cycle([...walk.open, name]);
    const find = () => request.loaded ?? recipes.find(name, ...request.ranges);
    const found = walk.missing.among(name, asking && { id: by, recipe: asking }, find);
    if (found === undefined) return undefined;
    if (!walk.settled.has(name)) walk.settled.set(name, settle(walk, name));
    const settled = walk.settled.get(name);
    if (settled) checkRequest(request, settled, requestsFor(walk, name));
    return settled;
  });
}

/** What `act` gives; a fault is noted, and gives nothing. */
function noting<Value>(walk: Walk, act: () => Value): Value | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    walk.faults.push(error);
    return undefined;
  }
}

function requestsFor({ planner, needs }: Walk, name: string): readonly PackageRequest[] {
  return planner.asked.get(name) ?? needs.get(name) ?? [];
}

function settle(walk: Walk, name: string): Chosen | undefined {
  const chosen = noting(walk, () => choose(walk.planner, name, requestsFor(walk, name)));
  if (chosen === undefined) return undefined;
  const { id, loaded, recipe } = chosen;
  walk.open.push(name);
  const dependencies = recipe.dependencies.flatMap((need): readonly PlannedDependency[] => {
    const { ranges, options, kinds, orderOnly } = need;
    const request = { name: need.name, ranges, options, by: id, asking: loaded.recipe };
    walk.requests.push(request);
    const needed = visit(walk, request);
    return needed ? [{ id: needed.id, name: need.name, kinds, ...(orderOnly && { orderOnly }) }] : [];
  });
  walk.open.pop();
  const { recipeFiles, files } = loaded;
  const recipeDirectory = dirname(recipeFiles[0] as string);
  const { version } = recipe;
  walk.packages.set(id, { id, name: recipe.name, version, recipe, recipeFiles, recipeDirectory, files, dependencies });
  return chosen;
}

function choose(planner: Planner, name: string, requests: readonly PackageRequest[]): Chosen {
  const key = JSON.stringify([name, requests.map(requestKey)]);
  const known = planner.chosen.get(key);
  if (known) return known;
  const loaded = findRequested(planner.recipes, name, requests);
  const options = optionsRequested(loaded.recipe.options, requests);
  const recipe = resolveRecipe(loaded.recipe, { ...planner.options, options, files: loaded.files.keys() });
  const chosen = { loaded, recipe, id: packageId(recipe.name, recipe.version, recipe.options) };
  planner.chosen.set(key, chosen);
  return chosen;
}

function cycle(names: readonly string[]): StoreError {
  const from = names.indexOf(names.at(-1) as string);
  return new StoreError("INVALID_RECIPE", `the recipes need each other: ${names.slice(from).join(" → ")}`, {
    hint: "Take one of these dependencies out, or build one of them without the feature that needs the other.",
  });
}

function unsettled(needs: Requests, next: Requests): StoreError {
  const names = [...new Set([...needs.keys(), ...next.keys()])].sort();
  const unsteady = names.filter((name) => keyOfOne(needs, name) !== keyOfOne(next, name));
  return conflict(`what is asked of ${unsteady.join(", ")} changes with what is chosen for it`);
}

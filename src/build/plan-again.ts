import { StoreError } from "../errors.ts";
import { compareVersions } from "../model/recipe/version-order.ts";
import type { RecipeCollection } from "../recipes/open-recipes.ts";
import type { BuildGraph, PlannedPackage } from "./build-plan.ts";
import { conflict } from "./package-request.ts";
import { type GraphOptions, planGraph, type Wanted } from "./plan-graph.ts";

type Plan = (wanted: readonly Wanted[]) => BuildGraph;

/**
 * Resolves packages that are installed. They were asked for in several commands, which may have had other wishes for what
 * they share. So one that would get another variant of it than it was built with only because of the others is planned
 * alone: a package can then be there several times with other options or versions.
 * @throws StoreError as `planGraph`; CONFLICT when two of them need the same package with other dependencies
 */
export function planAgain(recipes: RecipeCollection, wanted: readonly Wanted[], options: GraphOptions): BuildGraph {
  const shared = { ...options, chosen: new Map() };
  const plan: Plan = (some) => planGraph(recipes, some, shared);
  const together = unlessConflict(() => plan(wanted));
  if (together === undefined) return planSeparately(wanted, wanted, plan);
  const alone = wanted.filter((each, index) => changesWithOthers(each, { together, index, plan }));
  if (alone.length === 0) return together;
  return unlessConflict(() => planSeparately(wanted, alone, plan)) ?? together;
}

function unlessConflict<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof StoreError && error.code === "CONFLICT") return undefined;
    throw error;
  }
}

/** Whether something that the package needs gets other options, or an older version, than it was built with because of the others. */
function changesWithOthers(
  wanted: Wanted,
  { together, index, plan }: { readonly together: BuildGraph; readonly index: number; readonly plan: Plan },
): boolean {
  const { builtWith = new Map<string, Variant>() } = wanted;
  const changed = neededBy(together, together.wanted[index] as string).flatMap(({ name, recipe }) => {
    const before = builtWith.get(name);
    const isNewer = before !== undefined && compareVersions(recipe.version, before.version) > 0;
    const traits = before ? differences(recipe, before) : [];
    return traits.filter((trait) => trait !== VERSION || !isNewer).map((trait) => ({ name, recipe, trait }));
  });
  if (changed.length === 0) return false;
  const alone = new Map([...plan([wanted]).packages.values()].map(({ name, recipe }) => [name, recipe]));
  return changed.some(({ name, recipe, trait }) => {
    const own = alone.get(name);
    return own !== undefined && differences(recipe, own).includes(trait);
  });
}

type Variant = Pick<PlannedPackage["recipe"], "options"> & { readonly version: string };

const VERSION = "version";

/** In what one variant is not like another: `version`, and each option with a `+`. */
function differences(variant: Variant, other: Variant): readonly string[] {
  const options = Object.keys(variant.options).filter((name) => variant.options[name] !== other.options[name]);
  return [...(variant.version === other.version ? [] : [VERSION]), ...options.map((name) => `+${name}`)];
}

function neededBy({ packages }: BuildGraph, root: string): readonly PlannedPackage[] {
  const found = new Map<string, PlannedPackage>();
  const waiting = [root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const dependency of packages.get(id)?.dependencies ?? []) {
      if (found.has(dependency.id)) continue;
      found.set(dependency.id, packages.get(dependency.id) as PlannedPackage);
      waiting.push(dependency.id);
    }
  }
  return [...found.values()];
}

/** Plans `alone` one by one, and the others together. */
function planSeparately(wanted: readonly Wanted[], alone: readonly Wanted[], plan: Plan): BuildGraph {
  const rest = wanted.filter((each) => !alone.includes(each));
  const groups = [...(rest.length > 0 ? [rest] : []), ...alone.map((each) => [each])];
  const packages = new Map<string, PlannedPackage>();
  const ids = new Map<Wanted, string>();
  for (const group of groups) {
    const graph = plan(group);
    for (const planned of graph.packages.values()) {
      const known = packages.get(planned.id);
      if (known && idsOf(known) !== idsOf(planned))
        throw conflict(`${planned.id} is needed with ${idsOf(known)} and with ${idsOf(planned)}`);
      packages.set(planned.id, planned);
    }
    for (const [index, each] of group.entries()) ids.set(each, graph.wanted[index] as string);
  }
  return { packages, wanted: wanted.map((each) => ids.get(each) as string) };
}

function idsOf({ dependencies }: PlannedPackage): string {
  return dependencies.map(({ id }) => id).join(", ");
}

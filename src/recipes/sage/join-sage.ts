import type { RecipeCollection, RecipeListing } from "../open-recipes.ts";
import type { SageRecipes } from "./open-sage.ts";

/** Recipes of directories and of Sage trees as one collection; `isSage` tells where a name belongs. */
export function joinSage(
  plain: RecipeCollection,
  sage: SageRecipes,
  isSage: (name: string) => boolean,
): RecipeCollection {
  const ofTrees = (): readonly string[] => sage.names().filter(isSage);
  return {
    names: () => [...new Set([...plain.names(), ...sage.names()])].sort(),
    find: (name, ...ranges) =>
      isSage(name) || !plain.names().includes(name) ? sage.find(name, ...ranges) : plain.find(name, ...ranges),
    load: (path) => plain.load(path),
    list: () =>
      [...plain.list().filter(({ name }) => !isSage(name)), ...ofTrees().map((name) => listingOf(sage, name))].sort(
        (a, b) => (a.name < b.name ? -1 : 1),
      ),
    check: () => [...plain.check(), ...ofTrees().flatMap((name) => sage.findings(name))],
  };
}

function listingOf(sage: SageRecipes, name: string): RecipeListing {
  const described = sage.describe(name);
  const findings = sage.findings(name);
  if (described === undefined) return { name, versions: [], findings, sage: "mistaken" };
  const recipe = described.buildable ? { recipe: sage.find(name).recipe } : {};
  return { name, versions: [described.version], ...recipe, findings, sage: described };
}

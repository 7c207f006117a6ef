import { formatFinding } from "../../src/model/recipe/finding.ts";
import type { Recipe } from "../../src/model/recipe.ts";
import { parseRecipe } from "../../src/recipes/parse-recipe.ts";

/** An integrity that has the right form. */
export const SOME_INTEGRITY = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/** The recipe of a text that must have no mistake. */
export function recipeOf(text: string, file = "recipes/x/recipe.yaml"): Recipe {
  const { recipe, findings } = parseRecipe(text, { file });
  if (recipe === undefined) throw new Error(findings.map(formatFinding).join("\n"));
  return recipe;
}

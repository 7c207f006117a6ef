import type { ByteString } from "../model/byte-string.ts";
import type { Recipe } from "../model/recipe.ts";

/** A recipe, and the files that it can refer to. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** The recipe file, and after it those that it extends. */
  readonly recipeFiles: readonly string[];
  /** The files beside the recipe: `<recipe>/<path>` as `toEscaped` writes it, and where it lies. */
  readonly files: ReadonlyMap<string, ByteString>;
}

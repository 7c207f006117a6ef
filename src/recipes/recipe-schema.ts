import type { JsonSchema } from "./reader.ts";
import { recipeFields } from "./recipe-reader.ts";

/**
 * The JSON Schema of a recipe file, for editors: `schema/recipe.schema.json`. It knows the shape of every key; what only
 * the whole recipe shows, such as an unknown reference, is for the checker. That a recipe needs a name, a version and a
 * build system is not in it, since the files of further versions leave them out.
 */
export function recipeSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Recipe of a package for store",
    ...recipeFields.schema,
  };
}

import { statSync } from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";
import { StoreError } from "../errors.ts";
import type { Finding } from "../model/recipe/finding.ts";
import { checkShelf } from "./check-shelf.ts";
import { isRecipeDirectory, type RecipeRoot, recipeNamesIn } from "./recipe-files.ts";
import { newShelf } from "./recipe-shelf.ts";

/** Whether a path leads to one recipe, by its directory or one of its files, and not only to a directory of recipes. */
export function isOneRecipe(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() ? isRecipeDirectory(path) : found !== undefined && /\.ya?ml$/.test(path);
}

/** Whether a place is a directory of recipes. */
export function holdsRecipes(path: string): boolean {
  return statSync(path).isDirectory() && recipeNamesIn({ directory: path }).length > 0;
}

/**
 * Every mistake in the versions of one recipe. What it needs and extends is looked for beside it, then in `around`.
 * @throws StoreError NOT_FOUND, FAILED
 */
export function checkOneRecipe(path: string, around: readonly string[]): readonly Finding[] {
  const directory = directoryOf(path);
  const [parent, name] = [dirname(directory), basename(directory)];
  // A recipe that extends its own name must not find itself once more.
  const others = around.filter((each) => resolve(each) !== resolve(parent));
  const siblings = siblingsIn(parent).filter((each) => each !== name);
  const roots = [name, ...siblings].map((only): RecipeRoot => ({ directory: parent, only }));
  return checkShelf(newShelf([...roots, ...others.map((each) => ({ directory: each }))], {}), { only: name });
}

/** As it was written, if that tells its name. */
function directoryOf(path: string): string {
  const directory = statSync(path).isDirectory() ? normalize(path) : dirname(normalize(path));
  return /^\.{0,2}$/.test(basename(directory)) ? resolve(directory) : join(directory);
}

/** What lies beside a recipe may be no recipes at all, and nobody's business. */
function siblingsIn(directory: string): readonly string[] {
  try {
    return recipeNamesIn({ directory });
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
}

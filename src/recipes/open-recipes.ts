import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { StoreError } from "../errors.ts";
import type { ByteString } from "../model/byte-string.ts";
import { nearest } from "../model/nearest.ts";
import type { Recipe } from "../model/recipe.ts";
import { type Finding, invalidRecipe } from "../model/recipe/finding.ts";
import { isPrerelease, compareVersions } from "../model/recipe/version-order.ts";
import { ANY_VERSION, formatVersionRange, isInRange, type VersionRange, versionNamedIn } from "../model/recipe/version-range.ts";
import { checkCollection } from "./check-collection.ts";
import { type Composing, composeRecipe } from "./compose-recipe.ts";
import { inOrder, type ReadOptions, readRecipe } from "./parse-recipe.ts";
import { filesBeside, RECIPE_FILE, recipeNamesIn, type RecipeRoot, versionFilesIn } from "./recipe-files.ts";
import { entryOf } from "./tree.ts";

/** A recipe, and the files that it can refer to. */
export interface LoadedRecipe {
  readonly recipe: Recipe;
  /** The recipe file, and after it those that it extends. */
  readonly recipeFiles: readonly string[];
  /** The files beside the recipe: `<recipe>/<path>` as `toEscaped` writes it, and where it lies. */
  readonly files: ReadonlyMap<string, ByteString>;
}

export interface RecipeListing {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly string[];
  /** The recipe that a bare name stands for, unless there are findings. */
  readonly recipe?: Recipe;
  readonly findings: readonly Finding[];
}

/** The recipes of several directories seen as one. Everything is read when it is first asked for, and once. */
export interface RecipeCollection {
  /** The names of all recipes, sorted; reads no recipe. */
  names(): readonly string[];
  /**
   * The versions of a recipe, newest first; none for one that only others extend.
   * @throws StoreError INVALID_RECIPE
   */
  versions(name: string): readonly string[];
  /**
   * The newest version in `range` that is no pre-release, or else the newest; a version that is named outright wins.
   * @throws StoreError NOT_FOUND, INVALID_RECIPE
   */
  find(name: string, range?: VersionRange): LoadedRecipe;
  /**
   * The recipe in `path`, a recipe file or the directory of one; what it extends may lie in the collection.
   * @throws StoreError NOT_FOUND, INVALID_RECIPE
   */
  load(path: string): LoadedRecipe;
  list(): readonly RecipeListing[];
  /** Every mistake in every version of every recipe, also those that only show when recipes refer to each other. */
  check(): readonly Finding[];
}

/**
 * Opens recipe directories, `<directory>/<name>/recipe.yaml`; file by file an earlier directory hides a later one.
 * @throws StoreError NOT_FOUND when one of them is not a directory
 */
export function openRecipes(directories: readonly string[], options: ReadOptions = {}): RecipeCollection {
  for (const directory of directories) requireDirectory(directory);
  return collectionOf(directories.map((directory) => ({ directory })), options);
}

function collectionOf(roots: readonly RecipeRoot[], options: ReadOptions): RecipeCollection {
}

import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { StoreError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import { type Finding, invalidRecipe } from "../model/recipe/finding.ts";
import { chooseVersion, formatVersionRange, type VersionRange } from "../model/recipe/version-range.ts";
import type { Recipe } from "../model/recipe.ts";
import type { SageListing } from "../model/sage/package.ts";
import { checkShelf } from "./check-shelf.ts";
import type { LoadedRecipe } from "./loaded-recipe.ts";
import type { ReadOptions } from "./parse-recipe.ts";
import { RECIPE_FILE, type RecipeRoot } from "./recipe-files.ts";
import { isSageTree, placeHas, sageDirectory } from "./recipe-places.ts";
import {
  composedOn,
  filesOn,
  namesOn,
  newShelf,
  type ReadRecipe,
  readOn,
  type Shelf,
  versionsOn,
} from "./recipe-shelf.ts";
import { joinSage } from "./sage/join-sage.ts";
import { openSage, type SageOptions } from "./sage/open-sage.ts";

export type { LoadedRecipe } from "./loaded-recipe.ts";
export type { SageOptions } from "./sage/open-sage.ts";

export interface RecipeListing {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly string[];
  /** The recipe that the bare name stands for, when it has no mistakes. */
  readonly recipe?: Recipe;
  readonly findings: readonly Finding[];
  /** Of a package of a Sage tree: its kind and whether it can be built here. Its recipe is there when it can. */
  readonly sage?: SageListing | "mistaken";
}

/** The recipes of several directories seen as one. Each is read when it is first asked for, and once. */
export interface RecipeCollection {
  /** The names of all recipes, sorted; reads no recipe. */
  names(): readonly string[];
  /**
   * The newest version in all ranges, if it can be one that is no pre-release; a version that one names is taken as such.
   * @throws StoreError NOT_FOUND, INVALID_RECIPE
   */
  find(name: string, ...ranges: readonly VersionRange[]): LoadedRecipe;
  /**
   * The recipe in `path`: a recipe file, or a directory with a recipe.yaml. What it extends may lie in the collection.
   * @throws StoreError NOT_FOUND, INVALID_RECIPE
   */
  load(path: string): LoadedRecipe;
  list(): readonly RecipeListing[];
  /** Every mistake in every version of every recipe, and where they do not fit together. */
  check(): readonly Finding[];
}

export interface OpenOptions extends ReadOptions {
  readonly sage?: SageOptions | undefined;
}

/**
 * Opens directories of recipes, `<directory>/<name>/recipe.yaml`, and Sage trees, `sage:<directory>`. Among directories,
 * and among Sage trees, file by file an earlier one hides a later one; of a package that both have, the earliest entry
 * decides which of them it comes from.
 *
 * @throws StoreError NOT_FOUND when one of them is not a directory, or not a Sage tree
 */
export function openRecipes(entries: readonly string[], options: OpenOptions = {}): RecipeCollection {
  const trees = entries.filter(isSageTree).map(sageDirectory);
  const directories = entries.filter((entry) => !isSageTree(entry));
  if (trees.length === 0) return openDirectories(directories, options);
  const sage = openSage(trees, options.sage);
  const plain = openDirectories(directories, { ...options, others: sage.names() });
  const isSage = (name: string): boolean => isSageTree(entries.find((entry) => placeHas(entry, name)) ?? "");
  return joinSage(plain, sage, isSage);
}

function openDirectories(
  directories: readonly string[],
  options: ReadOptions & { readonly others?: readonly string[] },
): RecipeCollection {
  for (const directory of directories) requireDirectory(directory);
  const roots = directories.map((directory): RecipeRoot => ({ directory }));
  const shelf = newShelf(roots, options);
  return {
    names: () => namesOn(shelf),
    find: (name, ...ranges) => findOn(shelf, name, ranges),
    load: (path) => loadFrom(path, roots, options),
    list: () => namesOn(shelf).map((name) => listingOf(shelf, name)),
    check: () => checkShelf(shelf, options),
  };
}

function findOn(shelf: Shelf, name: string, ranges: readonly VersionRange[]): LoadedRecipe {
  const main = composedOn(shelf, name, RECIPE_FILE);
  const files = versionsOn(shelf, name);
  if (main === undefined && files.size === 0) throw notFound(shelf, name);
  if (files.size === 0) throw withoutVersion(name, main?.findings ?? []);
  const version = chooseVersion([...files.keys()], ...ranges);
  if (version === undefined) throw noSuchVersion(name, ranges, [...files.keys()]);
  return loaded(shelf, `${name} ${version}`, readOn(shelf, name, files.get(version) as string) as ReadRecipe);
}

function loadFrom(path: string, roots: readonly RecipeRoot[], options: ReadOptions): LoadedRecipe {
  const found = statSync(path, { throwIfNoEntry: false });
  const file = resolve(found?.isDirectory() ? `${path}/${RECIPE_FILE}` : path);
  const directory = dirname(file);
  const own: RecipeRoot = { directory: dirname(directory), only: basename(directory) };
  const shelf = newShelf([own, ...roots], options);
  const read = readOn(shelf, basename(directory), basename(file));
  if (read === undefined || read.recipeFiles[0] !== file) {
    throw new StoreError("NOT_FOUND", `there is no recipe in ${path}`, {
      hint: "Give a recipe file or a directory with a recipe.yaml in it.",
    });
  }
  return loaded(shelf, path, read);
}

function loaded(shelf: Shelf, subject: string, { recipe, findings, recipeFiles }: ReadRecipe): LoadedRecipe {
  if (recipe === undefined) throw invalidRecipe(`the recipe ${subject}`, findings);
  return { recipe, recipeFiles, files: filesOn(shelf, recipe) };
}

function listingOf(shelf: Shelf, name: string): RecipeListing {
  const files = versionsOn(shelf, name);
  const versions = [...files.keys()];
  const file = files.get(chooseVersion(versions) ?? "");
  if (file === undefined) return { name, versions, findings: composedOn(shelf, name, RECIPE_FILE)?.findings ?? [] };
  const { recipe, findings } = readOn(shelf, name, file) as ReadRecipe;
  return { name, versions, ...(recipe === undefined ? {} : { recipe }), findings };
}

function requireDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new StoreError("NOT_FOUND", `there is no directory of recipes ${directory}`, {
    hint: "Give a directory that holds one directory per recipe with --recipes DIR or in STORE_RECIPES.",
  });
}

function notFound(shelf: Shelf, name: string): StoreError {
  const near = nearest(name, namesOn(shelf));
  const directories = shelf.composing.roots.map((root) => `'${root.directory}'`).join(", ");
  return new StoreError("NOT_FOUND", `there is no recipe '${name}'`, {
    hint:
      near === undefined
        ? `Looked in ${directories || "no directory; give one with --recipes DIR or in STORE_RECIPES"}.`
        : `Did you mean '${near}'?`,
    details: { name, ...(near === undefined ? {} : { suggestion: near }) },
  });
}

function withoutVersion(name: string, findings: readonly Finding[]): StoreError {
  if (findings.length > 0) return invalidRecipe(`the recipe ${name}`, findings);
  return new StoreError("NOT_FOUND", `the recipe '${name}' has no version`, {
    hint: `It can only be extended; add 'version' to its recipe.yaml, or a file VERSION.yaml beside it.`,
    details: { name },
  });
}

function noSuchVersion(name: string, ranges: readonly VersionRange[], versions: readonly string[]): StoreError {
  const range = ranges.map(formatVersionRange).join(" and ");
  return new StoreError("NOT_FOUND", `no version of '${name}' is in ${range}`, {
    hint: `There is ${versions.join(", ")}.`,
    details: { name, range, versions },
  });
}

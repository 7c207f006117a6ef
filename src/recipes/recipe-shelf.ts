import type { ByteString } from "../model/byte-string.ts";
import type { Finding } from "../model/recipe/finding.ts";
import { missingBeside } from "../model/recipe/resolve-sources.ts";
import { compareVersions } from "../model/recipe/version-order.ts";
import type { Recipe } from "../model/recipe.ts";
import { type Composed, type Composing, composeRecipe } from "./compose-recipe.ts";
import { inOrder, type ReadOptions, type RecipeResult, readRecipe } from "./parse-recipe.ts";
import { filesBeside, RECIPE_FILE, type RecipeRoot, recipeNamesIn, versionFilesIn } from "./recipe-files.ts";
import { entryOf } from "./tree.ts";

/** The recipes of several roots, and what is known of them so far. */
export interface Shelf {
  readonly composing: Composing;
  readonly options: ReadOptions;
  /** By `<recipe>/<file>`. */
  readonly recipes: Map<string, ReadRecipe>;
  /** By the name of a recipe directory. */
  readonly files: Map<string, ReadonlyMap<string, ByteString>>;
}

/** What a recipe file holds; the recipe is there when there are no findings. */
export interface ReadRecipe {
  readonly recipe?: Recipe;
  readonly findings: readonly Finding[];
  /** As in `LoadedRecipe`. */
  readonly recipeFiles: readonly string[];
}

export function newShelf(roots: readonly RecipeRoot[], options: ReadOptions): Shelf {
  return { composing: { roots, cache: new Map() }, options, recipes: new Map(), files: new Map() };
}

/** The names of all recipes, sorted. */
export function namesOn({ composing: { roots } }: Shelf): readonly string[] {
  return [...new Set(roots.flatMap(recipeNamesIn))].sort();
}

/** The file of each version of a recipe, newest first. A version's own file counts before `recipe.yaml`. */
export function versionsOn(shelf: Shelf, name: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const main = versionOf(composedOn(shelf, name, RECIPE_FILE));
  if (main !== undefined) files.set(main, RECIPE_FILE);
  for (const version of shelf.composing.roots.flatMap((root) => versionFilesIn(root, name))) {
    files.set(version, `${version}.yaml`);
  }
  return new Map([...files].sort(([a], [b]) => compareVersions(b, a)));
}

/** Reads `file` in the recipe directory `name`; `undefined` when no root has it. */
export function readOn(shelf: Shelf, name: string, file: string): ReadRecipe | undefined {
  const key = `${name}/${file}`;
  const known = shelf.recipes.get(key);
  if (known !== undefined) return known;
  const composed = composedOn(shelf, name, file);
  if (composed === undefined) return undefined;
  const { tree, files: recipeFiles } = composed;
  const { recipe, draft = recipe, findings: inside } = tree === undefined ? NOTHING : readRecipe(tree, shelf.options);
  const mistakes = [...composed.findings, ...inside];
  // Of a recipe without other mistakes this is told when it is resolved, with what conditions and templates come to.
  if (mistakes.length > 0 && draft) mistakes.push(...missingBeside(draft, [...filesOn(shelf, draft).keys()]));
  const findings = inOrder(mistakes);
  const read: ReadRecipe = { ...(recipe && findings.length === 0 && { recipe }), findings, recipeFiles };
  shelf.recipes.set(key, read);
  return read;
}

const NOTHING: RecipeResult = { findings: [] };

export function composedOn({ composing }: Shelf, name: string, file: string): Composed | undefined {
  return composeRecipe({ name, file, from: 0 }, composing);
}

/** The files that the sources and patches of `recipe` can name. */
export function filesOn(shelf: Shelf, { sources, patches }: Recipe): ReadonlyMap<string, ByteString> {
  const local = sources.flatMap((source) => (source.kind === "path" ? source.beside : []));
  const directories = new Set([...local, ...patches.map(({ beside }) => beside)]);
  return new Map([...directories].flatMap((name) => [...filesOfDirectory(shelf, name)]));
}

function filesOfDirectory({ composing, files }: Shelf, name: string): ReadonlyMap<string, ByteString> {
  const known = files.get(name) ?? filesBeside(composing.roots, name);
  files.set(name, known);
  return known;
}

function versionOf(composed: Composed | undefined): string | undefined {
  const value = composed?.tree === undefined ? undefined : entryOf(composed.tree, "version")?.value;
  return value?.kind === "scalar" ? value.text : undefined;
}

import { type Finding, findingAt } from "../model/recipe/finding.ts";
import type { Recipe } from "../model/recipe.ts";
import { checkRecipe } from "./check-recipe.ts";
import { dependencies } from "./dependency-reader.ts";
import { recipeOptions } from "./option-reader.ts";
import { recipeFields } from "./recipe-reader.ts";
import { toRecipe } from "./to-recipe.ts";
import { describeTree, entryOf, isNull, type MappingTree, placeOf } from "./tree.ts";
import { parseYaml } from "./yaml.ts";

/** The recipe is there exactly when there are no findings. */
export interface RecipeResult {
  readonly recipe?: Recipe;
  /** With findings, what could be read all the same: what is wrong around it can be told at once then. */
  readonly draft?: Recipe;
  readonly findings: readonly Finding[];
}

export interface ReadOptions {
  /** `allow` reads sources without integrity too, so that they can be fetched to learn it. */
  readonly missingIntegrity?: "refuse" | "allow";
}

/** Reads the text of one recipe that stands for itself: one that `extends` another is read by `openRecipes`. */
export function parseRecipe(text: string, options: ReadOptions & { readonly file: string }): RecipeResult {
  const { tree, findings } = parseRecipeTree(text, options.file);
  if (tree === undefined) return { findings };
  const base = entryOf(tree, "extends");
  const result = readRecipe(tree, options);
  if (base === undefined) return result;
  const message = "only a recipe in a recipe directory can extend another one";
  return { findings: inOrder([...result.findings, findingAt(base.at, "meaning", { message })]) };
}

export interface RecipeTreeResult {
  readonly tree?: MappingTree;
  readonly findings: readonly Finding[];
}

/** The mapping that a recipe file must hold; one that `mayBeEmpty` can also hold nothing. */
export function parseRecipeTree(
  text: string,
  file: string,
  { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {},
): RecipeTreeResult {
  const { tree, findings } = parseYaml(text, file);
  if (tree === undefined) return { findings };
  if (tree.kind === "mapping") return { tree, findings };
  const at = placeOf(tree);
  if (mayBeEmpty && isNull(tree)) return { tree: { kind: "mapping", entries: [], at }, findings };
  return { findings: [findingAt(at, "shape", { message: `a recipe is a mapping, not ${describeTree(tree)}` })] };
}

/** Reads a tree under which everything that it extends is already laid. */
export function readRecipe(tree: MappingTree, { missingIntegrity = "refuse" }: ReadOptions = {}): RecipeResult {
  const findings: Finding[] = [];
  const fields = recipeFields.read(tree, findings);
  if (fields === undefined) return { findings };
  const recipe = toRecipe(fields, tree, findings);
  if (missingIntegrity === "refuse") findings.push(...missingIntegrities(recipe));
  if (areNamesKnown(tree, findings)) findings.push(...checkRecipe(recipe));
  return findings.length > 0 ? { draft: recipe, findings: inOrder(findings) } : { recipe, findings };
}

/** Findings by file and place, each once. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const distinct = new Map(
    findings.map((finding) => [JSON.stringify([finding.file, finding.line, finding.column, finding.message]), finding]),
  );
  return [...distinct.values()].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

function missingIntegrities({ sources }: Recipe): readonly Finding[] {
  const message = "a fetched source needs 'integrity', which 'store fetch' prints when it is missing";
  return sources.flatMap((source) =>
    source.kind === "fetched" && source.integrity === undefined ? [findingAt(source.at, "shape", { message })] : [],
  );
}

/** Options and dependencies that could not be read would make every reference to them look wrong. */
function areNamesKnown(tree: MappingTree, findings: readonly Finding[]): boolean {
  if (findings.length === 0) return true;
  const again: Finding[] = [];
  for (const [key, reader] of [
    ["options", recipeOptions],
    ["dependencies", dependencies],
  ] as const) {
    const entry = entryOf(tree, key);
    if (entry !== undefined) reader.read(entry.value, again);
  }
  return again.length === 0;
}

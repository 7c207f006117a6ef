import { basename } from "node:path";
import { nearest } from "../model/nearest.ts";
import { type Finding, findingAt } from "../model/recipe/finding.ts";
import { mergeTrees } from "./merge-trees.ts";
import { parseRecipeTree, type RecipeTreeResult } from "./parse-recipe.ts";
import {
  RECIPE_FILE,
  type RecipeRoot,
  readRecipeText,
  recipeFileIn,
  recipeNamesIn,
  versionOfFile,
} from "./recipe-files.ts";
import { type Entry, entryOf, isNull, type MappingTree, placeOf } from "./tree.ts";

/**
 * A recipe file with everything that it extends laid under it. The tree is there when all of these can be read, also where
 * they call themselves wrongly: what is wrong in it can be told at once then.
 */
export interface Composed {
  readonly tree?: MappingTree;
  readonly findings: readonly Finding[];
  /** The file itself and those that it extends, the base of all last. */
  readonly files: readonly string[];
  /** The recipe directory of the file. */
  readonly name: string;
}

export interface Composing {
  readonly roots: readonly RecipeRoot[];
  /** What recipe files hold, by path; filled as they are read. */
  readonly cache: Map<string, RecipeTreeResult>;
}

/** The first `file` in the recipe directory `name`, in the roots from number `from` on. */
export interface Wanted {
  readonly name: string;
  readonly file: string;
  readonly from: number;
}

/**
 * Reads a recipe file and what it extends: a version file the `recipe.yaml` of its directory, unless it says otherwise; a
 * recipe that extends its own name the one that it hides, in a later root. `undefined` when there is no such file.
 */
export function composeRecipe(
  wanted: Wanted,
  composing: Composing,
  trail: readonly string[] = [],
): Composed | undefined {
  const located = locate(wanted, composing.roots);
  if (located === undefined) return undefined;
  const { path, index } = located;
  const { tree, findings } = readTree(path, composing.cache);
  const { name } = wanted;
  if (tree === undefined) return { findings, files: [path], name };
  const faults = checkOwnNames(tree, wanted, composing.roots[index]?.only === undefined);
  const base = baseOf(tree, { wanted, index, composing, trail: [...trail, path] });
  const all = [...faults, ...(base?.findings ?? [])];
  const files = [path, ...(base?.files ?? [])];
  if (!base) return { tree: withOwnNames(tree, wanted), findings: all, files, name };
  if (base.tree === undefined) return { findings: all, files, name };
  const isSamePackage = base.name === name;
  const under = isSamePackage ? base.tree : without(base.tree, "name");
  const own = isSamePackage ? withOwnVersion(tree, wanted) : withOwnNames(tree, wanted);
  return { tree: mergeTrees(under, own), findings: all, files, name };
}

interface Position {
  readonly wanted: Wanted;
  /** The number of the root in which the file was found. */
  readonly index: number;
  readonly composing: Composing;
  /** The files on the way here, this one last. */
  readonly trail: readonly string[];
}

function baseOf(tree: MappingTree, { wanted, index, composing, trail }: Position): Composed | undefined {
  const entry = tree.entries.find(({ key }) => key === "extends");
  if (entry === undefined) {
    return versionOfFile(wanted.file) === undefined
      ? undefined
      : composeRecipe({ name: wanted.name, file: RECIPE_FILE, from: 0 }, composing, trail);
  }
  // What is not a text is reported when the recipe's own keys are read.
  if (isNull(entry.value) || entry.value.kind !== "scalar") return undefined;
  const name = entry.value.text;
  const isOwn = name === wanted.name && wanted.file === RECIPE_FILE;
  const base: Wanted = { name, file: RECIPE_FILE, from: isOwn ? index + 1 : 0 };
  const path = locate(base, composing.roots)?.path;
  if (path !== undefined && trail.includes(path)) {
    const circle = [...trail.slice(trail.indexOf(path)), path].join(" -> ");
    return refuse(entry, `'extends' goes round in a circle: ${circle}`);
  }
  if (path !== undefined) return composeRecipe(base, composing, trail);
  if (isOwn)
    return refuse(entry, `'${name}' extends its own name, but no later recipe directory has a recipe '${name}'`);
  const names = composing.roots.flatMap(recipeNamesIn);
  return refuse(entry, `there is no recipe '${name}' to extend`, nearest(name, names));
}

function locate(
  { name, file, from }: Wanted,
  roots: readonly RecipeRoot[],
): { readonly path: string; readonly index: number } | undefined {
  for (const [index, root] of roots.entries()) {
    const path = index < from ? undefined : recipeFileIn(root, name, file);
    if (path !== undefined) return { path, index };
  }
  return undefined;
}

function readTree(path: string, cache: Composing["cache"]): RecipeTreeResult {
  const known = cache.get(path);
  if (known !== undefined) return known;
  const content = readRecipeText(path);
  const start = { file: path, line: 1, column: 1 };
  const result =
    "text" in content
      ? parseRecipeTree(content.text, path, { mayBeEmpty: versionOfFile(basename(path)) !== undefined })
      : { findings: [findingAt(start, "syntax", { message: content.reason })] };
  cache.set(path, result);
  return result;
}

/** The file's own tree, with the name and version that its path gives it where it does not say them itself. */
function withOwnNames(tree: MappingTree, wanted: Wanted): MappingTree {
  return withImplied(withOwnVersion(tree, wanted), "name", wanted.name);
}

/** What the file extends is settled by now, unless it is no text: that is left for the reader to refuse. */
function withOwnVersion(tree: MappingTree, { file }: Wanted): MappingTree {
  const version = versionOfFile(file);
  const rest = entryOf(tree, "extends")?.value.kind === "scalar" ? without(tree, "extends") : tree;
  return version === undefined ? rest : withImplied(rest, "version", version);
}

function withImplied(tree: MappingTree, key: string, text: string): MappingTree {
  if (entryOf(tree, key) !== undefined) return tree;
  const { file, line, column } = tree.at;
  const value = { kind: "scalar", value: text, text, where: { file, lines: [{ line, column }] } } as const;
  return { ...tree, entries: [{ key, at: tree.at, value }, ...without(tree, key).entries] };
}

/**
 * A recipe is found by the names of its directory and file: what it calls itself must not differ from them. The directory
 * does not count (`isNamed` is false) when a recipe is given by its path.
 */
function checkOwnNames(tree: MappingTree, { name, file }: Wanted, isNamed: boolean): readonly Finding[] {
  const version = versionOfFile(file);
  const expected = [
    ...(isNamed ? [["name", name, "its directory"] as const] : []),
    ...(version === undefined ? [] : [["version", version, "its file"] as const]),
  ];
  return expected.flatMap(([key, value, what]) => {
    const entry = entryOf(tree, key);
    if (entry?.value.kind !== "scalar" || entry.value.text === value) return [];
    const message = `the ${key} '${entry.value.text}' is not that of ${what}, '${value}'`;
    return [findingAt(placeOf(entry.value), "meaning", { message, suggestion: value })];
  });
}

function without(tree: MappingTree, key: string): MappingTree {
  return { ...tree, entries: tree.entries.filter((entry) => entry.key !== key) };
}

function refuse(entry: Entry, message: string, suggestion?: string): Composed {
  return { findings: [findingAt(placeOf(entry.value), "meaning", { message, suggestion })], files: [], name: "" };
}

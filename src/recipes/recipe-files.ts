import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import { isRecipeName } from "../model/recipe/names.ts";

/** A directory of recipe directories; with `only` it serves the recipe directory of that name alone. */
export interface RecipeRoot {
  readonly directory: string;
  readonly only?: string;
}

export const RECIPE_FILE = "recipe.yaml";

/** A file of a further version starts with a digit: `recipes/mpfr/4.2.1.yaml`. */
const VERSION_FILE = /^([0-9][A-Za-z0-9_+.~-]{0,79})\.yaml$/;

/**
 * The names of the recipe directories below `root`, sorted.
 * @throws StoreError NOT_FOUND, FAILED
 */
export function recipeNamesIn({ directory, only }: RecipeRoot): readonly string[] {
  const names = only === undefined ? namesIn(directory) : [only];
  return names.filter((name) => isRecipeName(name) && isRecipeDirectory(join(directory, name))).sort();
}

/** Files below `root` that look like recipes and are none, and why. */
export function strayFilesIn({
  directory,
  only,
}: RecipeRoot): readonly { readonly path: string; readonly reason: string }[] {
  const names = only === undefined ? namesIn(directory) : [only];
  return names
    .filter((name) => !name.startsWith(".") && isDirectory(join(directory, name)))
    .flatMap((name) => {
      const files = namesIn(join(directory, name));
      const misspelt = files.filter((file) => file !== RECIPE_FILE && /^recipe\.ya?ml$/i.test(file));
      const stray = misspelt.map((file) => ({
        path: join(directory, name, file),
        reason: `a recipe file is called ${RECIPE_FILE}`,
      }));
      if (isRecipeName(name) || !files.includes(RECIPE_FILE)) return stray;
      return [
        ...stray,
        { path: join(directory, name, RECIPE_FILE), reason: `'${name}' cannot be the name of a package` },
      ];
    });
}

/** The versions that have a file of their own in the recipe directory `name`. */
export function versionFilesIn(root: RecipeRoot, name: string): readonly string[] {
  if (root.only !== undefined && root.only !== name) return [];
  const directory = join(root.directory, name);
  if (!isDirectory(directory)) return [];
  return namesIn(directory).flatMap((file) => versionOfFile(file) ?? []);
}

/** The version whose file has this name: `4.2.1` of `4.2.1.yaml`. */
export function versionOfFile(file: string): string | undefined {
  return VERSION_FILE.exec(file)?.[1];
}

/** The path of `file` in the recipe directory `name`, when it is there. */
export function recipeFileIn(root: RecipeRoot, name: string, file: string): string | undefined {
  if (root.only !== undefined && root.only !== name) return undefined;
  const path = join(root.directory, name, file);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}

/** The text of a recipe file, or why it cannot be read. */
export function readRecipeText(path: string): { readonly text: string } | { readonly reason: string } {
  try {
    if (statSync(path).size > MAX_BYTES) return { reason: `this file is larger than ${MAX_BYTES} bytes` };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)) };
  } catch (error) {
    if (error instanceof TypeError) return { reason: "this file is not UTF-8" };
    if (isErrno(error)) return { reason: `this file cannot be read: ${(error as Error).message}` };
    throw error;
  }
}

/**
 * Every file of the recipe directory `name`, seen through all roots: an earlier root hides what a later one has under the
 * same name. Keys are `<name>/<path>` as `toEscaped` writes them, values absolute paths; symlinks are not followed.
 * @throws StoreError FAILED, LIMIT
 */
export function filesBeside(roots: readonly RecipeRoot[], name: string): ReadonlyMap<string, ByteString> {
  const files = new Map<string, ByteString>();
  const directories = new Set<string>();
  for (const { directory, only } of roots) {
    if ((only !== undefined && only !== name) || !isDirectory(join(directory, name))) continue;
    for (const [path, absolute] of walk(fromText(resolve(directory, name)), fromText(name))) {
      const parents = parentsOf(path);
      if (files.has(path) || directories.has(path) || parents.some((parent) => files.has(parent))) continue;
      files.set(path, absolute);
    }
    for (const path of files.keys()) for (const parent of parentsOf(path)) directories.add(parent);
  }
  return files;
}

/**
 * Whether a file or directory of a recipe, called `<recipe>/<path>`, is a symlink that leads out of the recipe's directory: what
 * it leads to is another thing elsewhere. One that leads nowhere does not.
 */
export function leadsOut(named: string, path: ByteString): boolean {
  const depth = named.split("/").length - 1;
  const directory = path.split("/").slice(0, -depth).join("/") as ByteString;
  try {
    const [top, target] = [directory, path].map((each) => realpathSync(toFsPath(each), "buffer").toString("latin1"));
    return target !== top && !target?.startsWith(`${top}/`);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

const MAX_BYTES = 1024 * 1024;
const MAX_FILES = 100_000;

function walk(top: ByteString, name: ByteString): readonly (readonly [string, ByteString])[] {
  const found: [string, ByteString][] = [];
  const pending: [ByteString, ByteString][] = [[top, name]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [absolute, relative] = next;
    for (const entry of readDirectory(absolute)) {
      const paths = [`${absolute}/${entry.name}`, `${relative}/${entry.name}`] as [ByteString, ByteString];
      if (entry.isDirectory()) pending.push(paths);
      else found.push([toEscaped(paths[1]), paths[0]]);
      if (found.length > MAX_FILES) throw tooMany(top);
    }
  }
  return found;
}

function readDirectory(path: ByteString) {
  try {
    return readdirSync(toFsPath(path), { encoding: "latin1", withFileTypes: true });
  } catch (error) {
    throw unreadable(toEscaped(path), error);
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw unreadable(directory, error);
  }
}

export function isRecipeDirectory(path: string): boolean {
  return isDirectory(path) && namesIn(path).some((name) => name === RECIPE_FILE || versionOfFile(name) !== undefined);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function parentsOf(path: string): readonly string[] {
  const components = path.split("/");
  return components.slice(1).map((_, index) => components.slice(0, index + 1).join("/"));
}

function unreadable(path: string, error: unknown): StoreError {
  const code = isErrno(error, "ENOENT", "ENOTDIR") ? "NOT_FOUND" : "FAILED";
  return new StoreError(code, `the recipe directory ${path} cannot be read: ${(error as Error).message}`, {
    hint: "Give a directory that holds one directory per recipe with --recipes DIR.",
    cause: error,
  });
}

function tooMany(top: ByteString): StoreError {
  return new StoreError("LIMIT", `there are more than ${MAX_FILES} files in ${toEscaped(top)}`, {
    hint: "A recipe directory holds a recipe and a few files for it; take larger trees as a source with a URL or 'worktree'.",
  });
}

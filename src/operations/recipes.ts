import { mkdirSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { type Finding, formatFinding } from "../model/recipe/finding.ts";
import { parsePackageSpec } from "../model/recipe/package-spec.ts";
import { platformOf } from "../model/recipe/platform.ts";
import { resolveRecipe } from "../model/recipe/resolve-recipe.ts";
import type { ResolvedRecipe } from "../model/recipe/resolved-recipe.ts";
import { openRecipes } from "../recipes/open-recipes.ts";
import type { Store } from "../store/open-store.ts";
import { createFetchContext } from "./fetch-context.ts";
import type { RunOptions } from "./run-options.ts";
import { DEFAULT_LIMITS } from "./stage-package.ts";
import { openWorkspace } from "./workspace.ts";

export interface ListedRecipe {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly string[];
  readonly summary: string | undefined;
  readonly findings: readonly string[];
}

/** The recipes of some directories; earlier ones win. */
export function listRecipes(directories: readonly string[]): readonly ListedRecipe[] {
  return openRecipes(directories)
    .list()
    .map(({ name, versions, recipe, findings }) => ({
      name,
      versions,
      summary: recipe?.summary,
      findings: findings.map(formatFinding),
    }));
}

/** Every mistake in some directories of recipes. */
export function checkRecipes(directories: readonly string[]): readonly Finding[] {
  return openRecipes(directories).check();
}

/**
 * A recipe with everything decided but the paths of what it needs.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE, UNSUPPORTED
 */
export function showRecipe(directories: readonly string[], spec: string): ResolvedRecipe {
  const { name, range, options } = parsePackageSpec(spec);
  const { recipe, files } = openRecipes(directories).find(name, range);
  const platform = platformOf({ platform: process.platform, arch: process.arch });
  return resolveRecipe(recipe, { platform, options, files: files.keys() });
}

/**
 * Fetches a release and drafts a recipe for it: name, version, integrity, build system.
 * @throws StoreError NETWORK, ARCHIVE, INVALID_INPUT
 */
export async function draftRecipe(
  store: Store,
  request: {
    readonly url: string;
    readonly cwd: string;
    readonly name?: string | undefined;
    readonly version?: string | undefined;
  },
  run: RunOptions = {},
): Promise<string> {
  const { fetchFile } = await import("../sources/fetch-file.ts");
  const { extractArchive } = await import("../system/archive/extract-archive.ts");
  const { recipeFromTarball } = await import("../recipes/recipe-from-tarball.ts");
  using workspace = openWorkspace(store);
  const { url, name, version } = request;
  const fetched = await fetchFile(createFetchContext(store, request, run), { urls: [url], allowUnverified: true });
  const tree = join(workspace.room().path, "tree");
  mkdirSync(tree);
  await extractArchive(fetched.path, tree, {
    strip: "auto",
    limits: DEFAULT_LIMITS,
    ...(run.signal && { signal: run.signal }),
  });
  const fileNames = readdirSync(tree, { recursive: true, encoding: "utf8" }).map((path) =>
    relative(tree, join(tree, path)),
  );
  const { integrity } = fetched;
  return recipeFromTarball({
    url,
    integrity,
    fileNames,
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
  }).text;
}

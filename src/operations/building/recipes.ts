import { mkdirSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { StoreError } from "../../errors.ts";
import { type Finding, formatFinding } from "../../model/recipe/finding.ts";
import { parsePackageSpec } from "../../model/recipe/package-spec.ts";
import { platformOf } from "../../model/recipe/platform.ts";
import { resolveRecipe } from "../../model/recipe/resolve-recipe.ts";
import type { ResolvedRecipe } from "../../model/recipe/resolved-recipe.ts";
import type { SageListing } from "../../model/sage/package.ts";
import { MISTAKEN, reportOn, type SageReport } from "../../model/sage/report.ts";
import { checkOneRecipe, holdsRecipes, isOneRecipe } from "../../recipes/check-one.ts";
import { openRecipes, type RecipeListing, type SageOptions } from "../../recipes/open-recipes.ts";
import { inOrder } from "../../recipes/parse-recipe.ts";
import { isSageTree } from "../../recipes/recipe-places.ts";
import type { Store } from "../../store/open-store.ts";
import { DEFAULT_LIMITS } from "../packages/stage-package.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { createFetchContext } from "./fetch-context.ts";

export type { SageReport } from "../../model/sage/report.ts";

/** The recipes that a command looks at. */
export interface RecipePlaces {
  /** Directories of recipes and Sage trees; earlier ones win. */
  readonly recipes: readonly string[];
  readonly sage?: SageOptions | undefined;
}

/** A recipe; of a package of a Sage tree also its kind, and whether it can be built here. */
export interface ListedRecipe extends Partial<Omit<SageListing, "name" | "version">> {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly string[];
  readonly summary: string | undefined;
  readonly findings: readonly string[];
}

/** The recipes of some places. */
export function listRecipes({ recipes, sage }: RecipePlaces): readonly ListedRecipe[] {
  return openRecipes(recipes, { sage }).list().map(listedOf);
}

function listedOf({ name, versions, recipe, findings, sage }: RecipeListing): ListedRecipe {
  const common = { name, versions, summary: recipe?.summary, findings: findings.map(formatFinding) };
  if (sage === "mistaken") return { ...common, buildable: false, reason: MISTAKEN };
  const { name: _name, version: _version, ...ofTree } = sage ?? {};
  return { ...common, ...ofTree };
}

/**
 * What of the Sage trees among some places can be built here.
 * @throws StoreError USAGE when there is none
 */
export function reportOnSage({ recipes, sage }: RecipePlaces): SageReport {
  if (!recipes.some(isSageTree)) {
    throw new StoreError("USAGE", "there is no Sage tree to report on", { hint: "Give one with --recipes sage:DIR." });
  }
  const listed = openRecipes(recipes, { sage }).list();
  return reportOn(
    listed.flatMap((each) => (each.sage === undefined || each.sage === "mistaken" ? [] : each.sage)),
    listed.filter((each) => each.sage === "mistaken").map(({ name }) => name),
  );
}

/**
 * Every mistake in some recipes. A place can also be one recipe, by its directory or one of its files; what that needs is
 * looked for beside it and in `around`.
 */
export function checkRecipes({
  recipes,
  sage,
  around = [],
}: RecipePlaces & { readonly around?: readonly string[] }): readonly Finding[] {
  const single = recipes.filter((place) => !isSageTree(place) && isOneRecipe(place));
  const others = recipes.filter((place) => !single.includes(place) || holdsRecipes(place));
  const beside = around.filter((place) => !isSageTree(place));
  return inOrder([
    ...(others.length > 0 || single.length === 0 ? openRecipes(others, { sage }).check() : []),
    ...single.flatMap((place) => checkOneRecipe(place, beside)),
  ]);
}

/**
 * A recipe with everything decided but the paths of what it needs.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE, UNSUPPORTED
 */
export function showRecipe({ recipes, sage }: RecipePlaces, spec: string): ResolvedRecipe {
  const { name, range, options } = parsePackageSpec(spec);
  const { recipe, files } = openRecipes(recipes, { sage }).find(name, range);
  const platform = platformOf({ platform: process.platform, arch: process.arch });
  return resolveRecipe(recipe, { platform, options, files: files.keys() });
}

export interface DraftRequest {
  readonly url: string;
  readonly cwd: string;
  /** Instead of what the name of the release says. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * Fetches a release and drafts a recipe for it: name, version, integrity, build system.
 * @throws StoreError NETWORK, ARCHIVE, INVALID_INPUT
 */
export async function draftRecipe(store: Store, request: DraftRequest, run: RunOptions = {}): Promise<string> {
  const { fetchFile } = await import("../../sources/fetch-file.ts");
  const { extractArchive } = await import("../../system/archive/extract-archive.ts");
  const { recipeFromTarball } = await import("../../recipes/recipe-from-tarball.ts");
  using workspace = openWorkspace(store);
  const { url, name, version } = request;
  const { maxBytes } = DEFAULT_LIMITS;
  const fetched = await fetchFile(createFetchContext(store, { ...request, maxBytes }, run), {
    urls: [url],
    allowUnverified: true,
  });
  const tree = join(workspace.room().path, "tree");
  mkdirSync(tree);
  await extractArchive(fetched.path, tree, {
    strip: "auto",
    limits: DEFAULT_LIMITS,
    ...(run.signal && { signal: run.signal }),
  }).catch((error: unknown) => {
    throw namingUrl(error, fetched);
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

/** Nobody knows a release by the place where the store keeps it. */
function namingUrl(error: unknown, { path, origin }: { readonly path: string; readonly origin: string }): unknown {
  if (!(error instanceof StoreError)) return error;
  const { code, message, hint, details } = error;
  const named = message.replaceAll(path, () => origin);
  return new StoreError(code, named, { ...(hint !== undefined && { hint }), details, cause: error });
}

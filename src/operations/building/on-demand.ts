import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";
import type { AskedBuild } from "./asked-build.ts";
import type { BuildRequest, BuiltPackage } from "./build.ts";
import type { ReproducedBuild } from "./build-repro.ts";
import { type BuildSettings, checkBuildSettings } from "./build-settings.ts";
import type { CheckedBuild } from "./check-build.ts";
import type { PrefetchedSource } from "./fetch-sources.ts";
import type { ShownDerivation } from "./inspect-build.ts";
import type { PackedRepro, ReproRequest } from "./pack-repro.ts";
import type { DraftRequest, RecipePlaces } from "./recipes.ts";
import type { RebuildReason } from "./why-rebuild.ts";

// The library's way to what builds and reads recipes: a compiler's worth of code, which is loaded when it is first called,
// so that a program which only installs need not wait for it.

/** Builds packages from their recipes, with everything they need; what is in the store already is reused. */
export async function build(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly BuiltPackage[]> {
  begin(request, run);
  return (await import("./build.ts")).build(store, request, run);
}

/** Builds packages once more and compares, file by file; the second output is not kept. */
export async function checkBuilds(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly CheckedBuild[]> {
  begin(request, run);
  return (await import("./check-build.ts")).checkBuilds(store, request, run);
}

/** Fetches the sources of packages and of all that they need, so that they can be built offline. */
export async function fetchSources(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly PrefetchedSource[]> {
  begin(request, run);
  return (await import("./fetch-sources.ts")).fetchSources(store, request, run);
}

/** Everything that decides what builds produce. */
export async function showDerivations(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly ShownDerivation[]> {
  begin(request, run);
  return (await import("./inspect-build.ts")).showDerivations(store, request, run);
}

/** Why packages, and what they need, would be built, and what for that; dependencies first. */
export async function whyRebuild(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly RebuildReason[]> {
  begin(request, run);
  return (await import("./why-rebuild.ts")).whyRebuild(store, request, run);
}

/** Packs the build of one package, built or not, into a file that another store can build. */
export async function packRepro(store: Store, request: ReproRequest, run: RunOptions = {}): Promise<PackedRepro> {
  begin(request, run);
  return (await import("./pack-repro.ts")).packRepro(store, request, run);
}

/** Carries out a build that was packed by `packRepro`: needs no recipe and no network. */
export async function buildRepro(
  store: Store,
  request: BuildSettings & { readonly file: string },
  run: RunOptions = {},
): Promise<ReproducedBuild> {
  begin(request, run);
  return (await import("./build-repro.ts")).buildRepro(store, request, run);
}

/** A shell in the sandbox and tree of a failed build that was kept; gives its exit status. */
export async function debugFailedBuild(store: Store, asked: AskedBuild): Promise<number> {
  return (await import("./debug-build.ts")).debugFailedBuild(store, asked);
}

/** Every mistake in some recipes. */
export async function checkRecipes(places: RecipePlaces) {
  return (await import("./recipes.ts")).checkRecipes(places);
}

/** The recipes of some places. */
export async function listRecipes(places: RecipePlaces) {
  return (await import("./recipes.ts")).listRecipes(places);
}

/** A recipe with everything decided but the paths of what it needs. */
export async function showRecipe(places: RecipePlaces, spec: string) {
  return (await import("./recipes.ts")).showRecipe(places, spec);
}

/** What of the Sage trees among some places can be built here. */
export async function reportOnSage(places: RecipePlaces) {
  return (await import("./recipes.ts")).reportOnSage(places);
}

/** Fetches a release and drafts a recipe for it. */
export async function draftRecipe(store: Store, request: DraftRequest, run: RunOptions = {}): Promise<string> {
  run.signal?.throwIfAborted();
  return (await import("./recipes.ts")).draftRecipe(store, request, run);
}

/** Before anything is loaded or read. */
function begin(settings: BuildSettings, run: RunOptions): void {
  checkBuildSettings(settings);
  run.signal?.throwIfAborted();
}

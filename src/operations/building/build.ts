import { resolve } from "node:path";
import type { BuildGraph, PlannedPackage } from "../../build/build-plan.ts";
import { inspectGraph } from "../../build/inspect-graph.ts";
import { planAgain } from "../../build/plan-again.ts";
import { planGraph, type Wanted } from "../../build/plan-graph.ts";
import type { BuildResult } from "../../build/run-build.ts";
import { runPrepared } from "../../build/run-prepared.ts";
import { StoreError } from "../../errors.ts";
import type { DerivationKey } from "../../model/derivation.ts";
import type { OptionValue } from "../../model/generation.ts";
import type { BaseName, PackageName, PackageVersion } from "../../model/ids.ts";
import { isJsonObject } from "../../model/json-object.ts";
import type { OptionValues } from "../../model/recipe/options.ts";
import { platformOf } from "../../model/recipe/platform.ts";
import { parseSpec } from "../../model/recipe/spec.ts";
import { type OpenOptions, openRecipes, type RecipeCollection } from "../../recipes/open-recipes.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { linkObject } from "../collection/roots.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import type { BuildSettings } from "./build-settings.ts";
import { openBuildSetting, realiseGraph } from "./realise-graph.ts";
import { recallBuild } from "./recall-build.ts";
import { rememberBuild } from "./remember-build.ts";
import type { Variant } from "./variants-below.ts";
import { wantedOutputs } from "./wanted-outputs.ts";

export interface BuildRequest extends BuildSettings {
  readonly specs: readonly string[];
  /** By SPEC: values for options that it does not name, in place of the recipe's defaults. */
  readonly kept?: ReadonlyMap<string, OptionValues> | undefined;
  /** By SPEC: what the package that is there was built with, by name. */
  readonly builtWith?: ReadonlyMap<string, ReadonlyMap<string, Variant>> | undefined;
  /** Where to make a link to the output that keeps it; of further outputs with `-2` and so on behind it. */
  readonly outLink?: string | undefined;
}

export interface BuiltPackage {
  /** Absolute path of the output. */
  readonly path: string;
  readonly baseName: BaseName;
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly key: DerivationKey;
  /** Whether it was built now. */
  readonly built: boolean;
}

/**
 * Builds packages from their recipes, with everything they need; what is in the store already is reused.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE, CONFLICT, BUILD_FAILED naming every build that failed or was skipped
 */
export async function build(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly BuiltPackage[]> {
  using workspace = openWorkspace(store);
  return await buildIn(store, request, { ...run, workspace });
}

/** The same in a workspace that is there already. */
export async function buildIn(
  store: Store,
  request: BuildRequest,
  run: RunOptions & { readonly workspace: Workspace },
): Promise<readonly BuiltPackage[]> {
  const outputs = (await recallAndHold(store, request, run)) ?? (await workOut(store, request, run));
  if (request.outLink !== undefined) linkOutputs(store, request.outLink, outputs);
  tellUnrecorded(store, request, { ...run, outputs });
  return outputs;
}

/** Who asks may need the outputs for longer than this moment. */
async function recallAndHold(
  store: Store,
  request: BuildRequest,
  { workspace, signal }: RunOptions & { readonly workspace: Workspace },
): Promise<readonly BuiltPackage[] | undefined> {
  const known = recallBuild(store, request);
  const objects = known?.map(({ baseName }) => baseName) ?? [];
  const valid = await workspace.lease.hold(objects, signal);
  return objects.every((object) => valid.has(object)) ? known : undefined;
}

async function workOut(
  store: Store,
  request: BuildRequest,
  run: RunOptions & { readonly workspace: Workspace },
): Promise<readonly BuiltPackage[]> {
  const began = Date.now();
  const graph = planBuild(request);
  const results = await realiseGraph(store, graph, { ...run, request });
  const wanted = wantedOutputs(store, graph, results);
  rememberBuild(store, request, { graph, results, wanted, began });
  return wanted;
}

/** Says which of the fields that the command defines are not recorded, since the object is older than the command. */
function tellUnrecorded(
  store: Store,
  { define = {} }: BuildRequest,
  { outputs, onEvent }: RunOptions & { readonly outputs: readonly BuiltPackage[] },
): void {
  for (const { baseName, name } of Object.keys(define).length === 0 ? [] : outputs) {
    const { metadata } = readManifest(store, baseName).unknown;
    const recorded = isJsonObject(metadata) ? metadata : {};
    const missing = Object.keys(define).filter((key) => recorded[key] !== define[key]);
    if (missing.length === 0) continue;
    onEvent?.({
      kind: "warning",
      message: `${missing.join(", ")} of --define ${missing.length === 1 ? "is" : "are"} not recorded with ${name}: ${baseName} was in the store already`,
      hint: `What is defined is recorded when an object is made. \`store delete ${baseName}\` and build it again to have it.`,
    });
  }
}

function linkOutputs(store: Store, link: string, outputs: readonly BuiltPackage[]): void {
  refuseReadOnly(store);
  for (const [index, { baseName: object }] of outputs.entries())
    linkObject(store, { link: index === 0 ? link : `${link}-${index + 1}`, object });
}

/** Which packages the request stands for, and all that they need. */
export function planBuild(request: BuildRequest, options: Pick<OpenOptions, "missingIntegrity"> = {}): BuildGraph {
  const recipes = openRecipes(request.recipes, { sage: request.sage, ...options });
  const platform = platformOf({ platform: process.platform, arch: process.arch });
  const wanted = request.specs.map((spec) => ({
    ...wantedOf(recipes, spec, request.cwd),
    kept: request.kept?.get(spec),
    builtWith: request.builtWith?.get(spec),
  }));
  const graphOptions = { platform, check: request.check ?? false };
  const wasInstalled = (request.kept?.size ?? 0) > 0;
  return wasInstalled ? planAgain(recipes, wanted, graphOptions) : planGraph(recipes, wanted, graphOptions);
}

function wantedOf(recipes: RecipeCollection, text: string, cwd: string): Wanted {
  const spec = parseSpec(text);
  switch (spec.kind) {
    case "package":
      return { name: spec.name, range: spec.range, options: spec.options };
    case "path": {
      const loaded = recipes.load(resolve(cwd, spec.path));
      return { name: loaded.recipe.name, options: {}, loaded };
    }
    default:
      throw new StoreError("INVALID_INPUT", `'${text}' is nothing to build`, {
        hint: "Give the name of a recipe or the path to one; `store add` and `store install` take archives and npm packages.",
      });
  }
}

/** Builds one package of the request again, although its output is there; the new output is staged and not committed. */
export async function buildOnce(
  store: Store,
  request: BuildRequest,
  run: RunOptions & { readonly workspace: Workspace; readonly name: string },
): Promise<BuildResult & { readonly id: string }> {
  const graph = planBuild(request);
  const planned = [...graph.packages.values()].find(({ name }) => name === run.name) as PlannedPackage;
  using setting = await openBuildSetting(store, { ...run, request });
  const standings = await inspectGraph(store, graph, setting.options);
  const standing = standings.get(planned.id);
  if (standing?.state !== "present") throw new StoreError("NOT_FOUND", `${planned.id} is not built`);
  using _slot = await setting.options.jobserver.acquire(run.signal);
  const result = await runPrepared(store, planned, standing.prepared, {
    ...setting.options,
    room: run.workspace.room().path,
    forComparison: true,
  });
  return { ...result, id: planned.id };
}

import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PlannedPackage } from "../../build/build-plan.ts";
import { type BuildSource, buildPatches, buildSources, type SourcePlaces } from "../../build/build-sources.ts";
import { runPrepared } from "../../build/realise.ts";
import { StoreError } from "../../errors.ts";
import type { BuildRecord } from "../../model/build-record.ts";
import type { Derivation, DerivationSource } from "../../model/derivation.ts";
import { baseNameOf, ZERO_DIGEST } from "../../model/ids.ts";
import { platformOf } from "../../model/recipe/platform.ts";
import type { ResolvedPart, ResolvedText } from "../../model/recipe/resolved-recipe.ts";
import { fetchFile } from "../../sources/fetch-file.ts";
import { parseIntegrity } from "../../sources/integrity.ts";
import { isKept } from "../../sources/kept-files.ts";
import { recordedUrls } from "../../sources/recorded-urls.ts";
import { listBuilds } from "../../store/builds.ts";
import { commitObjects } from "../../store/commit-objects.ts";
import type { Store } from "../../store/open-store.ts";
import { type BuildSettings, openBuildSetting, planBuild } from "../build.ts";
import { type Attempt, type Attempted, isPassing, type Search, type SearchRun } from "./attempt.ts";

interface Parts {
  readonly search: Search;
  readonly run: SearchRun;
}

/** Carries out again a recorded build that gave the object. What comes out must be the object. */
export function fromBuild(store: Store, settings: BuildSettings, parts: Parts): Attempt {
  return async (object) => {
    const reasons: string[] = [];
    for (const record of listBuilds(store).filter(({ output }) => output === object)) {
      try {
        const attempted = await buildAgain(store, record, { ...parts, settings });
        if ("from" in attempted) return attempted;
        reasons.push(...attempted.reasons);
      } catch (error) {
        if (!isPassing(error)) throw error;
        reasons.push(`built again: ${error.message}`);
      }
    }
    return { reasons };
  };
}

interface Building extends Parts {
  readonly settings: BuildSettings;
}

async function buildAgain(store: Store, record: BuildRecord, building: Building): Promise<Attempted> {
  const { search, run, settings } = building;
  const { derivation, key, output } = record;
  for (const { path } of derivation.inputs) {
    if (!(await search.obtain(path))) return { reasons: [`its build needs ${path}, which cannot be had`] };
  }
  using setting = await openBuildSetting(store, { ...run, request: settings });
  const { places } = setting.options;
  const beside = await sourcesOfRecipe(derivation, settings, places);
  const sources = [...derivation.sources, ...derivation.patches].map((source) => locate(source, beside, places));
  using _slot = await setting.options.jobserver.acquire(run.signal);
  const prepared = { derivation, key, inputs: derivation.inputs, sources };
  const { staged } = await runPrepared(store, plannedAgain(store, derivation), prepared, {
    ...setting.options,
    room: run.workspace.room().path,
    replace: search.isDamaged(output),
  });
  if (staged.manifest.path !== output) return { reasons: [`built again it is ${staged.manifest.path}`] };
  await commitObjects(store, [staged], run.signal);
  return { path: output, from: "build", where: key };
}

/** What a recipe that is there now has of the same package, by content: only it knows files that lie beside it. */
async function sourcesOfRecipe(
  { name, version }: Derivation,
  settings: BuildSettings,
  places: SourcePlaces,
): Promise<ReadonlyMap<string, BuildSource>> {
  if (settings.recipes.length === 0) return new Map();
  try {
    const graph = planBuild({ ...settings, specs: [`${name}@${version}`] });
    const planned = [...graph.packages.values()].find((each) => each.name === name && each.version === version);
    const found = planned ? [...(await buildSources(planned, places)), ...(await buildPatches(planned))] : [];
    return new Map(found.map((source) => [source.content, source]));
  } catch (error) {
    if (error instanceof StoreError) return new Map();
    throw error;
  }
}

function locate(
  { fileName, content }: DerivationSource,
  beside: ReadonlyMap<string, BuildSource>,
  { context }: SourcePlaces,
): BuildSource {
  const known = beside.get(content);
  if (known) return { ...known, fileName, place: (directory) => known.place(directory) };
  if (/^(tree|commit):/.test(content)) throw notKnown(fileName, content);
  const integrity = parseIntegrity(content);
  const urls = recordedUrls(context, integrity);
  if (urls.length === 0 && !isKept(context, integrity)) throw notKnown(fileName, content);
  const place = async (directory: string): Promise<void> => {
    const { path } = await fetchFile(context, { urls, integrity, fileName });
    mkdirSync(dirname(join(directory, fileName)), { recursive: true });
    copyFileSync(path, join(directory, fileName));
  };
  return { fileName, content, request: undefined, place };
}

function notKnown(fileName: string, content: string): StoreError {
  return new StoreError("NOT_FOUND", `nobody knows where its source ${fileName} (${content}) is`, {
    hint: "Name the recipe with --recipes.",
    details: { fileName, content },
  });
}

/** A package of which only the derivation is known. */
function plannedAgain(store: Store, derivation: Derivation): PlannedPackage {
  const { name, version, options, references, addressing } = derivation;
  const texts = (all: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(all).map(([key, text]) => [key, openText(store, derivation, text)]));
  const recipe: PlannedPackage["recipe"] = {
    name,
    version,
    options,
    references,
    addressing,
    metadata: {},
    platform: platformOf({ platform: process.platform, arch: process.arch }),
    sources: [],
    patches: [],
    dependencies: [],
    build: "script",
    env: texts(derivation.env),
    phases: texts(derivation.phases as Readonly<Record<string, string>>),
  };
  const id = `${name}@${version}`;
  return { id, name, version, recipe, recipeDirectory: "/", recipeFiles: [], files: new Map(), dependencies: [] };
}

/** A text of a derivation, in which the paths of inputs and output are open again: a build may see them elsewhere. */
function openText({ layout }: Store, { name, version, inputs }: Derivation, text: string): ResolvedText {
  const places = new Map<string, ResolvedPart>(
    inputs.map((input) => [`${layout.canonicalStoreDir}/${input.path}`, { kind: "dependency", name: input.name }]),
  );
  places.set(`${layout.canonicalStoreDir}/${baseNameOf(ZERO_DIGEST, name, version)}`, { kind: "output" });
  const longestFirst = [...places.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${longestFirst.map((path) => path.replace(/[.+*?^${}()|[\]\\]/g, "\\$&")).join("|")})`);
  return text.split(pattern).map((part) => places.get(part) ?? { kind: "text", text: part });
}

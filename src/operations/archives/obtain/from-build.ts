import type { PlannedPackage } from "../../../build/build-plan.ts";
import { runPrepared } from "../../../build/run-prepared.ts";
import type { BuildRecord } from "../../../model/build-record.ts";
import type { Derivation } from "../../../model/derivation.ts";
import { baseNameOf, ZERO_DIGEST } from "../../../model/ids.ts";
import { platformOf } from "../../../model/recipe/platform.ts";
import type { ResolvedPart, ResolvedText } from "../../../model/recipe/resolved-recipe.ts";
import { listBuilds } from "../../../store/builds.ts";
import { commitObjects } from "../../../store/commit-objects.ts";
import type { Store } from "../../../store/open-store.ts";
import type { BuildSettings } from "../../building/build-settings.ts";
import { openBuildSetting } from "../../building/realise-graph.ts";
import { type Attempt, type Attempted, isPassing, type Search, type SearchRun } from "./attempt.ts";
import { recordedSources } from "./recorded-sources.ts";

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
  const sources = await recordedSources(derivation, settings, places);
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

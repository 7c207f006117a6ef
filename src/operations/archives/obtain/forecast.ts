import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { StoreError } from "../../../errors.ts";
import { guessParts } from "../../../model/base-name-parts.ts";
import type { BuildRecord } from "../../../model/build-record.ts";
import type { PlannedBuild, PlannedFetch } from "../../../model/change.ts";
import type { BaseName } from "../../../model/ids.ts";
import { parseIntegrity } from "../../../sources/integrity.ts";
import { isKept } from "../../../sources/kept-files.ts";
import { printableUrl } from "../../../sources/printable-url.ts";
import { listBuilds } from "../../../store/builds.ts";
import { isWhole } from "../../../store/check-object.ts";
import { readManifest } from "../../../store/manifests.ts";
import type { Store } from "../../../store/open-store.ts";
import type { BuildSettings } from "../../building/build-settings.ts";
import { createFetchContext } from "../../building/fetch-context.ts";
import type { RunOptions } from "../../run-options.ts";
import { openWorkspace } from "../../workspace.ts";
import type { ObtainOptions } from "../obtain-objects.ts";
import { type Attempt, type Attempted, isPassing, type Search } from "./attempt.ts";
import { generationWith } from "./from-generation.ts";
import { sourceOf } from "./from-source.ts";
import type { PackedPlace } from "./packed-place.ts";
import { packedPlaces } from "./packed-places.ts";
import { recordedSources } from "./recorded-sources.ts";
import { type SearchResult, searchFor } from "./search.ts";

/** What having objects again would take. */
export interface Forecast extends SearchResult {
  readonly fetch: readonly PlannedFetch[];
  readonly build: readonly PlannedBuild[];
}

/**
 * Where `obtainObjects` would have objects from. Nothing is downloaded, built or changed; a server is only asked whether
 * it has a file. What a place has may still turn out to be something else.
 */
export async function forecastObjects(
  store: Store,
  wanted: readonly BaseName[],
  options: ObtainOptions,
  run: RunOptions,
): Promise<Forecast> {
  const fetch: PlannedFetch[] = [];
  const build: PlannedBuild[] = [];
  const { damaged, rebuild, known } = options;
  const ways = (search: Search): Attempt[] => [
    inStore(store, search),
    ...packedPlaces(store, options, run).map((place) => inPlace(store, place, { search, fetch })),
    byGeneration(store, search),
    ...(rebuild
      ? [atSource(store, rebuild, { known, run, fetch }), byBuild(store, rebuild, { search, run, fetch, build })]
      : []),
  ];
  const { obtained, missing } = await searchFor(store, wanted, { damaged, ways }, run);
  return { obtained: obtained.filter(({ from }) => from !== "store"), missing, fetch, build };
}

interface Notes {
  readonly search: Search;
  readonly run: RunOptions;
  readonly fetch: PlannedFetch[];
  readonly build: PlannedBuild[];
}

function inStore(store: Store, search: Search): Attempt {
  return async (object) => {
    if (search.isDamaged(object) || !isWhole(store, object)) return { reasons: [] };
    return (await lacking(search, referencesOf(store, object), { isFinal: true })) ?? { path: object, from: "store" };
  };
}

function inPlace(store: Store, place: PackedPlace, { search, fetch }: Pick<Notes, "search" | "fetch">): Attempt {
  return (object) =>
    judged(`${place.name}: `, async () => {
      const found = await place.look(object);
      if (!found) return { reasons: [] };
      const { manifest, url, bytes } = found;
      const without = await lacking(search, manifest?.references ?? referencesOf(store, object));
      if (without) return without;
      if (url !== undefined) fetch.push({ ...labelOf(store, object), url: printableUrl(url), bytes });
      return { path: object, from: place.kind, where: place.name };
    });
}

function byGeneration(store: Store, search: Search): Attempt {
  return async (object) => {
    const generation = generationWith(store, object);
    if (!generation) return { reasons: [] };
    const where = `gen-${generation.generation} of profile '${generation.profile}'`;
    const packages = generation.packages.map(({ path }) => path);
    return (await lacking(search, packages)) ?? { path: object, from: "generation", where };
  };
}

function atSource(
  store: Store,
  settings: BuildSettings,
  { known, run, fetch }: Pick<Notes, "run" | "fetch"> & Pick<ObtainOptions, "known">,
): Attempt {
  return (object) =>
    judged("", async () => {
      const found = sourceOf(store, object, known);
      if (!found) return { reasons: [] };
      const { from, integrity } = found;
      const told = { path: object, from: "source", where: from } as const;
      if (/^(https?:|npm:)/i.test(from)) {
        const context = createFetchContext(store, settings, run);
        const content = integrity ?? recordedIntegrity(store, object);
        if (content !== undefined && isKept(context, parseIntegrity(content))) return told;
        if (settings.offline) return { reasons: [`${from} is not here, and nothing is fetched offline`] };
        fetch.push({ ...labelOf(store, object), url: from.startsWith("npm:") ? from : printableUrl(from) });
        return told;
      }
      const path = resolve(settings.cwd, from);
      return existsSync(path) ? told : { reasons: [`${from}: there is no file or directory ${path}`] };
    });
}

function byBuild(store: Store, settings: BuildSettings, notes: Notes): Attempt {
  return async (object) => {
    const reasons: string[] = [];
    for (const record of listBuilds(store).filter(({ output }) => output === object)) {
      const attempted = await judged("built again: ", () => buildAgain(store, record, settings, notes));
      if ("from" in attempted) return attempted;
      reasons.push(...attempted.reasons);
    }
    return { reasons };
  };
}

async function buildAgain(
  store: Store,
  { derivation, key, output, seconds }: BuildRecord,
  settings: BuildSettings,
  { search, run, fetch, build }: Notes,
): Promise<Attempted> {
  const without = await lacking(
    search,
    derivation.inputs.map(({ path }) => path),
  );
  if (without) return without;
  const context = createFetchContext(store, settings, run);
  // A working tree is copied to be looked at.
  using workspace = openWorkspace(store);
  const sources = await recordedSources(derivation, settings, { context, room: () => workspace.room() });
  const { name, version, options } = derivation;
  const pending = sources.flatMap((source) => source.pending ?? []);
  const [first] = pending;
  if (first && settings.offline) return { reasons: [`its build needs ${first.url}, and nothing is fetched offline`] };
  fetch.push(...pending.map((each) => ({ name, version, ...each })));
  const reason = "its output is not in the store any more";
  build.push({ name, version, options, certain: true, reason, expectedSeconds: seconds });
  return { path: output, from: "build", where: key };
}

/** `undefined` when all of these can be had. */
async function lacking(
  search: Search,
  needed: readonly BaseName[],
  more: { readonly isFinal?: boolean } = {},
): Promise<Attempted | undefined> {
  for (const reference of needed) {
    if (!(await search.obtain(reference))) return { reasons: [`it needs ${reference}, which cannot be had`], ...more };
  }
  return undefined;
}

/** What is wrong with a place is a reason. */
async function judged(prefix: string, attempt: () => Promise<Attempted>): Promise<Attempted> {
  try {
    return await attempt();
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { reasons: [`${prefix}${error.message}`] };
  }
}

function labelOf(store: Store, object: BaseName): Pick<PlannedFetch, "name" | "version"> {
  const known = manifestIfThere(store, object);
  return known ? { name: known.name, version: known.version } : guessParts(object);
}

function referencesOf(store: Store, object: BaseName): readonly BaseName[] {
  return manifestIfThere(store, object)?.references ?? [];
}

function recordedIntegrity(store: Store, object: BaseName): string | undefined {
  const integrity = manifestIfThere(store, object)?.origin.integrity;
  return typeof integrity === "string" ? integrity : undefined;
}

function manifestIfThere(store: Store, object: BaseName) {
  try {
    return readManifest(store, object);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

import { availableParallelism } from "node:os";
import { buildSources } from "../../build/build-sources.ts";
import { inspectGraph, type MissingReason, type Standing } from "../../build/inspect-graph.ts";
import { estimateEnds } from "../../model/estimate-builds.ts";
import type { OptionValue } from "../../model/generation.ts";
import type { BaseName, PackageName, PackageVersion } from "../../model/ids.ts";
import { type Cause, traceCauses } from "../../model/trace-causes.ts";
import { isSourceKept, sourceName, sourceSize } from "../../sources/kept-sources.ts";
import { listBuilds } from "../../store/builds.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";
import { type BuildRequest, planBuild } from "./build.ts";
import { type InspectionSetting, openInspection } from "./inspect-build.ts";

/** How a package stands, and what would be done for it. */
export interface RebuildReason {
  readonly id: string;
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly state: Standing["state"];
  /** Why what is missing is. */
  readonly why: MissingReason | undefined;
  /** From the last build of this package to what it would be now. */
  readonly differences: readonly Cause[];
  /** The packages whose outputs decide whether it is built. */
  readonly waitsFor: readonly string[];
  /** For each package that must be built the way from it to here, when what comes out of it can reach here. */
  readonly chains: readonly (readonly string[])[];
  /** Seconds that the last build took. */
  readonly expectedSeconds: number | undefined;
  /** Seconds from the beginning until it is built, with the jobs there are; what was never built counts for nothing. */
  readonly endsAfterSeconds: number | undefined;
  /** What is in the store. */
  readonly output: BaseName | undefined;
  /** Sources that a build would download. */
  readonly fetch: readonly PendingFetch[];
}

export interface PendingFetch {
  readonly url: string;
  /** Where it is known from an earlier download. */
  readonly bytes: number | undefined;
}

/**
 * Why the packages that are asked for, and what they need, would be built, and what for that; dependencies first. Nothing
 * is downloaded.
 */
export async function whyRebuild(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly RebuildReason[]> {
  using setting = await openInspection(store, request, run);
  const standings = [...(await inspectGraph(store, planBuild(request), setting)).values()];
  const builds = listBuilds(store);
  const chains = chainsTo(standings);
  const ends = expectedEnds(standings, request.jobs ?? availableParallelism());
  return Promise.all(
    standings.map(async (standing) => {
      const { id, name, version, recipe } = standing.planned;
      return {
        id,
        name,
        version,
        options: recipe.options,
        state: standing.state,
        why: standing.state === "missing" ? standing.why : undefined,
        differences: standing.state === "missing" ? traceCauses(standing.differences, builds) : [],
        waitsFor: standing.state === "open" ? standing.waitsFor : [],
        chains: chains.get(id) ?? [],
        expectedSeconds: standing.state === "present" ? standing.record.seconds : standing.last?.seconds,
        endsAfterSeconds: ends.get(id),
        output: standing.state === "present" ? standing.record.output : undefined,
        fetch: standing.state === "present" ? [] : await pendingFetches(standing, setting),
      };
    }),
  );
}

function expectedEnds(standings: readonly Standing[], jobs: number): ReadonlyMap<string, number> {
  const builds = standings.flatMap((standing) => {
    if (standing.state === "present") return [];
    const { id, dependencies } = standing.planned;
    return [{ id, seconds: standing.last?.seconds ?? 0, needs: dependencies.map((each) => each.id) }];
  });
  return estimateEnds(builds, jobs);
}

async function pendingFetches(
  standing: Exclude<Standing, { state: "present" }>,
  { places }: InspectionSetting,
): Promise<PendingFetch[]> {
  const sources =
    standing.state === "missing" ? standing.prepared.sources : await buildSources(standing.planned, places);
  return sources.flatMap(({ request }) => {
    if (request === undefined || isSourceKept(places.context, request)) return [];
    return [{ url: sourceName(request), bytes: sourceSize(places.context, request) }];
  });
}

/** For each package that is open, one shortest way from each missing one. */
function chainsTo(standings: readonly Standing[]): ReadonlyMap<string, readonly (readonly string[])[]> {
  const found = new Map<string, Map<string, readonly string[]>>();
  for (const standing of standings) {
    const { id } = standing.planned;
    const ways = new Map<string, readonly string[]>();
    if (standing.state === "missing") ways.set(id, [id]);
    for (const needed of standing.state === "open" ? standing.waitsFor : []) {
      for (const [root, way] of found.get(needed) ?? []) {
        const known = ways.get(root);
        if (known === undefined || known.length > way.length + 1) ways.set(root, [...way, id]);
      }
    }
    found.set(id, ways);
  }
  return new Map(
    standings.map(({ state, planned: { id } }) => [id, state === "open" ? [...(found.get(id)?.values() ?? [])] : []]),
  );
}

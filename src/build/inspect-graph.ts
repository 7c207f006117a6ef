import type { BuildRecord } from "../model/build-record.ts";
import { compareDerivations, type DerivationDifference } from "../model/derivation.ts";
import { findBuild, listBuilds } from "../store/builds.ts";
import type { Store } from "../store/open-store.ts";
import type { BuildGraph, PlannedPackage } from "./build-plan.ts";
import { noOutputs, noteOutput, type PrepareBuildOptions, type PreparedBuild, prepareBuild } from "./prepare-build.ts";

/** How a package of a graph stands. */
export type Standing =
  | {
      readonly state: "present";
      readonly planned: PlannedPackage;
      readonly prepared: PreparedBuild;
      readonly record: BuildRecord;
    }
  /** To be built; what differs from the last build of a package of that name, `undefined` when there was none. */
  | {
      readonly state: "missing";
      readonly planned: PlannedPackage;
      readonly prepared: PreparedBuild;
      readonly last: BuildRecord | undefined;
      readonly why: MissingReason;
      readonly differences: readonly DerivationDifference[];
    }
  /** Whether it must be built depends on what these come out as. */
  | {
      readonly state: "open";
      readonly planned: PlannedPackage;
      readonly waitsFor: readonly string[];
      readonly last: BuildRecord | undefined;
    };

/**
 * `never`: no build of a package of this name is recorded; `changed`: the last one had another derivation; `gone`: the
 * output of such a build is not in the store any more; `unsandboxed`: it is, but was made without a sandbox.
 */
export type MissingReason = "never" | "changed" | "gone" | "unsandboxed";

export interface InspectGraphOptions extends Omit<PrepareBuildOptions, "known"> {
  /** As in `RealiseOptions`. */
  readonly requireSandboxed: boolean;
}

/** Finds out, without building or fetching, what of a graph is in the store, and why the rest is not. */
export async function inspectGraph(
  store: Store,
  graph: BuildGraph,
  options: InspectGraphOptions,
): Promise<ReadonlyMap<string, Standing>> {
  const known = noOutputs();
  const builds = listBuilds(store);
  const standings = new Map<string, Standing>();
  for (const planned of graph.packages.values()) {
    const waitsFor = planned.dependencies.map(({ id }) => id).filter((id) => !known.outputs.has(id));
    const last = builds.find(({ derivation }) => derivation.name === planned.name);
    if (waitsFor.length > 0) {
      standings.set(planned.id, { state: "open", planned, waitsFor, last });
      continue;
    }
    const prepared = await prepareBuild(store, planned, { ...options, known });
    const found = findBuild(store, prepared.key);
    const record = found && (found.sandboxed || !options.requireSandboxed) ? found : undefined;
    if (record) noteOutput(known, planned, prepared, record.output);
    standings.set(
      planned.id,
      record
        ? { state: "present", planned, prepared, record }
        : missing(planned, prepared, { last, isUnsandboxed: found !== undefined }),
    );
  }
  return standings;
}

function missing(
  planned: PlannedPackage,
  prepared: PreparedBuild,
  { last, isUnsandboxed }: { readonly last: BuildRecord | undefined; readonly isUnsandboxed: boolean },
): Standing {
  const differences = last && !isUnsandboxed ? compareDerivations(last.derivation, prepared.derivation) : [];
  const changed = last === undefined ? "never" : differences.length > 0 ? "changed" : "gone";
  return { state: "missing", planned, prepared, last, why: isUnsandboxed ? "unsandboxed" : changed, differences };
}

import type { PlannedBuild, PlannedFetch, PlannedPackage } from "../../model/change.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import type { PackageInput, PreparedPackage } from "../packages/stage-package.ts";
import type { RunOptions } from "../run-options.ts";
import { recipesAmong } from "./prepare-recipes.ts";
import type { RebuildReason } from "./why-rebuild.ts";

/** What an install or upgrade of recipes would have to do first. */
export interface RecipeForecast {
  /** What the inputs that are recipes stand for. */
  readonly packages: ReadonlyMap<
    PackageInput,
    {
      readonly package: PlannedPackage;
      readonly prepared: PreparedPackage | undefined;
      readonly requested: string;
      readonly url: undefined;
    }
  >;
  readonly fetch: readonly PlannedFetch[];
  readonly build: readonly PlannedBuild[];
}

/** Looks at those of the inputs that stand for recipes. Nothing is downloaded or built. */
export async function lookAtRecipes(
  store: Store,
  inputs: readonly PackageInput[],
  run: RunOptions,
): Promise<RecipeForecast> {
  const asked = recipesAmong(store, inputs);
  if (!asked) return { packages: new Map(), fetch: [], build: [] };
  const { whyRebuild } = await import("./why-rebuild.ts");
  const { planBuild } = await import("./build.ts");
  const reasons = await whyRebuild(store, asked.request, run);
  const byId = new Map(reasons.map((reason) => [reason.id, reason]));
  const { wanted } = planBuild(asked.request);
  const packages = asked.inputs.map((input, index) => {
    const reason = byId.get(wanted[index] as string) as RebuildReason;
    return [input, lookOf(store, reason, asked.request.specs[index] as string)] as const;
  });
  return {
    packages: new Map(packages),
    fetch: reasons.flatMap(({ name, version, fetch }) => fetch.map((each) => ({ name, version, ...each }))),
    build: reasons.filter(({ state }) => state !== "present").map(plannedBuild),
  };
}

function lookOf(store: Store, reason: RebuildReason, requested: string) {
  const { name, version, options, output } = reason;
  const manifest = output === undefined ? undefined : readManifest(store, output);
  const prepared = manifest && { manifest, staged: undefined, requested, options };
  return { package: { name, version, options, path: output ?? null }, prepared, requested, url: undefined };
}

function plannedBuild(reason: RebuildReason): PlannedBuild {
  const { name, version, options, state, expectedSeconds, endsAfterSeconds } = reason;
  const told = { certain: state === "missing", reason: reasonText(reason) };
  return { name, version, options, ...told, expectedSeconds, endsAfterSeconds };
}

function reasonText({ why, differences, waitsFor }: RebuildReason): string {
  switch (why) {
    case undefined:
      return `when ${waitsFor.join(" or ")} comes out differently`;
    case "never":
      return "it was never built here";
    case "gone":
      return "its output is not in the store any more";
    case "unsandboxed":
      return "it was built without a sandbox";
    case "changed":
      return `changed: ${differences.map(({ member }) => member).join(", ")}`;
  }
}

import { StoreError } from "../../../errors.ts";
import type { InstalledPackage } from "../../../model/generation.ts";
import type { BaseName } from "../../../model/ids.ts";
import type { Manifest } from "../../../model/manifest.ts";
import { commitObjects } from "../../../store/commit-objects.ts";
import { readGeneration } from "../../../store/generation-records.ts";
import { readManifest } from "../../../store/manifests.ts";
import type { Store } from "../../../store/open-store.ts";
import { listGenerations, listProfiles, readProfileParts } from "../../../store/profiles.ts";
import type { BuildSettings } from "../../building/build-settings.ts";
import { preparePackage } from "../../packages/prepare-package.ts";
import type { PackageInput } from "../../packages/stage-package.ts";
import { type Attempt, isPassing, type Search, type SearchRun } from "./attempt.ts";

interface Parts {
  readonly search: Search;
  readonly run: SearchRun;
}

/** Gets a package again from where its manifest, or else a generation, says that it came from. */
export function fromSource(store: Store, { known = [], settings }: SourceOptions, { search, run }: Parts): Attempt {
  return async (object) => {
    const found = sourceOf(store, object, known);
    if (!found) return { reasons: [] };
    try {
      const replace = search.isDamaged(object);
      const { cwd, offline } = settings;
      const { manifest, staged } = await preparePackage(store, { ...found, cwd, offline }, { ...run, replace });
      if (manifest.path !== object || !staged) return { reasons: [`${found.from} is ${manifest.path} by now`] };
      await commitObjects(store, [staged], run.signal);
      return { path: object, from: "source", where: found.from };
    } catch (error) {
      if (!isPassing(error)) throw error;
      return { reasons: [`${found.from}: ${error.message}`] };
    }
  };
}

interface SourceOptions {
  /** Packages whose records may tell where they came from, besides those of the generations. */
  readonly known?: readonly InstalledPackage[] | undefined;
  readonly settings: BuildSettings;
}

type Source = Omit<PackageInput, "cwd">;

/** Where an object came from, as its manifest says, or else what a package record was asked for with. */
export function sourceOf(store: Store, object: BaseName, known: readonly InstalledPackage[] = []): Source | undefined {
  try {
    return originOf(readManifest(store, object));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return requestedIn(known, object) ?? requestedAs(store, object);
  }
}

function originOf({ name, version, origin }: Manifest): Source | undefined {
  const text = (member: string) => (typeof origin[member] === "string" ? String(origin[member]) : undefined);
  const from = text(origin.kind === "npm" ? "spec" : origin.kind === "url" ? "url" : "path");
  if (from === undefined) return undefined;
  // npm compares what it fetches with the registry's own integrity.
  const integrity = origin.kind === "npm" ? undefined : text("integrity");
  return { from, name, version, integrity, ...(typeof origin.strip === "number" && { strip: origin.strip }) };
}

/** Without its manifest only the generations know what a package was asked for with. */
function requestedAs(store: Store, object: BaseName): Source | undefined {
  for (const profile of listProfiles(store)) {
    for (const number of listGenerations(store, readProfileParts(store, profile))) {
      const found = requestedIn(packagesOf(store, profile, number), object);
      if (found) return found;
    }
  }
  return undefined;
}

function requestedIn(packages: readonly InstalledPackage[], object: BaseName): Source | undefined {
  const found = packages.find(({ path }) => path === object);
  if (!found || !/^(\/|https?:|npm:)/.test(found.requested)) return undefined;
  return { from: found.requested, name: found.name, version: found.version };
}

function packagesOf(
  store: Store,
  ...place: Parameters<typeof readGeneration> extends [unknown, ...infer P] ? P : never
) {
  try {
    return readGeneration(store, ...place).packages;
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
}

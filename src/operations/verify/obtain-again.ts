import { mkdirSync } from "node:fs";
import type { Generation } from "../../model/generation.ts";
import type { BaseName } from "../../model/ids.ts";
import { digestOf } from "../../model/ids.ts";
import { buildForest, planForest } from "../../store/build-forest.ts";
import { treeIdOfPlan, writeForest } from "../../store/forest.ts";
import { hasObject } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import type { ObtainedTree } from "../../store/repair/good-file.ts";
import { listAllProfiles } from "../../store/verify/check-profiles.ts";
import type { RunOptions } from "../run-options.ts";
import type { Workspace } from "../workspace.ts";
import { readableGenerations } from "./verify-profiles.ts";

interface ObtainOptions {
  readonly workspace: Workspace;
  readonly run: RunOptions;
}

/** A tree that is equal to the object, in a directory of its own; the object in the store is not touched. */
export async function obtainTree(
  store: Store,
  object: BaseName,
  { workspace }: ObtainOptions,
): Promise<ObtainedTree | undefined> {
  const generation = generationOf(store, object);
  if (!generation) return undefined;
  const root = planForest(store, generation);
  if (!object.startsWith(digestOf(treeIdOfPlan(root)))) return undefined;
  const directory = `${workspace.room().path}/tree`;
  mkdirSync(directory);
  writeForest(root, directory);
  return { directory, from: `from the record of gen-${generation.generation}` };
}

/** Makes an object that is not there be in the store. */
export async function restoreObject(
  store: Store,
  object: BaseName,
  { workspace, run }: ObtainOptions,
): Promise<string | undefined> {
  if (hasObject(store, object)) return undefined;
  const generation = generationOf(store, object);
  if (!generation) return undefined;
  const options = { room: () => workspace.room(), lease: workspace.lease, signal: run.signal };
  const built = await buildForest(store, generation, options);
  return built === object ? `from the record of gen-${generation.generation}` : undefined;
}

function generationOf(store: Store, object: BaseName): Generation | undefined {
  for (const profile of listAllProfiles(store).profiles) {
    const found = readableGenerations(store, profile).find(({ path }) => path === object);
    if (found) return found;
  }
  return undefined;
}

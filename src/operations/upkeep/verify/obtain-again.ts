import { mkdirSync } from "node:fs";
import { failureText } from "../../../model/explain-failure.ts";
import type { OptionValue } from "../../../model/generation.ts";
import { type BaseName, digestOf } from "../../../model/ids.ts";
import type { Manifest } from "../../../model/manifest.ts";
import { planForest } from "../../../store/build-forest.ts";
import { listBuilds } from "../../../store/builds.ts";
import { commitObjects } from "../../../store/commit-objects.ts";
import { treeIdOfPlan, writeForest } from "../../../store/forest.ts";
import { readIfWhole } from "../../../store/index/index-entry.ts";
import { hasObject } from "../../../store/manifests.ts";
import type { Store } from "../../../store/open-store.ts";
import type { ObtainedTree } from "../../../store/repair/good-file.ts";
import type { StagedObject } from "../../../store/stage-object.ts";
import { stageUnpacked, unpackObject } from "../../../store/unpack-object.ts";
import { isObtained } from "../../archives/obtain/attempt.ts";
import { generationWith } from "../../archives/obtain/from-generation.ts";
import { packedPlaces, type RepositoryOptions } from "../../archives/obtain/packed-places.ts";
import { obtainIn } from "../../archives/obtain-objects.ts";
import { limitsOf } from "../../archives/unpack-limits.ts";
import { buildIn, buildOnce } from "../../building/build.ts";
import type { BuildSettings } from "../../building/build-settings.ts";
import { preparePackage } from "../../packages/prepare-package.ts";
import type { PackageInput } from "../../packages/stage-package.ts";
import type { RunOptions } from "../../run-options.ts";
import type { Workspace } from "../../workspace.ts";

export interface ObtainAgain extends RunOptions {
  readonly workspace: Workspace;
  readonly repositories: RepositoryOptions;
  /** How to build again; without recipes nothing is. */
  readonly build: BuildSettings | undefined;
  /** What stood in the way of having an object again, in words. */
  readonly problems: Map<BaseName, readonly string[]>;
}

/** One way to have a tree again; `undefined` when it does not know the object or gives another tree. */
type Way = (store: Store, object: BaseName, options: ObtainAgain) => Promise<ObtainedTree | undefined>;

/**
 * A tree that may be equal to the object, in a directory of its own; the object in the store is not touched. Whoever
 * takes something from it checks it by its hash. What is wrong with one way leads to the next.
 */
export async function obtainTree(
  store: Store,
  object: BaseName,
  options: ObtainAgain,
): Promise<ObtainedTree | undefined> {
  for (const way of [fromGeneration, fromPlaces, fromOrigin, fromBuild] satisfies Way[]) {
    options.signal?.throwIfAborted();
    const tree = await trying(store, { ...options, object }, () => way(store, object, options));
    if (tree) return tree;
  }
  return undefined;
}

/** Makes an object that is not there be in the store; tells where it came from. */
export async function restoreObject(store: Store, object: BaseName, options: ObtainAgain): Promise<string | undefined> {
  if (hasObject(store, object)) return undefined;
  const { obtained } = await obtainIn(store, [object], options.repositories, options);
  const found = obtained.find(({ path }) => path === object);
  if (found && isObtained(found)) return `from ${found.where ?? found.from}`;
  const staged = await trying(store, { ...options, object }, () => stageOrigin(store, object, options));
  if (staged?.manifest.path === object) {
    await commitObjects(store, [staged], options.signal);
    return "fetched again from where it came";
  }
  const spec = specOf(store, object);
  if (!spec || !options.build) return undefined;
  const request = { ...options.build, specs: [spec.text] };
  await trying(store, { ...options, object }, () => buildIn(store, request, options));
  return hasObject(store, object) ? "built again" : undefined;
}

const fromGeneration: Way = async (store, object, { workspace }) => {
  const generation = generationWith(store, object);
  const root = generation && planForest(store, generation);
  if (!root || !object.startsWith(digestOf(treeIdOfPlan(root)))) return undefined;
  const directory = `${workspace.room().path}/tree`;
  mkdirSync(directory);
  writeForest(root, directory);
  return { directory, isCanonical: false, from: `from the record of gen-${generation.generation}` };
};

const fromPlaces: Way = async (store, object, options) => {
  for (const place of packedPlaces(store, options.repositories, options)) {
    const tree = await trying(store, { ...options, object }, async () => {
      using found = await place.find(object);
      if (!found) return undefined;
      const room = options.workspace.room();
      const unpacked = await unpackObject(found.path, { room, limits: limitsOf(place), signal: options.signal });
      const { lease } = options.workspace;
      const staged = await stageUnpacked(store, unpacked, { lease, replace: true, signal: options.signal });
      return toTree(object, staged, `from ${place.name}`);
    });
    if (tree) return tree;
  }
  return undefined;
};

const fromOrigin: Way = async (store, object, options) => {
  const staged = await stageOrigin(store, object, options);
  return staged && toTree(object, staged, "fetched again from where it came");
};

/** A second build, whose output is not kept. */
const fromBuild: Way = async (store, object, { build, ...run }) => {
  const spec = specOf(store, object);
  if (!spec || !build) return undefined;
  const { staged } = await buildOnce(store, { ...build, specs: [spec.text] }, { ...run, name: spec.name });
  return toTree(object, staged, "built again");
};

/** What is in the store already is left in canonical form. */
function toTree(
  object: BaseName,
  { manifest, directory, reused }: StagedObject,
  from: string,
): ObtainedTree | undefined {
  return manifest.path === object ? { directory, isCanonical: reused, from } : undefined;
}

async function stageOrigin(store: Store, object: BaseName, options: ObtainAgain): Promise<StagedObject | undefined> {
  const manifest = readIfWhole(store, object);
  const input = manifest && inputFrom(manifest);
  if (!input) return undefined;
  const offline = options.repositories.offline;
  return (await preparePackage(store, { ...input, offline, importMethod: "copy", checksum: true }, options)).staged;
}

/** What the package was made from, when that says it all. */
function inputFrom({ origin, name, version }: Manifest): PackageInput | undefined {
  const { kind, path, url, spec, integrity } = origin;
  const common = { name, version, cwd: "/", ...(typeof integrity === "string" && kind !== "npm" && { integrity }) };
  switch (kind) {
    case "directory":
    case "file":
    case "archive":
      return typeof path === "string" ? { ...common, from: path } : undefined;
    case "url":
      return typeof url === "string" ? { ...common, from: url } : undefined;
    case "npm": {
      const named = typeof spec === "string" ? /^npm:(@?[^@]+)/.exec(spec)?.[1] : undefined;
      return named === undefined ? undefined : { ...common, from: `npm:${named}@${version}` };
    }
    default:
      return undefined;
  }
}

/** How to ask for the build that made an object. */
function specOf(store: Store, object: BaseName): { readonly text: string; readonly name: string } | undefined {
  const record = listBuilds(store).find(({ output }) => output === object);
  if (!record) return undefined;
  const { name, version, options } = record.derivation;
  return { name, text: `${name}@${version}${optionText(options)}` };
}

function optionText(options: Readonly<Record<string, OptionValue>>): string {
  return Object.entries(options)
    .map(([name, value]) => (value === true ? `+${name}` : value === false ? `~${name}` : `+${name}=${value}`))
    .join("");
}

/** A way that fails is one that does not help; only an interruption ends the search. */
async function trying<T>(
  store: Store,
  { object, signal, problems }: ObtainAgain & { readonly object: BaseName },
  action: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (signal?.aborted) throw error;
    const reason = failureText(error, store.layout.root);
    problems.set(object, [...(problems.get(object) ?? []), reason]);
    return undefined;
  }
}

import { mkdirSync } from "node:fs";
import { type ByteString, fromText, toBytes } from "../model/byte-string.ts";
import { type FileListEntry, printFileList } from "../model/file-list.ts";
import type { InstalledPackage } from "../model/generation.ts";
import { EMPTY_TREE_ID, hashLinkTarget } from "../model/git-object.ts";
import {
  type BaseName,
  baseNameOf,
  digestOf,
  type ProfileName,
  parsePackageName,
  parsePackageVersion,
} from "../model/ids.ts";
import { conflictError } from "../model/link-plan/conflict.ts";
import type { ForestPackage } from "../model/link-plan/forest-package.ts";
import { type PlanDirectory, type PlanNode, planLinks } from "../model/link-plan.ts";
import type { Manifest } from "../model/manifest.ts";
import { findBaseNames } from "../model/search/find-base-names.ts";
import { specAgain } from "../model/spec-again.ts";
import { commitObjects } from "./commit-objects.ts";
import { diskTreeReader, treeIdOfPlan, writeForest } from "./forest.ts";
import { readIfWhole } from "./index/index-entry.ts";
import type { Lease } from "./leases.ts";
import type { Store } from "./open-store.ts";
import { holdReferences } from "./references.ts";
import { type StagedObject, stagedTree } from "./stage-object.ts";

export interface ForestRequest {
  readonly profile: ProfileName;
  readonly packages: readonly InstalledPackage[];
  /** What the profile has before a change: a conflict tells how to settle it by that. None unless given. */
  readonly installed?: readonly Pick<InstalledPackage, "path">[];
  /** Whether the command gives its packages a priority. */
  readonly givesPriority?: boolean | undefined;
  /** Where the trees of packages lie that are not in the store yet. */
  readonly staged?: ReadonlyMap<BaseName, string>;
}

/**
 * Finds out which links the forest of these packages has, without writing anything.
 * @throws StoreError CONFLICT, listing every path that two packages want
 */
export function planForest(
  store: Store,
  { profile, packages, installed = [], givesPriority, staged }: ForestRequest,
): PlanDirectory {
  const { storeDir } = store.layout;
  const wanted = packages.map(({ name, path, priority }): ForestPackage => ({ name, baseName: path, priority }));
  const plan = planLinks(wanted, diskTreeReader(storeDir, staged), { storeDir });
  if (plan.conflicts.length === 0) return plan.root;
  const isBuilt = (path: BaseName) => readIfWhole(store, path)?.origin.kind === "build";
  const specs = new Map(packages.map((item) => [item.path, specAgain(item, isBuilt(item.path))]));
  throw conflictError(plan.conflicts, {
    packages: wanted,
    ...(profile !== "default" && { profile }),
    isInstalled: ({ baseName }) => installed.some(({ path }) => path === baseName),
    specOf: ({ baseName, name }) => specs.get(baseName) ?? name,
    givesPriority,
  });
}

export interface ForestOptions {
  readonly room: () => { readonly path: string };
  readonly lease: Lease;
  /** A forest that is damaged: when that is the one, it is written anew. */
  readonly replace?: BaseName | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Makes the forest of these packages a store object, or finds it there. */
export async function buildForest(store: Store, request: ForestRequest, options: ForestOptions): Promise<BaseName> {
  await options.lease.hold(
    request.packages.map(({ path }) => path),
    options.signal,
  );
  const root = planForest(store, request);
  const treeId = treeIdOfPlan(root);
  const path = baseNameOf(digestOf(treeId), NAME, parsePackageVersion(request.profile));
  const isThere = (await options.lease.hold([path], options.signal)).has(path);
  const replaces = options.replace === path;
  if (isThere && !replaces) return path;
  const references = await holdReferences(store, baseNamesIn(root), options);
  const entries = listEntries(root);
  const manifest = manifestOf(store, { path, treeId, profile: request.profile, references, entries });
  const staged = stageForest(root, { manifest, entries }, { room: options.room(), replaces });
  await commitObjects(store, [staged], options.signal);
  return path;
}

const NAME = parsePackageName("profile");

interface Forest extends Pick<Manifest, "path" | "treeId" | "references"> {
  readonly profile: ProfileName;
  readonly entries: readonly FileListEntry[];
}

function manifestOf(store: Store, { path, treeId, profile, references, entries }: Forest): Manifest {
  return {
    path,
    name: NAME,
    version: parsePackageVersion(profile),
    treeId,
    addressing: "content",
    size: 0,
    files: entries.filter(({ mode }) => mode === "120000").length,
    references,
    localised: false,
    created: store.context.now().toISOString(),
    origin: { kind: "profile", profile },
    unknown: {},
  };
}

function stageForest(
  root: PlanDirectory,
  { manifest, entries }: { readonly manifest: Manifest; readonly entries: readonly FileListEntry[] },
  { room, replaces }: { readonly room: { readonly path: string }; readonly replaces: boolean },
): StagedObject {
  const directory = stagedTree(room);
  mkdirSync(directory, 0o755);
  writeForest(root, directory);
  return {
    manifest,
    reused: false,
    replaces: replaces ? "always" : "never",
    directory,
    fileList: [printFileList(entries)],
    fresh: directoriesOf(root, fromText(directory)),
    pooling: undefined,
  };
}

function listEntries(node: PlanDirectory, prefix = ""): FileListEntry[] {
  const list: FileListEntry[] = [];
  for (const [name, child] of inGitOrder(node)) {
    const path = `${prefix}${name}` as ByteString;
    if (child.kind === "link") {
      list.push({
        mode: "120000",
        id: hashLinkTarget(child.target),
        size: child.target.length,
        localId: undefined,
        path,
      });
    } else if (child.entries.size === 0) {
      list.push({ mode: "40000", id: EMPTY_TREE_ID, size: 0, localId: undefined, path });
    } else {
      for (const entry of listEntries(child, `${path}/`)) list.push(entry);
    }
  }
  return list;
}

function inGitOrder({ entries }: PlanDirectory): (readonly [ByteString, PlanNode])[] {
  const keyOf = ([name, { kind }]: readonly [ByteString, PlanNode]) => (kind === "directory" ? `${name}/` : name);
  return [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function directoriesOf(node: PlanDirectory, path: ByteString): ByteString[] {
  const list: ByteString[] = [];
  for (const [name, child] of node.entries) {
    if (child.kind === "directory") list.push(...directoriesOf(child, `${path}/${name}` as ByteString));
  }
  return [...list, path];
}

/** What reads like a base name in the targets: those of packages, and of directories in them that have such a name. */
function baseNamesIn(root: PlanDirectory): ReadonlySet<string> {
  const found = new Set<string>();
  findBaseNames(toBytes(targetsIn(root).join("\n") as ByteString), found);
  return found;
}

function targetsIn({ entries }: PlanDirectory): ByteString[] {
  return [...entries.values()].flatMap((child) => (child.kind === "link" ? [child.target] : targetsIn(child)));
}

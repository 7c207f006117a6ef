import { mkdirSync } from "node:fs";
import { type ByteString, fromText } from "../model/byte-string.ts";
import { type FileListEntry, printFileList } from "../model/file-list.ts";
import type { InstalledPackage } from "../model/generation.ts";
import { EMPTY_TREE_ID, hashLinkTarget } from "../model/git-object.ts";
import {
  type BaseName,
  baseNameOf,
  digestOf,
  isBaseName,
  type ProfileName,
  parsePackageName,
  parsePackageVersion,
  type TreeId,
} from "../model/ids.ts";
import { conflictError } from "../model/link-plan/conflict.ts";
import type { ForestPackage } from "../model/link-plan/forest-package.ts";
import { type PlanDirectory, type PlanNode, planLinks } from "../model/link-plan.ts";
import type { Manifest } from "../model/manifest.ts";
import { shellQuote } from "../model/recipe/shell-quote.ts";
import { commitObjects } from "./commit-objects.ts";
import { diskTreeReader, treeIdOfPlan, writeForest } from "./forest.ts";
import type { Lease } from "./leases.ts";
import type { Store } from "./open-store.ts";
import { type StagedObject, stagedTree } from "./stage-object.ts";

export interface ForestRequest {
  readonly profile: ProfileName;
  readonly packages: readonly InstalledPackage[];
}

/**
 * Finds out which links the forest of these packages has, without writing anything.
 * @throws StoreError CONFLICT, listing every path that two packages want
 */
export function planForest(store: Store, { profile, packages }: ForestRequest): PlanDirectory {
  const { storeDir } = store.layout;
  const wanted = packages.map(({ name, path, priority }): ForestPackage => ({ name, baseName: path, priority }));
  const plan = planLinks(wanted, diskTreeReader(storeDir), { storeDir });
  if (plan.conflicts.length === 0) return plan.root;
  const specs = new Map(packages.map(({ path, requested }) => [path, requested]));
  throw conflictError(plan.conflicts, {
    packages: wanted,
    ...(profile !== "default" && { profile }),
    specOf: ({ baseName, name }) => shellQuote(specs.get(baseName) ?? name),
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
  const manifest = manifestOf(store, { root, treeId, profile: request.profile });
  const isThere = (await options.lease.hold([manifest.path], options.signal)).has(manifest.path);
  const replaces = options.replace === manifest.path;
  if (isThere && !replaces) return manifest.path;
  const staged = stageForest(root, manifest, { room: options.room(), replaces });
  await commitObjects(store, [staged], options.signal);
  return manifest.path;
}

function manifestOf(store: Store, forest: { root: PlanDirectory; treeId: TreeId; profile: ProfileName }): Manifest {
  const name = parsePackageName("profile");
  const version = parsePackageVersion(forest.profile);
  const entries = listEntries(forest.root);
  return {
    path: baseNameOf(digestOf(forest.treeId), name, version),
    name,
    version,
    treeId: forest.treeId,
    addressing: "content",
    size: 0,
    files: entries.filter(({ mode }) => mode === "120000").length,
    references: referencesOf(forest.root),
    localised: false,
    created: store.context.now().toISOString(),
    origin: { kind: "profile", profile: forest.profile },
    unknown: {},
  };
}

function stageForest(
  root: PlanDirectory,
  manifest: Manifest,
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
    fileList: [printFileList(listEntries(root))],
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

/** The objects that the links lead to, sorted. */
function referencesOf(root: PlanDirectory): BaseName[] {
  const found = new Set<BaseName>();
  const visit = (node: PlanDirectory): void => {
    for (const child of node.entries.values()) {
      if (child.kind === "directory") visit(child);
      else {
        const base = /^(?:\.\.\/)+([^/]+)/.exec(child.target)?.[1];
        if (base !== undefined && isBaseName(base)) found.add(base);
      }
    }
  };
  visit(root);
  return [...found].sort();
}

import { mkdirSync } from "node:fs";
import { type ByteString, fromText } from "../model/byte-string.ts";
import {
  type BaseName,
  type BlobId,
  baseNameOf,
  digestOf,
  type PackageName,
  type PackageVersion,
  ZERO_DIGEST,
} from "../model/ids.ts";
import type { Manifest, Origin } from "../model/manifest.ts";
import type { FileWatch } from "../system/archive/tree-writer.ts";
import { OpenFiles } from "../system/open-files.ts";
import type { TemporaryDirectory } from "../system/temporary-directory.ts";
import { isWhole } from "./check-object.ts";
import { describeTree, type TreeDescription } from "./import/describe-tree.ts";
import { makesPlainFiles } from "./import/freeze.ts";
import { type ImportMethod, linkMethod } from "./import/import-method.ts";
import type { ImportSettings } from "./import/import-settings.ts";
import { type ImportProgress, importTree } from "./import/import-tree.ts";
import type { ImportedDirectory, ImportedFiles } from "./import/imported-tree.ts";
import { localiseTree } from "./import/localise-tree.ts";
import { hasFlag, idAt, pickFiles, placesOf, someHave } from "./import/pack-files.ts";
import { printTree } from "./import/print-tree.ts";
import { createImportRunner } from "./import/runner.ts";
import { createScanAhead } from "./import/scan-ahead.ts";
import { takePooled } from "./import/take-pooled.ts";
import type { PoolBatch } from "./import/tasks.ts";
import type { Lease } from "./leases.ts";
import { readManifest } from "./manifests.ts";
import type { Store } from "./open-store.ts";
import { holdReferences } from "./references.ts";
import { recallSource, rememberSource } from "./source-memory.ts";

export interface StageOptions {
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly origin: Origin;
  /** The tree to copy. Without one, the tree at `stagedTree(temporary)` is adopted as it lies. */
  readonly source?: string;
  /**
   * Writes that tree, and tells of its files: they are read while others are written. Gives the top directory that it left
   * out afterwards.
   */
  readonly fill?: ((tree: string, watch: FileWatch) => Promise<ByteString | undefined>) | undefined;
  readonly temporary: Pick<TemporaryDirectory, "path">;
  /** Keeps the object, and what it refers to, from being collected before something else does. */
  readonly lease: Lease;
  readonly method?: ImportMethod | undefined;
  /** The base name under which the tree was made in this store, when it was not the canonical one. */
  readonly selfName?: string | undefined;
  /** The name of an object that is not named by its content. */
  readonly baseName?: BaseName | undefined;
  /** Read every file of the source, also when nothing about it was changed since it was read last. */
  readonly reread?: boolean | undefined;
  /** Take the place of an object of the same name, which is damaged; nothing is taken from the pool, which may be too. */
  readonly replace?: boolean | undefined;
  /** Further members for the manifest. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/** A store object that is complete in the temporary directory, and neither durable nor visible yet. */
export interface StagedObject {
  readonly manifest: Manifest;
  /** The store holds a valid object of this name already: there is nothing to commit. */
  readonly reused: boolean;
  /** When it takes the place of a valid object of its name: of one that is seen to be damaged, or of any. */
  readonly replaces: "never" | "damaged" | "always";
  /** Its files and links are frozen, its directories still writable: the pool's files go there, then it is renamed. */
  readonly directory: string;
  /** In pieces. */
  readonly fileList: readonly string[];
  /** Directories and files that are not durable yet. */
  readonly fresh: Iterable<ByteString>;
  /** Files for the pool; absent for an object that holds none. */
  readonly pooling: Pooling | undefined;
}

export interface Pooling {
  readonly settings: ImportSettings;
  readonly batches: readonly PoolBatch[];
  /** The directories below the top, to be frozen afterwards; each stands behind those in it. */
  readonly directories: readonly ByteString[];
}

/** Where a tree is staged in its temporary directory. */
export function stagedTree(temporary: Pick<TemporaryDirectory, "path">): string {
  return `${temporary.path}/object`;
}

/**
 * Imports a tree, finds its identity, and brings it into local form.
 * @throws StoreError INVALID_INPUT when it mixes canonical and local form, or holds special files
 */
export async function stageObject(store: Store, options: StageOptions): Promise<StagedObject> {
  const directory = stagedTree(options.temporary);
  const source = options.source === undefined ? undefined : { ...options, path: options.source };
  const mayRecall = source && !options.reread && !options.replace;
  const remembered = mayRecall ? await recallSource(store, source, options.signal) : undefined;
  if (remembered && (await isKept(store, remembered, options))) return reusedObject(store, remembered, directory);
  if (options.source !== undefined) mkdirSync(directory, 0o755);
  const settings = settingsOf(store, options);
  using openFiles = new OpenFiles();
  await using runner = createImportRunner(settings);
  const ahead = options.fill && createScanAhead(directory, runner, openFiles);
  const known = ahead && (await ahead.results(await options.fill?.(directory, ahead)));
  const tree = await importTree(options.source ?? directory, directory, { ...options, settings, runner, known });
  const description = describeTree(tree);
  const baseName = options.baseName ?? baseNameOf(digestOf(description.treeId), options.name, options.version);
  const isThere = (await options.lease.hold([baseName], options.signal)).has(baseName);
  // Here is a good copy: one that has visibly lost something is not kept for it.
  const isDamaged = isThere && !isWhole(store, baseName);
  const replaces = options.replace ? "always" : isDamaged ? "damaged" : "never";
  if (source) rememberSource(store, source, { tree, description, object: baseName });
  if (isThere && replaces === "never") return reusedObject(store, baseName, directory);
  await takePooled(tree, fromText(options.source ?? directory), runner);
  const localIds = await localiseTree(tree, { layout: store.layout, baseName, runner });
  const references = await holdReferences(store, description.baseNames, options);
  const batches = unpooledFiles(tree, localIds);
  const directories = directoriesOf(tree);
  return {
    manifest: manifestOf(store, baseName, { options, description, references }),
    reused: false,
    replaces,
    directory,
    fileList: printTree(tree, localIds),
    fresh: freshPaths(directories, batches),
    pooling: { settings, batches, directories: directories.slice(0, -1) },
  };
}

/** Whether the object is there, and nothing about it meets the eye; from now on it stays. */
async function isKept(store: Store, object: BaseName, { lease, signal }: StageOptions): Promise<boolean> {
  return (await lease.hold([object], signal)).has(object) && isWhole(store, object);
}

function reusedObject(store: Store, baseName: BaseName, directory: string): StagedObject {
  return {
    manifest: readManifest(store, baseName),
    reused: true,
    replaces: "never",
    directory,
    fileList: [],
    fresh: [],
    pooling: undefined,
  };
}

function settingsOf(store: Store, options: StageOptions): ImportSettings {
  return {
    files: store.layout.files,
    scratch: options.temporary.path,
    localStoreDir: store.layout.storeDir,
    canonicalStoreDir: store.layout.canonicalStoreDir,
    zeroBaseName: baseNameOf(ZERO_DIGEST, options.name, options.version),
    selfName: options.selfName,
    ...linkMethod(options.replace ? "copy" : (options.method ?? "auto"), options.temporary.path),
    mode: options.source === undefined ? "adopt" : "copy",
    plainFiles: makesPlainFiles(stagedTree(options.temporary)),
  };
}

interface Staging {
  readonly options: StageOptions;
  readonly description: TreeDescription;
  readonly references: readonly BaseName[];
}

function manifestOf(store: Store, baseName: BaseName, { options, description, references }: Staging): Manifest {
  return {
    path: baseName,
    name: options.name,
    version: options.version,
    treeId: description.treeId,
    addressing: options.baseName === undefined ? "content" : "input",
    size: description.size,
    files: description.files,
    references,
    localised: description.mentions,
    created: store.context.now().toISOString(),
    origin: options.origin,
    unknown: options.metadata ?? {},
  };
}

function unpooledFiles(tree: ImportedDirectory, localIds: ReadonlyMap<ByteString, BlobId>, prefix = ""): PoolBatch[] {
  const batches = tree.files.flatMap((part) => {
    const batch = { directory: tree.path, ...unpooled(part, localIds, prefix) };
    return batch.names.length > 0 ? [batch] : [];
  });
  for (const [name, inner] of tree.directories) {
    for (const batch of unpooledFiles(inner, localIds, `${prefix}${name}/`)) batches.push(batch);
  }
  return batches;
}

/** Those that the pool does not hold, with the ids of their local content. */
function unpooled(
  { names, files }: ImportedFiles,
  localIds: ReadonlyMap<ByteString, BlobId>,
  prefix: string,
): Pick<PoolBatch, "names" | "files"> {
  if (!someHave(files, "pooled") && !someHave(files, "mentions")) return { names, files };
  const places = placesOf(files, (at) => !hasFlag(files, at, "pooled"));
  const ids = places.map((at) => localIds.get(`${prefix}${names[at]}` as ByteString) ?? idAt(files, at)).join("");
  const picked = pickFiles(files, places);
  return { names: places.map((at) => names[at] as ByteString), files: { ids, flags: picked.flags } };
}

function* freshPaths(directories: readonly ByteString[], batches: readonly PoolBatch[]): Iterable<ByteString> {
  yield* directories;
  for (const { directory, names } of batches) for (const name of names) yield `${directory}/${name}` as ByteString;
}

/** The top directory is the last. */
function directoriesOf(tree: ImportedDirectory): ByteString[] {
  return [...[...tree.directories.values()].flatMap(directoriesOf), tree.path];
}

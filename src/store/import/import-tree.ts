import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { isErrno, StoreError } from "../../errors.ts";
import { type ByteString, fromBytes, fromText, toBytes, toEscaped, toFsPath } from "../../model/byte-string.ts";
import { hashLinkTarget } from "../../model/git-object.ts";
import { replaceInPlace } from "../../model/rewrite.ts";
import { findBaseNames } from "../../model/search/find-base-names.ts";
import { refuseBeyondBounds } from "../../model/tree-bounds.ts";
import type { FileBatch, ImportedFile, ImportSettings } from "./import-settings.ts";
import { canonicalReplacements } from "./import-work.ts";
import type { ImportedDirectory, ImportedFiles, ImportedLink } from "./imported-tree.ts";
import { packFiles, totalSize } from "./pack-files.ts";
import type { ImportRunner } from "./runner.ts";
import type { KnownFiles } from "./scan-ahead.ts";
import { changedWhileRead, notReadable } from "./source-file.ts";
import { summarise } from "./summarise.ts";

export interface ImportProgress {
  readonly files: number;
  readonly bytes: number;
}

export interface ImportTreeOptions {
  readonly settings: ImportSettings;
  readonly runner: ImportRunner;
  /** Of an adopted tree: files that were read already, by path in it, and stay as they are. */
  readonly known?: KnownFiles | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/**
 * Copies the tree at `source` to the existing empty directory `target`, or in `adopt` mode takes `target` as it is.
 * Afterwards the target holds the canonical form, but for what `takePooled` must put there; only files and links that
 * mention the store are not frozen yet.
 * @throws StoreError INVALID_INPUT for anything but directories, regular files and symlinks, and for paths that no object
 * may have
 */
export async function importTree(
  source: string,
  target: string,
  options: ImportTreeOptions,
): Promise<ImportedDirectory> {
  const walk: Walk = { options, copying: options.settings.mode === "copy", pending: [], done: { files: 0, bytes: 0 } };
  const tree = walkDirectory(walk, { source: fromText(source), target: fromText(target), prefix: "" });
  options.runner.finishQueue();
  await Promise.all(walk.pending);
  return tree;
}

interface Walk {
  readonly options: ImportTreeOptions;
  readonly copying: boolean;
  readonly pending: Promise<void>[];
  readonly done: { files: number; bytes: number };
}

/** Files that one message to a thread carries at most. */
const BATCH = 128;

interface Place {
  readonly source: ByteString;
  readonly target: ByteString;
  /** The path in the tree, with a slash behind it, or "" for the top. */
  readonly prefix: string;
}

function walkDirectory(walk: Walk, { source, target, prefix }: Place): ImportedDirectory {
  walk.options.signal?.throwIfAborted();
  if (!walk.copying) chmodSync(toFsPath(source), 0o755);
  const identity = walk.copying ? identityOf(source, prefix) : undefined;
  const directories = new Map<ByteString, ImportedDirectory>();
  const files: ImportedFiles[] = [];
  const links = new Map<ByteString, ImportedLink>();
  const names: ByteString[] = [];
  const known: [ByteString, ImportedFile][] = [];
  const inner: ByteString[] = [];
  for (const entry of listDirectory(source)) {
    const name = entry.name as ByteString;
    refuseBeyondBounds(`${prefix}${name}` as ByteString);
    if (entry.isFile()) {
      const file = walk.options.known?.files.get(`${prefix}${name}` as ByteString);
      if (file) known.push([name, file]);
      else names.push(name);
    } else if (entry.isDirectory()) inner.push(name);
    else if (entry.isSymbolicLink())
      links.set(name, importLink(walk, `${source}/${name}` as ByteString, `${target}/${name}` as ByteString));
    else throw notPackable(`${source}/${name}` as ByteString);
  }
  const pending: Promise<void>[] = [];
  for (let at = 0; at < names.length; at += BATCH) {
    pending.push(heard(importBatch(walk, { source, target, names: names.slice(at, at + BATCH) }, files)));
  }
  if (known.length > 0) pending.push(heard(adoptKnown(walk, target, { known, files, prefix })));
  for (const name of inner) {
    const directory = `${target}/${name}` as ByteString;
    if (walk.copying) mkdirSync(toFsPath(directory), 0o755);
    const place = { source: `${source}/${name}` as ByteString, target: directory, prefix: `${prefix}${name}/` };
    directories.set(name, walkDirectory(walk, place));
  }
  const tree: ImportedDirectory = { path: target, directories, files, links, summary: undefined };
  // While threads still read: when they have done there is nothing for them to do.
  expect(
    walk,
    Promise.all(pending).then(() => {
      if (identity !== undefined && identityOf(source, prefix) !== identity) throw changedWhileRead(source);
      summarise(tree, prefix);
    }),
  );
  return tree;
}

/**
 * Which directory it is. Its files are opened by their paths: where another one, or a link to one, takes its place
 * meanwhile, they are those of that one.
 */
function identityOf(path: ByteString, prefix: string): string {
  const look = prefix === "" ? statSync : lstatSync;
  const status = look(toFsPath(path), { throwIfNoEntry: false });
  if (!status?.isDirectory()) throw changedWhileRead(path);
  return `${status.dev}:${status.ino}`;
}

function expect(walk: Walk, done: Promise<void>): void {
  walk.pending.push(heard(done));
}

/** The walk can fail before anybody waits for this. */
function heard(done: Promise<void>): Promise<void> {
  done.catch(() => undefined);
  return done;
}

function listDirectory(path: ByteString) {
  try {
    return readdirSync(toFsPath(path), { withFileTypes: true, encoding: "latin1" });
  } catch (error) {
    if (isErrno(error, "EACCES")) throw notReadable(path, error);
    if (isErrno(error, "ENOENT", "ENOTDIR")) throw changedWhileRead(path);
    throw error;
  }
}

async function importBatch(walk: Walk, batch: FileBatch, files: ImportedFiles[]): Promise<void> {
  const { names } = batch;
  const imported = { names, files: await walk.options.runner.importBatch(batch) };
  files.push(imported);
  report(walk, imported);
}

interface KnownIn {
  readonly known: readonly (readonly [ByteString, ImportedFile])[];
  readonly files: ImportedFiles[];
  readonly prefix: string;
}

async function adoptKnown(walk: Walk, directory: ByteString, { known, files, prefix }: KnownIn): Promise<void> {
  const imported = { names: known.map(([name]) => name), files: packFiles(known.map(([, file]) => file)) };
  files.push(imported);
  const frozen = walk.options.known?.frozen;
  const rest = known.filter(([name]) => !frozen?.has(`${prefix}${name}` as ByteString));
  if (rest.length > 0) {
    const names = rest.map(([name]) => name);
    const executable = rest.map(([, file]) => file.executable);
    await walk.options.runner.run({ kind: "freeze", directory, names, executable });
  }
  report(walk, imported);
}

function report(walk: Walk, { names, files }: ImportedFiles): void {
  walk.done.files += names.length;
  walk.done.bytes += totalSize(files);
  walk.options.signal?.throwIfAborted();
  walk.options.onProgress?.({ ...walk.done });
}

function importLink(walk: Walk, source: ByteString, target: ByteString): ImportedLink {
  const { settings } = walk.options;
  const { localStoreDir, canonicalStoreDir, zeroBaseName } = settings;
  const original = readlinkSync(toFsPath(source), "latin1") as ByteString;
  const bytes = toBytes(original);
  const names = new Set<string>();
  findBaseNames(bytes, names);
  const fromLocal = replaceInPlace(bytes, canonicalReplacements(settings)) > 0 || original.includes(localStoreDir);
  const fromCanonical = localStoreDir !== canonicalStoreDir && original.includes(canonicalStoreDir);
  const mentions = fromLocal || fromCanonical || original.includes(zeroBaseName);
  const link = fromBytes(bytes);
  if (walk.copying && !mentions) createLink(link, target);
  else if (!mentions) lutimesSync(toFsPath(target), 1, 1);
  const id = hashLinkTarget(link);
  return { id, target: link, mentions, fromLocal, fromCanonical, baseNames: names.size > 0 ? [...names] : undefined };
}

/** A symlink of a store object, with its time. */
export function createLink(target: ByteString, path: ByteString): void {
  symlinkSync(toFsPath(target), toFsPath(path));
  lutimesSync(toFsPath(path), 1, 1);
}

function notPackable(path: ByteString): StoreError {
  return new StoreError("INVALID_INPUT", `${toEscaped(path)} is neither a file, a directory nor a symlink`, {
    hint: "A store object holds only these; remove the device, socket or pipe and try again.",
    details: { path: toEscaped(path) },
  });
}

import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type ByteString, fromText, toBytes, toFsPath } from "../../src/model/byte-string.ts";
import {
  type BaseName,
  type PackageName,
  type PackageVersion,
  parsePackageName,
  parsePackageVersion,
} from "../../src/model/ids.ts";
import { commitObjects } from "../../src/store/commit-objects.ts";
import type { StoreContext } from "../../src/store/context.ts";
import type { ImportMethod } from "../../src/store/import/import-method.ts";
import { objectPath } from "../../src/store/layout.ts";
import { type Lease, openLease } from "../../src/store/leases.ts";
import { type OpenOptions, openStoreAt, type Store } from "../../src/store/open-store.ts";
import { type StagedObject, stagedTree, stageObject } from "../../src/store/stage-object.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { createTemporaryDirectory } from "../../src/system/temporary-directory.ts";

/** What a tree holds at one path. */
export type Entry = string | Uint8Array | { readonly exec: string | Uint8Array } | { readonly link: string } | Empty;
type Empty = { readonly directory: true };

/** A directory with nothing in it. */
export const DIRECTORY: Empty = { directory: true };

/** Entries by path; parents are implied. Text in a record is UTF-8; paths and links of a map are byte strings. */
export type TreeData = Readonly<Record<string, Entry>> | ReadonlyMap<ByteString, Entry>;

/** A directory of one test, removed after it. */
export interface World {
  /** Short enough that stores of width 48 fit below it. */
  readonly directory: string;
  /** Writes a tree into a new directory, or the one named. */
  tree(data: TreeData, path?: string): string;
  /** Opens the store `<directory>/<name>`, created when it is not there. */
  store(name?: string, options?: Partial<OpenOptions>): Promise<Store>;
}

export interface WorldOptions {
  /** User id that its directory belongs to. */
  readonly owner?: number;
  /** Keep it in memory where that is possible: for tests that would often wait for the disk. */
  readonly memory?: boolean;
  /** Where it is to be, filled or not, instead of at a new place. */
  readonly directory?: string;
}

/** Makes a world for the running test. */
export function makeWorld({ owner, memory, directory = newDirectory(memory) }: WorldOptions = {}): World {
  onTestFinished(() => removeTree(directory));
  if (owner !== undefined) chownSync(directory, owner, owner);
  let trees = 0;
  return {
    directory,
    tree(data, path = join(directory, `tree${trees++}`)) {
      mkdirSync(path, { recursive: true });
      writeTree(data, path);
      return path;
    },
    store: (name = "s", options = {}) =>
      openStoreAt({ root: join(directory, name), context: fakeContext(), ...options }),
  };
}

/** A new directory whose path is short. */
export function newDirectory(memory = false): string {
  return mkdtempSync(join(memory && isWritable(MEMORY) ? MEMORY : diskDirectory(), "s-"));
}

const MEMORY = "/dev/shm";

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function diskDirectory(): string {
  return realpathSync(tmpdir().length > 24 ? "/tmp" : tmpdir());
}

/** A context whose clock moves on by one second with each look at it. */
export function fakeContext(changes: Partial<StoreContext> = {}): StoreContext {
  let seconds = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000;
  return {
    now: () => new Date(seconds++ * 1000),
    timeZone: "UTC",
    command: ["store", "test"],
    user: "tester",
    wait: true,
    env: {},
    ...changes,
  };
}

/** Writes entries into an existing directory. */
export function writeTree(data: TreeData, directory: string): void {
  for (const [path, entry] of entriesOf(data)) {
    const place = `${fromText(directory)}/${path}` as ByteString;
    mkdirSync(toFsPath(isDirectory(entry) ? place : (dirname(place) as ByteString)), { recursive: true });
    if (!isDirectory(entry)) writeEntry(entry, toFsPath(place));
  }
}

function writeEntry(entry: Exclude<Entry, Empty>, path: string | Buffer): void {
  if (typeof entry === "string" || entry instanceof Uint8Array) writeFileSync(path, entry);
  else if ("link" in entry) symlinkSync(toBytes(entry.link as ByteString), path);
  else {
    writeFileSync(path, entry.exec);
    chmodSync(path, 0o755);
  }
}

/** The entries of a tree as byte strings. */
export function entriesOf(data: TreeData): [ByteString, Entry][] {
  if (data instanceof Map) return [...(data as ReadonlyMap<ByteString, Entry>)];
  return Object.entries(data as Readonly<Record<string, Entry>>).map(([path, entry]) => [
    fromText(path),
    typeof entry === "object" && "link" in entry ? { link: fromText(entry.link) } : entry,
  ]);
}

function isDirectory(entry: Entry): entry is Empty {
  return typeof entry === "object" && "directory" in entry;
}

/** What lies on disk at one path. */
export interface Seen {
  readonly kind: "directory" | "file" | "link" | "other";
  /** The twelve bits of permissions. */
  readonly mode: number;
  /** Seconds after the epoch. */
  readonly mtime: number;
  readonly inode: number;
  readonly links: number;
  /** Of a file, or the target of a link; empty for a directory. */
  readonly content: Buffer;
}

/** Everything at and below `directory`, by path; the directory itself is at the empty path. */
export function readTree(directory: string): Map<ByteString, Seen> {
  const seen = new Map<ByteString, Seen>();
  const visit = (path: ByteString): void => {
    const place = toFsPath((path === "" ? fromText(directory) : `${fromText(directory)}/${path}`) as ByteString);
    const found = seenAt(place);
    seen.set(path, found);
    if (found.kind !== "directory") return;
    for (const name of readdirSync(place, "latin1")) visit((path === "" ? name : `${path}/${name}`) as ByteString);
  };
  visit("" as ByteString);
  return seen;
}

function seenAt(path: string | Buffer): Seen {
  const status = lstatSync(path);
  const kind = status.isDirectory()
    ? "directory"
    : status.isFile()
      ? "file"
      : status.isSymbolicLink()
        ? "link"
        : "other";
  return {
    kind,
    mode: status.mode & 0o7777,
    mtime: status.mtimeMs / 1000,
    inode: status.ino,
    links: status.nlink,
    content:
      kind === "file" ? readFileSync(path) : kind === "link" ? readlinkSync(path, { encoding: "buffer" }) : Buffer.of(),
  };
}

export interface AddOptions {
  readonly name?: string;
  readonly version?: string;
  readonly method?: ImportMethod;
  /** Write the tree where it is staged and adopt it; otherwise it is copied. */
  readonly adopt?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** See `StageOptions`. */
  readonly selfName?: string;
  readonly baseName?: BaseName;
}

export interface Added extends StagedObject {
  /** Where the object lies in the store. */
  readonly path: string;
}

/** Adds a tree, given as data or by its path, as `demo` 1.0. */
export async function addTree(store: Store, tree: TreeData | string, options: AddOptions = {}): Promise<Added> {
  using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
  using lease = openLease(store);
  const staged = await stageTree(store, tree, { ...options, temporary, lease });
  await commitObjects(store, [staged]);
  return { ...staged, path: objectPath(store.layout, staged.manifest.path) };
}

/** Stages a tree in a temporary directory that the caller made. */
export function stageTree(
  store: Store,
  tree: TreeData | string,
  options: AddOptions & { readonly temporary: { readonly path: string }; readonly lease?: Lease },
): Promise<StagedObject> {
  const { name, version } = nameOf(options);
  const lease = options.lease ?? openLease(store);
  onTestFinished(() => lease[Symbol.dispose]());
  const { temporary, method, metadata, selfName, baseName } = options;
  const common = {
    name,
    version,
    temporary,
    lease,
    method,
    selfName,
    baseName,
    origin: { kind: "directory" as const },
    ...(metadata && { metadata }),
  };
  if (options.adopt !== true) return stageObject(store, { ...common, source: sourceOf(tree, temporary.path) });
  const directory = stagedTree(temporary);
  mkdirSync(directory);
  writeTree(tree as TreeData, directory);
  return stageObject(store, common);
}

export function nameOf({ name = "demo", version = "1.0" }: Pick<AddOptions, "name" | "version">): {
  readonly name: PackageName;
  readonly version: PackageVersion;
} {
  return { name: parsePackageName(name), version: parsePackageVersion(version) };
}

function sourceOf(tree: TreeData | string, scratch: string): string {
  if (typeof tree === "string") return tree;
  const source = join(scratch, "source");
  mkdirSync(source);
  writeTree(tree, source);
  return source;
}

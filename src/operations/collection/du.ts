import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { type BaseName, parseBlobId } from "../../model/ids.ts";
import { createHands } from "../../store/collection/collection-task.ts";
import type { SeenNames } from "../../store/collection/visit-trees.ts";
import { objectPath, poolPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { readFileList } from "../../store/twins.ts";
import { blockBytes, type DiskUsage, visitTree } from "../../system/disk-usage.ts";
import { namesIn } from "../../system/names-in.ts";
import type { RunOptions } from "../run-options.ts";
import { closure } from "./closure.ts";

/** Blocks in bytes, each inode once, and inodes. */
export interface ObjectUsage extends Readonly<DiskUsage> {
  /** Absolute path. */
  readonly path: string;
  /** What this object alone has: deleting it frees that, and its manifest. */
  readonly unique: Readonly<DiskUsage>;
  /** What other objects have, too. */
  readonly shared: Readonly<DiskUsage>;
  /** It and everything that it needs. */
  readonly closure: Readonly<DiskUsage> & { readonly objects: number };
}

/** @throws StoreError NOT_FOUND, DAMAGED */
export async function objectUsage(store: Store, object: BaseName): Promise<ObjectUsage> {
  const entries = await closure(store, object);
  const all = createAccount();
  for (const { path } of entries) visitTree(objectPath(store.layout, path), all.add);
  const own = createAccount();
  visitTree(objectPath(store.layout, object), own.add);
  const elsewhere = linksElsewhere(store, object);
  const unique = { bytes: 0, inodes: 0 };
  for (const [inode, { bytes, links, seen, isDirectory }] of own.inodes) {
    if (!isDirectory && links > seen + (elsewhere.get(inode) ?? 0)) continue;
    unique.bytes += bytes;
    unique.inodes += 1;
  }
  return {
    path: objectPath(store.layout, object),
    ...own.total,
    unique,
    shared: { bytes: own.total.bytes - unique.bytes, inodes: own.total.inodes - unique.inodes },
    closure: { ...all.total, objects: entries.length },
  };
}

/** Names of the object's files that go with it: those in the pool, and those of its twin. */
function linksElsewhere(store: Store, object: BaseName): ReadonlyMap<number, number> {
  const links = new Map<number, number>();
  const add = (inode: number) => links.set(inode, (links.get(inode) ?? 0) + 1);
  const pooled = new Set<string>();
  for (const { mode, id, localId } of readFileList(store, object)) {
    if (mode.startsWith("100")) pooled.add(poolPath(store.layout, parseBlobId(localId ?? id), mode === "100755"));
  }
  for (const path of pooled) {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status) add(status.ino);
  }
  visitTree(join(store.layout.twins, object), (status) => {
    if (!status.isDirectory()) add(status.ino);
  });
  return links;
}

export interface StoreUsage extends Readonly<DiskUsage> {
  /** What each part of the store takes that no part before it has already. */
  readonly parts: readonly (Readonly<DiskUsage> & { readonly part: string })[];
  /** What the objects would take beyond that if none of their files were shared. */
  readonly savedBytes: number;
}

/** The room that the whole store takes. */
export async function storeUsage(store: Store, { signal }: RunOptions = {}): Promise<StoreUsage> {
  const { layout } = store;
  const account = createTotal();
  const parts: (DiskUsage & { part: string })[] = [];
  const measure = async (part: string, visit: () => void | Promise<void>): Promise<void> => {
    const { bytes, inodes } = account.total;
    await visit();
    signal?.throwIfAborted();
    parts.push({ part, bytes: account.total.bytes - bytes, inodes: account.total.inodes - inodes });
  };
  const trees =
    (...paths: readonly string[]) =>
    () => {
      for (const path of paths) visitTree(path, account.add);
    };
  await using hands = createHands();
  const inside = async (directory: string, slice: number) => {
    const names = readdirSync(directory);
    // Of a name that is no text another one has been made.
    if (names.some((name) => name.includes("\ufffd"))) return visitTree(directory, account.add);
    hands.expect(names.length);
    const task = { kind: "visit" as const, directory, objects: names };
    for await (const seen of hands.share(task, slice, signal)) account.addSeen(seen);
  };
  await measure("objects", async () => {
    account.add(lstatSync(layout.storeDir));
    await inside(layout.storeDir, OBJECTS_AT_ONCE);
  });
  const savedBytes = account.repeated();
  await measure("files of the pool that no object has", async () => {
    for (const part of namesIn(layout.files)) await inside(join(layout.files, part), FILES_AT_ONCE);
  });
  await measure("manifests", async () => {
    account.add(lstatSync(layout.manifests));
    await inside(layout.manifests, FILES_AT_ONCE);
  });
  await measure("twins", trees(layout.twins));
  await measure("sources", trees(layout.sources));
  await measure("builds", trees(layout.builds, layout.buildLogs));
  await measure("profiles and log", trees(layout.profiles, layout.roots, layout.log));
  await measure("index", trees(layout.index));
  await measure("temporary", trees(layout.temporary, layout.trash));
  return { ...account.total, parts, savedBytes };
}

/** What is one task. */
const OBJECTS_AT_ONCE = 64;
const FILES_AT_ONCE = 512;

interface Inode {
  readonly bytes: number;
  readonly links: number;
  readonly isDirectory: boolean;
  /** How often it was met. */
  seen: number;
}

/** Counts each inode once. */
function createAccount() {
  const inodes = new Map<number, Inode>();
  const total: DiskUsage = { bytes: 0, inodes: 0 };
  return {
    inodes: inodes as ReadonlyMap<number, Inode>,
    total,
    add(status: Stats): void {
      const known = inodes.get(status.ino);
      if (known) {
        known.seen += 1;
        return;
      }
      const bytes = blockBytes(status);
      inodes.set(status.ino, { bytes, links: status.nlink, isDirectory: status.isDirectory(), seen: 1 });
      total.bytes += bytes;
      total.inodes += 1;
    },
  };
}

/** The same, of inodes of which no more than their room is asked. */
function createTotal() {
  const inodes = new Set<number>();
  const total: DiskUsage = { bytes: 0, inodes: 0 };
  let repeated = 0;
  const meet = (inode: number, bytes: number): void => {
    if (inodes.has(inode)) {
      repeated += bytes;
      return;
    }
    inodes.add(inode);
    total.bytes += bytes;
    total.inodes += 1;
  };
  return {
    total,
    add: (status: Stats): void => meet(status.ino, blockBytes(status)),
    addSeen(seen: SeenNames): void {
      for (let at = 0; at < seen.length; at += 2) meet(seen[at] as number, seen[at + 1] as number);
    },
    repeated: () => repeated,
  };
}

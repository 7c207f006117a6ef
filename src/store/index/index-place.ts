import { existsSync } from "node:fs";
import { join } from "node:path";
import { baseDirectory } from "../../system/base-directories.ts";
import { networkFilesystemAround } from "../../system/filesystem-kind.ts";
import { makeDirectory } from "../../system/make-directory.ts";

import type { Store } from "../open-store.ts";

export interface IndexPlace {
  /** Absent where no local directory is known: the index is read into memory then. */
  readonly path: string | undefined;
  /** The network filesystem that the store's own `index/` lies on. */
  readonly network: string | undefined;
}

/**
 * Where the index lies: in the store, or, when its `index/` is on a network filesystem, in the user's local cache. LMDB
 * maps its file, and processes agree on it through that memory: on a network filesystem neither can be relied on.
 */
export function indexPlace({ layout, file, context }: Store): IndexPlace {
  const network = networkFilesystemAround(layout.index);
  if (network === undefined) return { path: layout.index, network };
  const cache = baseDirectory(context.env, "cache");
  const isLocal = cache !== undefined && networkFilesystemAround(cache) === undefined;
  return { path: isLocal ? join(cache, "store-index", file.id) : undefined, network };
}

/**
 * Makes the directory that the index lies in, and returns it. That it lies outside of the store is told once: when the
 * directory there is made.
 * @throws a system error, or StoreError INVALID_INPUT, where it cannot be made
 */
export function makeIndexDirectory(store: Store): string | undefined {
  const { path, network } = indexPlace(store);
  if (path === undefined || existsSync(path)) return path;
  makeDirectory(path, { ...(network !== undefined && { mode: 0o700 }), hint: ANOTHER_CACHE });
  if (network !== undefined)
    warn(store, `the index of the store is kept in ${path}, since ${onNetwork(store, network)}`);
  return path;
}

/** When a store is made: where its index will lie is settled, and told, before the first question. */
export function settleIndexPlace(store: Store): void {
  const { network } = indexPlace(store);
  if (network === undefined) return;
  try {
    if (makeIndexDirectory(store) !== undefined) return;
  } catch {
    // Said below: every question then answers from memory.
  }
  warn(store, `the index of the store is kept nowhere, since ${onNetwork(store, network)}`, ANOTHER_CACHE);
}

function onNetwork({ layout }: Store, network: string): string {
  return layout.admin === layout.root ? `the store lies on ${network}` : `${layout.admin} lies on ${network}`;
}

function warn({ context }: Store, message: string, hint = "A local disk is faster, and its locks are surer."): void {
  context.notice?.({ message, hint, isWarning: true });
}

/** What a person can do where no place for the index is found. */
export const ANOTHER_CACHE = "Name a directory on a disk of this machine with $XDG_CACHE_HOME.";

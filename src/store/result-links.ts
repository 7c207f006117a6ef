import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import type { BaseName } from "../model/ids.ts";
import { replaceLink } from "../system/atomic-file.ts";
import { objectPath, resultLinkPath } from "./layout.ts";
import { objectAt } from "./manifests.ts";
import { namesIn, openRootsScratch, removeLink } from "./named-roots.ts";
import type { Store } from "./open-store.ts";

/** A link outside of the store that keeps the object that it leads to, for as long as it is there and does. */
export interface ResultLink {
  /** Absolute. */
  readonly path: string;
  /** Where the store notes it. */
  readonly record: string;
  /** `undefined` when the link is gone, or leads elsewhere. */
  readonly object: BaseName | undefined;
}

/** @throws StoreError DAMAGED for a record that tells of none, UNSAFE for one that cannot be looked at: what it keeps is not known */
export function listResultLinks(store: Store): ResultLink[] {
  return resultRecords(store).flatMap((record) => {
    const path = readResultRecord(record);
    return path === undefined ? [] : [{ path, record, object: objectBehind(store, path) }];
  });
}

/** Where a link is that a record tells of; `undefined` when it was forgotten meanwhile. @throws StoreError DAMAGED */
export function readResultRecord(record: string): string | undefined {
  try {
    return readlinkSync(record);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    if (!isErrno(error, "EINVAL")) throw error;
    throw new StoreError("DAMAGED", `${record} is no link`, {
      hint: "It is in the place of a note of `store root add OBJECT --link FILE` or `store build -o FILE`: the first makes that anew, `store root remove FILE` forgets it. Move it away when FILE is not known: that link then keeps nothing.",
      details: { file: record },
      cause: error,
    });
  }
}

/**
 * Makes a link to an object and has it keep that. The caller holds a lease on the object.
 * @throws StoreError INVALID_INPUT when something else is in its place
 */
export function writeResultLink(store: Store, link: { readonly path: string; readonly object: BaseName }): void {
  checkPlace(store, link.path);
  const record = recordOf(store, link.path);
  mkdirSync(dirname(record), { recursive: true, mode: 0o700 });
  using scratch = openRootsScratch(store);
  if (lstatSync(record, { throwIfNoEntry: false })?.isSymbolicLink() === false) removeLink(store, record);
  replaceLink(link.path, record, { scratch: scratch.path });
  replaceLink(objectPath(store.layout, link.object), link.path);
}

/** Forgets a link; it stays where it is. Returns whether it was known. */
export function forgetResultLink(store: Store, path: string): boolean {
  return removeLink(store, recordOf(store, path));
}

function objectBehind(store: Store, path: string): BaseName | undefined {
  try {
    return objectAt(store, resolve(dirname(path), readlinkSync(path)), "/");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EINVAL")) return undefined;
    throw new StoreError("UNSAFE", `the link ${path} cannot be read, so what it keeps is not known`, {
      hint: `Make it readable, or forget it with \`store root remove ${path}\`.`,
      details: { path },
      cause: error,
    });
  }
}

function checkPlace(store: Store, path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status || (status.isSymbolicLink() && objectAt(store, resolve(dirname(path), readlinkSync(path)), "/"))) return;
  throw new StoreError("INVALID_INPUT", `${path} is there already, and is no link into this store`, {
    hint: "Choose another place for the link, or remove what is there.",
    details: { path },
  });
}

/** Absolute paths of the records of all links. */
export function resultRecords(store: Store): string[] {
  const directory = dirname(recordOf(store, ""));
  return namesIn(directory).map((name) => join(directory, name));
}

function recordOf(store: Store, path: string): string {
  return resultLinkPath(store.layout, createHash("sha256").update(path).digest("hex").slice(0, 32));
}

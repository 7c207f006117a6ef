import { lstatSync, mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { fromText } from "../model/byte-string.ts";
import { type BaseName, isBaseName } from "../model/ids.ts";
import { replaceLink, syncDirectory, TEMPORARY_MARK } from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";
import {
  createTemporaryDirectory,
  sweepTemporaryDirectories,
  type TemporaryDirectory,
} from "../system/temporary-directory.ts";
import { generationTarget, namedRootPath, rootsScratch } from "./layout.ts";
import type { Store } from "./open-store.ts";
import { moveAside } from "./repair/aside.ts";

/** Objects that a person wants to keep, each under a name. */
export interface NamedRoot {
  readonly name: string;
  readonly object: BaseName;
}

/** @throws StoreError DAMAGED for one that leads to no object */
export function listNamedRoots(store: Store): NamedRoot[] {
  const directory = dirname(namedRootPath(store.layout, "x"));
  return namesIn(directory)
    .sort()
    .flatMap((name) => readRoot(name, `${directory}/${name}`) ?? []);
}

/** @throws StoreError DAMAGED */
export function readNamedRoot(store: Store, name: string): NamedRoot | undefined {
  return readRoot(name, namedRootPath(store.layout, name));
}

function readRoot(name: string, path: string): NamedRoot | undefined {
  const object = basename(readTarget(path) ?? "");
  if (object === "") return undefined;
  if (isBaseName(object)) return { name, object };
  throw new StoreError("DAMAGED", `${path} leads to no object of the store`, {
    hint: `Remove it with \`store root remove ${name}\`.`,
    details: { path },
  });
}

/** The target of a root that names its object, but leads past it, as when the administration was moved. */
export function misledRoot(store: Store, name: string): string | undefined {
  const target = readTarget(namedRootPath(store.layout, name)) ?? "";
  const object = basename(target);
  return isBaseName(object) && target !== generationTarget(store.layout, object) ? target : undefined;
}

export function writeNamedRoot(store: Store, { name, object }: NamedRoot): void {
  const path = namedRootPath(store.layout, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  using scratch = openRootsScratch(store);
  replaceLink(generationTarget(store.layout, object), path, { scratch: scratch.path });
}

/** A directory in which links are made that are renamed to below `roots/`. */
export function openRootsScratch({ layout, context }: Store): TemporaryDirectory {
  const { command, now } = context;
  const parent = rootsScratch(layout);
  if (parent !== layout.temporary) {
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    sweepTemporaryDirectories(parent, now);
  }
  return createTemporaryDirectory(parent, command.join(" "), now);
}

/** Whether there was one. What is no link, such as the copy of an object that was made in its place, is kept in `aside/`. */
export function removeNamedRoot(store: Store, name: string): boolean {
  const path = namedRootPath(store.layout, name);
  if (!removeLink(store, path)) return false;
  syncDirectory(dirname(path));
  return true;
}

/** Removes the link of a root, or moves aside what is in its place; whether there was anything. */
export function removeLink(store: Store, path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status) return false;
  if (status.isSymbolicLink()) removeFile(path);
  else moveAside(store, fromText(path));
  return true;
}

function readTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    if (isErrno(error, "EINVAL")) return "?";
    throw error;
  }
}

/** The entries of a directory below `roots/`, which is made when it is first needed. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith(TEMPORARY_MARK));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

import { closeSync, constants, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import type { FileListEntry } from "../model/file-list.ts";
import type { BaseName } from "../model/ids.ts";
import { directoriesOfList } from "../model/list-tree.ts";
import { FROZEN_MS } from "../model/verify/compare-tree.ts";
import { canonicalTree } from "./canonical-tree.ts";
import { manifestPath, objectPath } from "./layout.ts";
import type { Store } from "./open-store.ts";
import { readFileList } from "./twins.ts";

/**
 * What is wrong with an object, as far as two looks at the disk can tell: its directory, and a manifest that is not empty
 * (one without content is what some filesystems leave after a power failure). Whoever adds something to a directory or
 * takes something from it changes its time: then the names, kinds and sizes of all that is in it are compared.
 */
export function glanceAt(store: Store, object: BaseName): string | undefined {
  const directory = lstatSync(objectPath(store.layout, object), { throwIfNoEntry: false });
  if (directory === undefined) return "it is not there";
  if (!directory.isDirectory() || !hasContent(manifestPath(store.layout, object))) return "it has no manifest";
  return directory.mtimeMs === FROZEN_MS ? undefined : checkStamps(store, object);
}

/** Whether a file with content lies there. To open it takes less than to have all that `lstat` tells made into objects. */
function hasContent(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "EACCES", "EPERM")) return isFileWithContent(path);
    if (isErrno(error, "ENOENT", "ELOOP", "ENOTDIR", "ENXIO")) return false;
    throw error;
  }
  try {
    return readSync(fd, ONE, 0, 1, null) === 1;
  } catch (error) {
    if (isErrno(error, "EISDIR", "EAGAIN")) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

const ONE = Buffer.alloc(1);

/** The same of one that this user may not read. */
function isFileWithContent(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && status.size > 0;
}

/** Whether an object is there and nothing about it meets the eye. */
export function isWhole(store: Store, object: BaseName): boolean {
  return glanceAt(store, object) === undefined;
}

/** What is wrong with an object when every byte of it is read. */
export function checkContent(store: Store, object: BaseName): string | undefined {
  return (
    glanceAt(store, object) ??
    faultIn(() => {
      for (const member of canonicalTree(store, object)) {
        if (member.kind === "file") for (const _piece of member.content());
      }
      checkEntries(store, object, readFileList(store, object));
    })
  );
}

/** Compares an object with its file list without reading its files. */
function checkStamps(store: Store, object: BaseName): string | undefined {
  return faultIn(() => {
    const list = readFileList(store, object);
    for (const entry of list) checkStamp(store, object, entry);
    checkEntries(store, object, list);
  });
}

function checkStamp(store: Store, object: BaseName, { path, mode, size }: FileListEntry): void {
  const status = lstatSync(placeOf(store, object, path));
  const isRight =
    mode === "40000" ? status.isDirectory() : mode === "120000" ? status.isSymbolicLink() : status.isFile();
  if (!isRight) throw fault(path, "is of another kind");
  if (status.isFile() && status.size !== size) throw fault(path, "has another size");
}

/** Nothing is in the object that its list does not have. What the list has is known to be there. */
function checkEntries(store: Store, object: BaseName, list: readonly FileListEntry[]): void {
  const directories = directoriesOfList(list);
  const entries = new Set([...directories, ...list.map(({ path }) => path)]);
  for (const directory of ["" as ByteString, ...directories]) {
    for (const name of readdirSync(placeOf(store, object, directory), { encoding: "latin1" })) {
      const path = (directory === "" ? name : `${directory}/${name}`) as ByteString;
      if (!entries.has(path)) throw fault(path, "does not belong there");
    }
  }
}

function placeOf({ layout }: Store, object: BaseName, path: ByteString): string | Buffer {
  return toFsPath(`${fromText(objectPath(layout, object))}/${path}` as ByteString);
}

function fault(path: ByteString, what: string): StoreError {
  return new StoreError("DAMAGED", `${toEscaped(path)} ${what}`);
}

function faultIn(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof StoreError && error.code === "DAMAGED") return error.message;
    if (isErrno(error, "ENOENT", "ENOTDIR")) return "a part of it is missing";
    throw error;
  }
}

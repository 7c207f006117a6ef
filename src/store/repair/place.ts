import { chmodSync, mkdirSync, renameSync } from "node:fs";
import { type ByteString, fromText, toFsPath } from "../../model/byte-string.ts";
import type { BaseName } from "../../model/ids.ts";
import { syncDirectory } from "../../system/atomic-file.ts";
import { lstatIfThere } from "../../system/lstat-if-there.ts";
import { removeFile } from "../../system/remove-file.ts";
import { freezeDirectory } from "../import/freeze.ts";
import { objectPath } from "../layout.ts";
import type { Store } from "../open-store.ts";
import { moveAside } from "./aside.ts";

/** The path of something in an object. */
export function placeIn(store: Store, object: BaseName, path: ByteString): ByteString {
  const top = fromText(objectPath(store.layout, object));
  return (path === "" ? top : `${top}/${path}`) as ByteString;
}

/**
 * Puts the file or link at `from`, complete and durable, in its place in an object, in one step: readers see what was
 * there before, or the new one. Directories on the way that are missing are made. A directory that lies in its place is
 * moved aside first.
 */
export function placeEntry(
  store: Store,
  { object, path }: { object: BaseName; path: ByteString },
  from: ByteString,
): void {
  const target = placeIn(store, object, path);
  withWritable(makeDirectories(store, object, path), () => {
    if (isDirectory(target)) moveAside(store, target);
    renameSync(toFsPath(from), toFsPath(target));
    // A rename of one link onto another of the same file does nothing and leaves both.
    removeFile(toFsPath(from));
  });
}

/** Makes an empty directory of an object. */
export function placeDirectory(store: Store, object: BaseName, path: ByteString): void {
  freezeDirectory(makeDirectories(store, object, `${path}/` as ByteString));
}

/** Takes what does not belong to an object out of it; returns where it lies now, below the storeRoot. */
export function takeOut(store: Store, object: BaseName, path: ByteString): string {
  const place = placeIn(store, object, path);
  let where = "";
  withWritable(parentOf(place), () => {
    where = moveAside(store, place);
  });
  return where;
}

/** The directory that `path` lies in, which is there afterwards. */
function makeDirectories(store: Store, object: BaseName, path: ByteString): ByteString {
  let directory = placeIn(store, object, "" as ByteString);
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const inner = placeIn(store, object, path.slice(0, at) as ByteString);
    if (!isDirectory(inner)) withWritable(directory, () => makeDirectory(store, inner));
    directory = inner;
  }
  return directory;
}

function makeDirectory(store: Store, path: ByteString): void {
  if (lstatIfThere(path)) moveAside(store, path);
  mkdirSync(toFsPath(path), 0o755);
  freezeDirectory(path);
}

/** Runs with a directory of an object made writable; frozen again afterwards. */
function withWritable(directory: ByteString, action: () => void): void {
  chmodSync(toFsPath(directory), 0o755);
  try {
    action();
    syncDirectory(toFsPath(directory));
  } finally {
    freezeDirectory(directory);
  }
}

function isDirectory(path: ByteString): boolean {
  return lstatIfThere(path)?.isDirectory() === true;
}

function parentOf(path: ByteString): ByteString {
  return path.slice(0, path.lastIndexOf("/")) as ByteString;
}

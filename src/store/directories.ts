import { chmodSync, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { isErrno } from "../errors.ts";
import { makeDirectory } from "../system/make-directory.ts";
import { namesIn } from "../system/names-in.ts";
import type { Layout } from "./layout.ts";
import type { Store } from "./open-store.ts";

/** Makes all directories of an empty store. */
export function makeDirectories(layout: Layout): void {
  for (const path of [...storeDirectories(layout), ...poolParts(layout)]) makeWithMode(layout, path);
}

/**
 * Makes anew those that are missing and can have been empty: a backup may leave out such ones. One of those that cannot
 * have been, by what lies in the others, is lost, and whoever needs it must say so. What cannot be made is missed by who
 * needs it.
 */
export function mendDirectories({ layout, context }: Store): void {
  const missing = storeDirectories(layout).filter((path) => !existsSync(path) && wasEmpty(layout, path));
  const parts = new Set(namesIn(layout.files));
  const missingParts = poolParts(layout).filter((path) => !parts.has(basename(path)));
  const made = [...missing, ...missingParts].filter((path) => makeIfWritable(layout, path));
  if (made.length === 0) return;
  const names = new Set(made.map((path) => basename(missingParts.includes(path) ? layout.files : path)));
  context.notice?.({ message: `made anew, since they were missing: ${[...names].join(", ")}` });
}

/** All directories of a store but the parts of the pool. */
export function storeDirectories(layout: Layout): readonly string[] {
  return [...substance(layout), ...others(layout)];
}

function substance({ storeDir, manifests, profiles, log }: Layout): readonly string[] {
  return [storeDir, manifests, profiles, log];
}

/** Objects without manifests would be taken for rubbish, and all objects in a store without profiles. */
function wasEmpty(layout: Layout, path: string): boolean {
  const { storeDir, manifests, profiles, log } = layout;
  const isEmpty = (directory: string) => namesIn(directory).length === 0;
  if (path === storeDir || path === manifests) return [storeDir, manifests].every(isEmpty);
  return (path !== profiles && path !== log) || substance(layout).every(isEmpty);
}

function others(layout: Layout): readonly string[] {
  const { files, sources, index, roots, builds, buildLogs, temporary, trash, locks } = layout;
  return [files, sources, index, roots, builds, buildLogs, temporary, trash, locks];
}

function poolParts({ files }: Layout): readonly string[] {
  return Array.from({ length: 256 }, (_, byte) => join(files, byte.toString(16).padStart(2, "0")));
}

function makeIfWritable(layout: Layout, path: string): boolean {
  try {
    makeWithMode(layout, path);
    return true;
  } catch (error) {
    if (isErrno(error, "EROFS", "EACCES", "EPERM", "ENOSPC", "EDQUOT")) return false;
    throw error;
  }
}

/** What holds what objects consist of can be entered by whoever can enter the root. */
function makeWithMode(layout: Layout, path: string): void {
  const { log, roots, builds, buildLogs, temporary, trash, locks } = layout;
  const isClosed = [log, roots, builds, buildLogs, temporary, trash, locks].includes(path);
  makeDirectory(path, { hint: "Mount the store where directories can be made." });
  chmodSync(path, isClosed ? 0o700 : 0o755);
}

import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type ByteString, fromText, toFsPath } from "../../model/byte-string.ts";
import { syncDirectory, temporaryName } from "../../system/atomic-file.ts";
import { asideFor } from "../layout.ts";
import type { Store } from "../open-store.ts";

/** Makes room for a file: what lies there and is none is kept in `aside/`. Returns where, as `moveAside` does. */
export function clearForFile(store: Store, path: string): string | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status && !status.isFile() ? moveAside(store, fromText(path)) : undefined;
}

/** The same for a directory. */
export function clearForDirectory(store: Store, path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status && !status.isDirectory()) moveAside(store, fromText(path));
}

/**
 * Moves something that does not belong where it lies to a new directory in `aside/`, which the store never deletes.
 * Returns that directory, below the storeRoot or as an absolute path. The one that it lay in must be writable.
 */
export function moveAside(store: Store, path: ByteString): string {
  const { layout, context } = store;
  const aside = asideFor(layout, path);
  if (path === fromText(aside)) return moveAside(store, renamed(aside, temporaryName(dirname(aside))));
  const room = join(aside, `${context.now().toISOString().slice(0, 10)}-${randomBytes(6).toString("hex")}`);
  mkdirSync(room, { recursive: true, mode: 0o700 });
  // To move a directory is to write to it: its ".." leads elsewhere afterwards.
  if (lstatSync(toFsPath(path)).isDirectory()) chmodSync(toFsPath(path), 0o755);
  renameSync(toFsPath(path), toFsPath(`${fromText(room)}/${path.slice(path.lastIndexOf("/") + 1)}` as ByteString));
  syncDirectory(room);
  return aside === layout.aside ? join(basename(aside), basename(room)) : room;
}

/** What lies in the place of `aside/` itself. */
function renamed(from: string, to: string): ByteString {
  renameSync(from, to);
  return fromText(to);
}

import { chmodSync, chownSync, lchownSync, lstatSync, lutimesSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import type { BlobId } from "../../model/ids.ts";
import type { TreeFault } from "../../model/verify/compare-tree.ts";
import { freezeDirectory, freezeFile } from "../import/freeze.ts";
import { poolPath } from "../layout.ts";
import type { Store } from "../open-store.ts";

/** Faults that are mended where they are, without other bytes. */
const MENDABLE: ReadonlySet<TreeFault["kind"]> = new Set(["wrong-mode", "wrong-time", "wrong-owner", "attributes"]);

export function isMendable(kind: string): boolean {
  return (MENDABLE as ReadonlySet<string>).has(kind);
}

export interface MetadataRequest {
  readonly path: ByteString;
  readonly uid: number;
  /** Of a file: its content in local form, and whether it is executable. */
  readonly file?: { readonly id: BlobId; readonly executable: boolean } | undefined;
}

/**
 * Gives a file, directory or link of an object its owner, mode and time, and takes attributes away.
 * Returns false for a file that other places use with another mode: it needs a file of its own.
 */
export function mendMetadata(store: Store, { path, uid, file }: MetadataRequest): boolean {
  const place = toFsPath(path);
  const status = lstatSync(place, { throwIfNoEntry: false });
  if (!status) return true;
  if (status.isSymbolicLink()) {
    if (status.uid !== uid) lchownSync(place, uid, status.gid);
    lutimesSync(place, 1, 1);
    return true;
  }
  if (status.uid !== uid) chownSync(place, uid, status.gid);
  if (status.isDirectory()) {
    freezeDirectoryAnew(path);
    return true;
  }
  if (!file) return true;
  if (status.nlink > 1 && isOfOtherMode(store, path, file)) return false;
  freezeFileAnew(path, file.executable);
  return true;
}

/** The pool tells files that are executable from those that are not; who shares one of the other kind must not change it. */
function isOfOtherMode(
  store: Store,
  path: ByteString,
  { id, executable }: { readonly id: BlobId; readonly executable: boolean },
): boolean {
  const other = lstatSync(poolPath(store.layout, id, !executable), { throwIfNoEntry: false });
  return other !== undefined && other.ino === lstatSync(toFsPath(path)).ino;
}

/** What its owner cannot read must be made readable before it can be opened. */
function freezeDirectoryAnew(path: ByteString): void {
  if ((lstatSync(toFsPath(path)).mode & 0o400) === 0) chmodSync(toFsPath(path), 0o500);
  freezeDirectory(path);
}

function freezeFileAnew(path: ByteString, executable: boolean): void {
  if ((lstatSync(toFsPath(path)).mode & 0o400) === 0) chmodSync(toFsPath(path), 0o400);
  freezeFile(path, executable);
}

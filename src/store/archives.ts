import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../errors.ts";
import type { ArchivedObject } from "../model/archive-retention.ts";
import type { BaseName } from "../model/ids.ts";
import { packedInFile } from "../model/packed-object.ts";
import { syncDirectory, TEMPORARY_MARK } from "../system/atomic-file.ts";
import { makeDirectory } from "../system/make-directory.ts";
import { removeFile } from "../system/remove-file.ts";
import { listUnfinished } from "../system/unfinished-output.ts";
import { faultInPacked, visibleFault } from "./check-packed.ts";
import { archivePath } from "./layout.ts";
import type { Store } from "./open-store.ts";
import { packObject } from "./pack-object.ts";

/** Every packed object in the store's archives, sorted by name. */
export function listArchives({ layout }: Store): ArchivedObject[] {
  return namesIn(layout.archives)
    .sort()
    .flatMap((name) => {
      const path = packedInFile(name);
      const status = path && statSync(join(layout.archives, name), { throwIfNoEntry: false });
      return path && status?.isFile() ? [{ path, size: status.size, packed: status.mtimeMs }] : [];
    });
}

/** How closely a packed object is looked at: by its beginning and its end, or every byte. */
export type ArchiveLook = "visible" | "contents";

/** Whether the archives have an object, as far as this look tells. */
export async function isArchived(
  { layout }: Store,
  object: BaseName,
  { look, signal }: { readonly look: ArchiveLook; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const path = archivePath(layout, object);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile() || visibleFault(path) !== undefined) return false;
  return look === "visible" || (await faultInPacked(path, object, { signal })) === undefined;
}

/** Packs an object into the archives, whatever is there; returns the bytes that were written. */
export async function archiveObject(store: Store, object: BaseName, signal?: AbortSignal): Promise<number> {
  const target = archivePath(store.layout, object);
  makeDirectory(store.layout.archives, { mode: 0o700, hint: "Mount the store where directories can be made." });
  return packObject(store, object, { target, signal });
}

export function removeArchives({ layout }: Store, objects: readonly BaseName[]): void {
  for (const object of objects) removeFile(archivePath(layout, object));
  if (objects.length > 0) syncDirectory(layout.archives);
}

/** What killed processes left half-packed, by any temporary name. */
export function listUnfinishedArchives({ layout, context }: Store): string[] {
  try {
    return listUnfinished(layout.archives, context.now(), (name) => name.startsWith(TEMPORARY_MARK));
  } catch (error) {
    if (isErrno(error, "ENOTDIR")) return [];
    throw error;
  }
}

export function sweepArchives(store: Store): void {
  for (const path of listUnfinishedArchives(store)) removeFile(path);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import type { BaseName } from "../model/ids.ts";
import { objectAt, readManifest } from "./manifests.ts";
import type { Store } from "./open-store.ts";

/** The object that a file belongs to which a path leads to by links: by that of a profile, of an instdir, or another one. */
export function objectBehind(store: Store, text: string, cwd: string): BaseName | undefined {
  try {
    return follow(store, resolve(cwd, text));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EACCES")) return undefined;
    throw error;
  }
}

/** Links are followed as far as the object that has the last one: what lies in a forest belongs to a package. */
function follow(store: Store, path: string): BaseName | undefined {
  const storeDir = realpathSync(store.layout.storeDir);
  const seen = new Set<string>();
  for (let place = path; !seen.has(place); ) {
    seen.add(place);
    const real = join(realpathSync(dirname(place)), basename(place));
    const target = readLink(real);
    const inside = real.startsWith(`${storeDir}/`) ? real.slice(storeDir.length + 1) : undefined;
    const object = inside === undefined ? undefined : objectAt(store, inside, store.layout.storeDir);
    if (target === undefined || (object !== undefined && !isForest(store, object))) return object;
    place = resolve(dirname(real), target);
  }
  return undefined;
}

function isForest(store: Store, object: BaseName): boolean {
  try {
    return readManifest(store, object).origin.kind === "profile";
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}

/** @throws where nothing is */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isErrno(error, "EINVAL")) return undefined;
    throw error;
  }
}

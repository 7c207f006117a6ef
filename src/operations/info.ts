import { existsSync } from "node:fs";
import { StoreError } from "../errors.ts";
import type { BaseName, ProfileName } from "../model/ids.ts";
import type { Manifest } from "../model/manifest.ts";
import { objectPath } from "../store/layout.ts";
import { listObjects, objectAt, readManifest } from "../store/manifests.ts";
import type { Store } from "../store/open-store.ts";
import { hasProfile, listProfiles, readGeneration, readProfile } from "../store/profiles.ts";

export interface ObjectInfo extends Omit<Manifest, "path" | "unknown"> {
  /** Absolute path of the object. */
  readonly path: string;
  readonly baseName: BaseName;
  /** Whether the object's directory is there. */
  readonly present: boolean;
}

/**
 * What is known of one object: named by its base name, a path to it or into it, or the name of an installed package.
 * @throws StoreError NOT_FOUND
 */
export function objectInfo(
  store: Store,
  profile: ProfileName,
  request: { readonly what: string; readonly cwd: string },
): ObjectInfo {
  const baseName = findObject(store, profile, request);
  const { unknown, path: _path, ...manifest } = readManifest(store, baseName);
  const path = objectPath(store.layout, baseName);
  return { path, baseName, present: existsSync(path), ...manifest, ...unknown };
}

export interface StoreInfo {
  readonly root: string;
  readonly storeDir: string;
  readonly canonicalStoreDir: string;
  readonly format: number;
  readonly width: number;
  readonly id: string;
  readonly objects: number;
  readonly profiles: readonly ProfileName[];
}

export function storeInfo(store: Store): StoreInfo {
  const { root, storeDir, canonicalStoreDir, width } = store.layout;
  const { format, id } = store.file;
  return {
    root,
    storeDir,
    canonicalStoreDir,
    format,
    width,
    id,
    objects: listObjects(store).length,
    profiles: listProfiles(store),
  };
}

/** @throws StoreError NOT_FOUND */
export function findObject(
  store: Store,
  profile: ProfileName,
  { what, cwd }: { readonly what: string; readonly cwd: string },
): BaseName {
  const found = objectAt(store, what, cwd) ?? installedAs(store, profile, what);
  if (found) return found;
  throw new StoreError("NOT_FOUND", `'${what}' is neither a store object nor a package of profile '${profile}'`, {
    hint: "Give a store path, or a name that `store list` shows.",
    details: { what, profile },
  });
}

function installedAs(store: Store, profile: ProfileName, name: string): BaseName | undefined {
  if (!hasProfile(store, profile)) return undefined;
  const { packages } = readGeneration(store, profile, readProfile(store, profile).current);
  return packages.find((item) => item.name === name)?.path;
}

import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { type BaseName, isBaseName } from "../model/ids.ts";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import { readTextIfPresent } from "../system/atomic-file.ts";
import { manifestPath, objectPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/** @throws StoreError NOT_FOUND, DAMAGED */
export function readManifest(store: Store, baseName: BaseName): Manifest {
  const path = manifestPath(store.layout, baseName);
  const text = readTextIfPresent(path);
  if (text === undefined) {
    throw new StoreError("NOT_FOUND", `there is no valid object ${baseName} in the store`, {
      hint: "`store verify` tells what is missing.",
      details: { path: objectPath(store.layout, baseName) },
    });
  }
  const manifest = parseManifest(text, path);
  if (manifest.path === baseName) return manifest;
  throw new StoreError("DAMAGED", `${path} describes ${manifest.path}`, {
    hint: "Run `store verify --repair`.",
    details: { file: path },
  });
}

/** Whether the store holds a valid object of this name whose directory is there. */
export function hasObject(store: Store, baseName: BaseName): boolean {
  return existsSync(manifestPath(store.layout, baseName)) && existsSync(objectPath(store.layout, baseName));
}

/** The names of all valid objects, in no particular order. */
export function listObjects(store: Store): BaseName[] {
  return listManifests(store).objects;
}

/** The same, and the names of what lies among the manifests and belongs to none of them. */
export function listManifests(store: Store): { readonly objects: BaseName[]; readonly strays: string[] } {
  const objects: BaseName[] = [];
  const lists: string[] = [];
  const strays: string[] = [];
  for (const file of manifestFiles(store)) {
    const name = file.endsWith(".json") ? file.slice(0, -".json".length) : "";
    if (isBaseName(name)) objects.push(name);
    else if (file.endsWith(FILE_LIST)) lists.push(file);
    else strays.push(file);
  }
  const known = new Set<string>(objects);
  return { objects, strays: [...strays, ...lists.filter((file) => !known.has(file.slice(0, -FILE_LIST.length)))] };
}

function manifestFiles({ layout: { manifests } }: Store): string[] {
  try {
    return readdirSync(manifests);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    throw new StoreError("DAMAGED", `${manifests}, with the records of all objects, is missing`, {
      hint: "Put it back, from a backup or by mounting it. Otherwise make it, empty: `store verify --repair` makes the records anew from the objects.",
      details: { file: manifests },
      cause: error,
    });
  }
}

const FILE_LIST = ".files";

/** The object that `text` names: its base name, or a path (relative to `cwd`) to it or to something in it. */
export function objectAt(store: Store, text: string, cwd: string): BaseName | undefined {
  if (isBaseName(text)) return text;
  const path = resolve(cwd, text);
  if (!path.startsWith(`${store.layout.storeDir}/`)) return undefined;
  const first = path.slice(store.layout.storeDir.length + 1).split("/", 1)[0] as string;
  return isBaseName(first) ? first : undefined;
}

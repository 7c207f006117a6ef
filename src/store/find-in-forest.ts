import { lstatSync, readlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isErrno } from "../errors.ts";
import type { BaseName } from "../model/ids.ts";
import { objectPath } from "./layout.ts";
import { objectAt } from "./manifests.ts";
import type { Store } from "./open-store.ts";

/**
 * The package whose file is seen at a path of a forest, or that several share a directory there. `undefined` when there
 * is no such path.
 */
export function findInForest(store: Store, forest: BaseName, file: string): BaseName | "shared" | undefined {
  let place = objectPath(store.layout, forest);
  const parts = file.split("/").filter((part) => part !== "" && part !== ".");
  for (const [at, part] of parts.entries()) {
    place = `${place}/${part}`;
    const target = readLink(place);
    if (target === undefined) continue;
    const inPackage = resolve(dirname(place), target, ...parts.slice(at + 1));
    return exists(inPackage) ? objectAt(store, inPackage, "/") : undefined;
  }
  return exists(place) ? "shared" : undefined;
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isErrno(error, "EINVAL", "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (isErrno(error, "ENOTDIR", "ELOOP")) return false;
    throw error;
  }
}

import { lstatSync } from "node:fs";
import type { BaseName } from "../model/ids.ts";
import { manifestPath, objectPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/**
 * Whether an object is there, as far as two looks at the disk can tell: its directory, and a manifest that is not empty.
 * A manifest without content is what some filesystems leave after a power failure.
 */
export function isWhole({ layout }: Store, object: BaseName): boolean {
  const directory = lstatSync(objectPath(layout, object), { throwIfNoEntry: false });
  const manifest = lstatSync(manifestPath(layout, object), { throwIfNoEntry: false });
  return directory?.isDirectory() === true && manifest?.isFile() === true && manifest.size > 0;
}

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno, StoreError } from "../errors.ts";

/**
 * Makes a directory, and those above it. Node's own recursive mkdir never ends where a filesystem answers ENOENT for a
 * directory that it will not make, as /proc does, and on a read-only one says ENOENT itself.
 * @throws StoreError INVALID_INPUT with `hint` where the filesystem takes no new directories
 */
export function makeDirectory(path: string, { mode, hint }: { readonly mode?: number; readonly hint: string }): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path), { ...(mode !== undefined && { mode }), hint });
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (isErrno(error, "EEXIST")) return;
    if (!isErrno(error, "ENOENT")) throw error;
    throw new StoreError("INVALID_INPUT", `${path} cannot be made: its filesystem takes no new directories`, {
      hint,
      details: { path },
      cause: error,
    });
  }
}

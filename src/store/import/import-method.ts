import { constants, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../errors.ts";
import { removeFile } from "../../system/remove-file.ts";
import type { ImportSettings, LinkMethod } from "./import-settings.ts";

/** How files get into the store, as people choose it. */
export type ImportMethod = "auto" | LinkMethod;

/**
 * What a choice means here: `auto` shares a file of the pool by hard link and clones large files where it can.
 * @throws StoreError UNSUPPORTED when `reflink` is asked for on a filesystem without it
 */
export function linkMethod(method: ImportMethod, scratch: string): Pick<ImportSettings, "method" | "cloneLarge"> {
  switch (method) {
    case "auto":
      return { method: "hardlink", cloneLarge: true };
    case "hardlink":
    case "copy":
      return { method, cloneLarge: false };
    case "reflink":
      if (!canClone(scratch)) throw noReflinks(scratch);
      return { method, cloneLarge: true };
  }
}

function canClone(directory: string): boolean {
  const [from, to] = [join(directory, "clone-from"), join(directory, "clone-to")];
  writeFileSync(from, "x");
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    removeFile(from);
    removeFile(to);
  }
}

function noReflinks(directory: string): StoreError {
  return new StoreError("UNSUPPORTED", `the filesystem of ${directory} cannot share extents between files (reflink)`, {
    hint: "Use --import-method auto, hardlink or copy; btrfs, XFS and bcachefs have reflinks.",
  });
}

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isRecipeDirectory } from "./recipe-files.ts";

const SAGE = "sage:";

/** Whether an entry of `--recipes` names a Sage tree, and no directory of recipes. */
export function isSageTree(entry: string): boolean {
  return entry.startsWith(SAGE);
}

export function sageDirectory(entry: string): string {
  return entry.slice(SAGE.length);
}

/** Whether an entry of `--recipes` has something of this name; whether that is right is not looked at. */
export function placeHas(entry: string, name: string): boolean {
  if (!isSageTree(entry)) return isRecipeDirectory(join(entry, name));
  const directory = join(sageDirectory(entry), "build/pkgs", name);
  return existsSync(directory) && statSync(directory).isDirectory();
}

import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../errors.ts";

/** Sage trees seen as one: file by file an earlier one hides a later one. */
export interface SageLayers {
  /** Absolute paths of the trees, each with `build/pkgs`. */
  readonly trees: readonly string[];
}

/** @throws StoreError NOT_FOUND when a directory is not a Sage tree */
export function openLayers(directories: readonly string[]): SageLayers {
  for (const directory of directories) {
    if (isDirectory(join(directory, "build/pkgs"))) continue;
    throw new StoreError("NOT_FOUND", `there is no Sage tree in ${directory}`, {
      hint: "Give the top directory of a Sage tree: the one with build/pkgs in it.",
    });
  }
  return { trees: directories.map((directory) => realpathSync(directory)) };
}

/** The names of the packages of all trees, sorted. */
export function packageNames({ trees }: SageLayers): readonly string[] {
  const names = trees.flatMap((tree) =>
    readdirSync(join(tree, "build/pkgs")).filter(
      (name) => !name.startsWith(".") && isDirectory(join(tree, "build/pkgs", name)),
    ),
  );
  return [...new Set(names)].sort();
}

/** A link that leads nowhere is none. */
function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The names of what lies in a package's directories, sorted. */
export function entryNames({ trees }: SageLayers, name: string): readonly string[] {
  const directories = trees.map((tree) => join(tree, "build/pkgs", name)).filter((path) => existsSync(path));
  return [...new Set(directories.flatMap((path) => readdirSync(path)))].sort();
}

/**
 * Where an entry of a package lies, no symlink; `undefined` when there is none. A link to the file of another package
 * stands for what that package has, in whatever tree.
 */
export function findEntry(layers: SageLayers, name: string, entry: string): string | undefined {
  return findWithin(layers, name, { entry, followed: 0 });
}

const MOST_LINKS = 8;

function findWithin(
  layers: SageLayers,
  name: string,
  { entry, followed }: { readonly entry: string; readonly followed: number },
): string | undefined {
  for (const tree of layers.trees) {
    const path = join(tree, "build/pkgs", name, entry);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) continue;
    const target = status.isSymbolicLink() ? readlinkSync(path) : "";
    const [, other, otherEntry] = /^\.\.\/([^/]+)\/([^/]+)\/?$/.exec(target) ?? [];
    if (other !== undefined && otherEntry !== undefined && other !== "..") {
      return followed < MOST_LINKS
        ? findWithin(layers, other, { entry: otherEntry, followed: followed + 1 })
        : undefined;
    }
    return existsSync(path) ? realpathSync(path) : undefined;
  }
  return undefined;
}

/** The text of a package's file; `undefined` when there is none. */
export function readEntry(layers: SageLayers, name: string, entry: string): string | undefined {
  const path = findEntry(layers, name, entry);
  return path === undefined || !statSync(path).isFile() ? undefined : readFileSync(path, "utf8");
}

/** Where a file that the trees share lies, such as `build/bin/sage-dist-helpers`. */
export function findShared({ trees }: SageLayers, path: string): string | undefined {
  return trees.map((tree) => join(tree, path)).find((each) => existsSync(each));
}

import { existsSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ByteString, fromText, toEscaped } from "../../model/byte-string.ts";
import type { SagePackage } from "../../model/sage/package.ts";
import { HELPERS, toRecipe } from "../../model/sage/to-recipe.ts";
import type { LoadedRecipe } from "../loaded-recipe.ts";
import { entryNames, findEntry, findShared, type SageLayers } from "./sage-layers.ts";

export interface LoadOptions {
  /** The name of the package that is the tree's Python. */
  readonly python: string;
  readonly strict: boolean;
  readonly fromMachine: (name: string) => boolean;
}

/** A package as a recipe, with the files of the tree that it uses. */
export function loadPackage(layers: SageLayers, found: SagePackage, options: LoadOptions): LoadedRecipe {
  const { name } = found;
  const entries = entryNames(layers, name)
    .filter((entry) => !ABOUT.test(entry))
    .map((entry) => [entry, findEntry(layers, name, entry)] as const)
    .filter((entry): entry is [string, string] => entry[1] !== undefined);
  const helpers = helpersOf(layers, found);
  const files = new Map<string, ByteString>();
  // A tree is one whole: its packages share files by symlinks.
  for (const [entry, path] of entries) files.set(keyOf(`${name}/${entry}`), fromText(realpathSync(path)));
  for (const [helper, path] of helpers) files.set(keyOf(`${HELPERS}/${helper}`), fromText(path));
  const directory =
    layers.trees.map((tree) => join(tree, "build/pkgs", name)).findLast((path) => existsSync(path)) ?? "";
  const recipe = toRecipe(found, {
    ...options,
    directory,
    files: new Map(entries.map(([entry, path]) => [entry, statSync(path).isDirectory()])),
    helpers: [...helpers.keys()],
  });
  const described = ["package-version.txt", "checksums.ini", "dependencies"].flatMap(
    (entry) => findEntry(layers, name, entry) ?? [],
  );
  return { recipe, recipeFiles: [join(directory, "type"), ...described], files };
}

/** Entries that say something about a package, but are not there when it is built. */
const ABOUT =
  /^(?:SPKG\.rst|SPKG\.txt|distros|type|trees\.txt|checksums\.ini|dependencies(?:_\w+)?|spkg-configure\.m4|spkg-src|spkg-legacy-uninstall|spkg-(?:pre|post|pip)rm(?:\.in)?|\..*|.*~)$/;

function keyOf(path: string): string {
  return toEscaped(fromText(path));
}

/** The programs in the tree's `build/bin` that a package's scripts mention; others stand in for some of them. */
function helpersOf(layers: SageLayers, { scripts }: SagePackage): ReadonlyMap<string, string> {
  const text = [...scripts.values()].join("\n");
  const helpers = new Map<string, string>();
  for (const helper of ["sage-dist-helpers", ...new Set(text.match(/[A-Za-z0-9_.-]+/g) ?? [])]) {
    if (REPLACED.has(helper) || !/^(?:sage-|test\w+\.sh)/.test(helper)) continue;
    const path = findShared(layers, `build/bin/${helper}`);
    if (path !== undefined && statSync(path).isFile()) helpers.set(helper, path);
  }
  return helpers;
}

const REPLACED = new Set(["sage-flock", "sage-pip-install", "sage-pip-uninstall", "sage-bootstrap-python"]);

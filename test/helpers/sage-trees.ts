import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { makeZip } from "./archives.ts";

/** The little tree, its overlay, and the sources from which tarballs are packed. */
export const FIXTURES = fileURLToPath(new URL("../../fixtures/sage-tree", import.meta.url));

export interface SageTrees {
  readonly tree: string;
  /** The same format, with nothing but another version of `calc`. */
  readonly overlay: string;
}

/** Where `makeSageTrees` puts them. */
export function sageTreesIn(directory: string): SageTrees {
  return { tree: join(directory, "tree"), overlay: join(directory, "overlay") };
}

/** Copies the little trees below `directory`, with tarballs in `upstream/` and their checksums. */
export function makeSageTrees(directory: string): SageTrees {
  const trees = sageTreesIn(directory);
  for (const name of ["tree", "overlay"] as const) {
    cpSync(join(FIXTURES, name), trees[name], { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(trees[name], "upstream"));
  }
  for (const source of readdirSync(join(FIXTURES, "sources"))) {
    const home = source === "calc-1.1" ? trees.overlay : trees.tree;
    packSource(source, home);
  }
  return trees;
}

function packSource(source: string, tree: string): void {
  const from = join(FIXTURES, "sources", source);
  const isWheel = existsSync(join(from, `${source}.dist-info`));
  const file = join(tree, "upstream", isWheel ? `${source}-py3-none-any.whl` : `${source}.tar.gz`);
  if (isWheel)
    writeFileSync(file, makeZip(filesBelow(from).map((name) => ({ name, content: readFileSync(join(from, name)) }))));
  else execFileSync("tar", ["-czf", file, "-C", join(from, ".."), source]);
  const checksums = join(tree, "build/pkgs", source.replace(/-.*/, ""), "checksums.ini");
  const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
  writeFileSync(checksums, readFileSync(checksums, "utf8").replace("@sha256@", sum));
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(directory, name)).isFile())
    .map((name) => relative(directory, join(directory, name)))
    .sort();
}

import { type ByteString, fromBytes, toBytes, toFsPath } from "../../model/byte-string.ts";
import type { BaseName, BlobId } from "../../model/ids.ts";
import { localising, type Replacement, replaceInPlace } from "../../model/rewrite.ts";
import { removeFile } from "../../system/remove-file.ts";
import type { Layout } from "../layout.ts";
import { createLink } from "./import-tree.ts";
import type { ImportedDirectory } from "./imported-tree.ts";
import { hasFlag, placesOf } from "./pack-files.ts";
import type { ImportRunner } from "./runner.ts";

export interface LocaliseOptions {
  readonly layout: Layout;
  readonly baseName: BaseName;
  readonly runner: ImportRunner;
}

/**
 * Turns what mentions the store from canonical to local form, and freezes it. Returns the ids of the local content of
 * those files, by their path in the tree.
 */
export async function localiseTree(
  tree: ImportedDirectory,
  options: LocaliseOptions,
): Promise<ReadonlyMap<ByteString, BlobId>> {
  const { canonicalStoreDir, storeDir } = options.layout;
  const replacements = localising({ canonicalStoreDir, localStoreDir: storeDir }, options.baseName);
  const ids = new Map<ByteString, BlobId>();
  await localiseDirectory({ tree, prefix: "", replacements, runner: options.runner, ids });
  return ids;
}

interface Work {
  readonly tree: ImportedDirectory;
  readonly prefix: string;
  readonly replacements: readonly Replacement[];
  readonly runner: ImportRunner;
  readonly ids: Map<ByteString, BlobId>;
}

async function localiseDirectory(work: Work): Promise<void> {
  const { tree, prefix, replacements, runner, ids } = work;
  // Nothing in it mentions the store.
  if (tree.summary) return;
  for (const { names, files } of tree.files) {
    for (const at of placesOf(files, (place) => hasFlag(files, place, "mentions"))) {
      const name = names[at] as ByteString;
      const path = `${tree.path}/${name}` as ByteString;
      const executable = hasFlag(files, at, "executable");
      const { id } = await runner.run({ kind: "localise" as const, path, executable, replacements });
      ids.set(`${prefix}${name}` as ByteString, id);
    }
  }
  for (const [name, link] of tree.links) {
    if (link.mentions) placeLink(localLink(link.target, replacements), `${tree.path}/${name}` as ByteString);
  }
  for (const [name, inner] of tree.directories) {
    await localiseDirectory({ ...work, tree: inner, prefix: `${prefix}${name}/` });
  }
}

function localLink(target: ByteString, replacements: readonly Replacement[]): ByteString {
  const bytes = toBytes(target);
  replaceInPlace(bytes, replacements);
  return fromBytes(bytes);
}

function placeLink(target: ByteString, path: ByteString): void {
  removeFile(toFsPath(path));
  createLink(target, path);
}

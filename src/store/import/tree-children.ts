import type { ByteString } from "../../model/byte-string.ts";
import type { GitMode } from "../../model/git-object.ts";
import type { ImportedDirectory, ImportedFiles, ImportedLink } from "./imported-tree.ts";
import { hasFlag } from "./pack-files.ts";

/** What stands in a directory of an imported tree: a file, by its place in `part`, a link, or a directory. */
export interface TreeChild {
  readonly name: ByteString;
  /** What git sorts it by. */
  readonly key: string;
  readonly mode: GitMode;
  readonly part: ImportedFiles | undefined;
  readonly at: number;
  readonly link: ImportedLink | undefined;
  readonly inner: ImportedDirectory | undefined;
}

/** In git's order. Made anew each time: kept, it would be the largest part of what is known of a tree. */
export function childrenOf({ files, links, directories }: ImportedDirectory): TreeChild[] {
  const children: TreeChild[] = [];
  for (const part of files) {
    part.names.forEach((name, at) => {
      const mode = hasFlag(part.files, at, "executable") ? "100755" : "100644";
      children.push({ name, key: name, mode, part, at, link: undefined, inner: undefined });
    });
  }
  for (const [name, link] of links)
    children.push({ name, key: name, mode: "120000", part: undefined, at: 0, link, inner: undefined });
  for (const [name, inner] of directories)
    children.push({ name, key: `${name}/`, mode: "40000", part: undefined, at: 0, link: undefined, inner });
  return children.sort((a, b) => (a.key < b.key ? -1 : 1));
}

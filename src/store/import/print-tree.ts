import { type ByteString, toEscaped } from "../../model/byte-string.ts";
import { printFileListLine } from "../../model/file-list.ts";
import { EMPTY_TREE_ID } from "../../model/git-object.ts";
import type { BlobId } from "../../model/ids.ts";
import type { ImportedDirectory } from "./imported-tree.ts";
import { idAt } from "./pack-files.ts";
import { childrenOf, type TreeChild } from "./tree-children.ts";

/**
 * The file list of an imported tree, in pieces; `localIds` are those of files whose local content is another one, by path.
 */
export function printTree(tree: ImportedDirectory, localIds: ReadonlyMap<ByteString, BlobId>): string[] {
  const pieces: string[] = [];
  printDirectory({ pieces, localIds }, tree, { path: "", escaped: "" });
  return pieces;
}

interface List {
  readonly pieces: string[];
  readonly localIds: ReadonlyMap<ByteString, BlobId>;
}

/** Of a directory, with a slash behind it: as it is, and as lists have it. */
interface Prefix {
  readonly path: string;
  readonly escaped: string;
}

function printDirectory(list: List, tree: ImportedDirectory, { path, escaped }: Prefix): void {
  if (tree.summary) {
    list.pieces.push(tree.summary.lines);
    return;
  }
  for (const child of childrenOf(tree)) {
    const { name, inner } = child;
    if (inner && !isEmpty(inner)) {
      const shown = `${escaped}${toEscaped(name)}/`;
      printDirectory(list, inner, { path: `${path}${name}/`, escaped: shown });
    } else list.pieces.push(printLine(child, escaped, list.localIds.get(`${path}${name}` as ByteString)));
  }
}

/** The line of what is no directory with something in it; `escaped` is the path of the directory that it stands in. */
export function printLine(child: TreeChild, escaped: string, localId?: BlobId): string {
  const { id, size } = contentOf(child);
  const differing = localId === id ? undefined : localId;
  return printFileListLine({ mode: child.mode, id, size, localId: differing }, `${escaped}${toEscaped(child.name)}`);
}

export function contentOf({ part, at, link }: TreeChild): { readonly id: string; readonly size: number } {
  if (part) return { id: idAt(part.files, at), size: part.files.sizes[at] as number };
  return link ? { id: link.id, size: link.target.length } : { id: EMPTY_TREE_ID, size: 0 };
}

function isEmpty({ files, links, directories }: ImportedDirectory): boolean {
  return files.length === 0 && links.size === 0 && directories.size === 0;
}

import { type ByteString, toEscaped } from "../../model/byte-string.ts";
import { printFileListLine } from "../../model/file-list.ts";
import { EMPTY_TREE_ID } from "../../model/git-object.ts";
import type { BlobId } from "../../model/ids.ts";
import type { ImportedDirectory } from "./import-tree.ts";
import { idAt } from "./pack-files.ts";
import { childrenOf, type TreeChild } from "./tree-children.ts";

/** The file list of an imported tree; `localIds` are those of files whose local content is another one, by path. */
export function printTree(tree: ImportedDirectory, localIds: ReadonlyMap<ByteString, BlobId>): string {
  return printDirectory(tree, localIds, { path: "", escaped: "" });
}

/** Of a directory, with a slash behind it: as it is, and as lists have it. */
interface Prefix {
  readonly path: string;
  readonly escaped: string;
}

function printDirectory(
  tree: ImportedDirectory,
  localIds: ReadonlyMap<ByteString, BlobId>,
  { path, escaped }: Prefix,
): string {
  let text = "";
  for (const child of childrenOf(tree)) {
    const shown = `${escaped}${toEscaped(child.name)}`;
    if (child.inner && !isEmpty(child.inner)) {
      text += printDirectory(child.inner, localIds, { path: `${path}${child.name}/`, escaped: `${shown}/` });
      continue;
    }
    const { id, size } = contentOf(child);
    const localId = localIds.size > 0 ? localIds.get(`${path}${child.name}` as ByteString) : undefined;
    text += printFileListLine({ mode: child.mode, id, size, localId: localId === id ? undefined : localId }, shown);
  }
  return text;
}

function contentOf({ part, at, link }: TreeChild): { readonly id: string; readonly size: number } {
  if (part) return { id: idAt(part.files, at), size: part.files.sizes[at] as number };
  return link ? { id: link.id, size: link.target.length } : { id: EMPTY_TREE_ID, size: 0 };
}

function isEmpty({ files, links, directories }: ImportedDirectory): boolean {
  return files.length === 0 && links.size === 0 && directories.size === 0;
}

import { type ByteString, toEscaped } from "../../model/byte-string.ts";
import { hashTree } from "../../model/git-object.ts";
import type { ImportedDirectory } from "./imported-tree.ts";
import { someHave } from "./pack-files.ts";
import { contentOf, printLine } from "./print-tree.ts";
import { childrenOf } from "./tree-children.ts";

/** Finds out what becomes of a directory when all its files are known, if nothing about it can change any more. */
export function summarise(directory: ImportedDirectory, prefix: string): void {
  const { directories, files, links } = directory;
  if (directories.size > 0 || (files.length === 0 && links.size === 0)) return;
  if (files.some((part) => someHave(part.files, "mentions"))) return;
  if ([...links.values()].some(({ mentions }) => mentions)) return;
  const escaped = toEscaped(prefix as ByteString);
  const children = childrenOf(directory);
  directory.summary = {
    treeId: hashTree(children.map((child) => ({ mode: child.mode, name: child.name, id: contentOf(child).id }))),
    lines: children.map((child) => printLine(child, escaped)).join(""),
  };
}

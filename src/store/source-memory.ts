import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { type ByteString, fromText, toFsPath } from "../model/byte-string.ts";
import type { BaseName, PackageName, PackageVersion } from "../model/ids.ts";
import { filePrint } from "../system/file-stamp.ts";
import { networkFilesystem } from "../system/filesystem-kind.ts";
import type { TreeDescription } from "./import/describe-tree.ts";
import type { ImportedDirectory } from "./import/import-tree.ts";
import { type Memory, readMemory, writeMemory } from "./memory-file.ts";
import type { Store } from "./open-store.ts";

/** A directory that becomes an object. */
export interface Source {
  /** Absolute. */
  readonly path: string;
  readonly name: PackageName;
  readonly version: PackageVersion;
}

/** What a directory was when it was read, and what it became. A cache: without it the directory is read again. */
interface SourceMemory extends Memory {
  /** Of all names, files and links in it. */
  readonly print: string;
  readonly object: BaseName;
}

/** With less in it to read everything takes no longer than to look whether that is needed. */
const WORTH = { files: 64, bytes: 4 << 20 };

/**
 * The object that the directory became when it was added last; `undefined` when anything in it was changed since, or
 * could have been without leaving a trace.
 */
export function recallSource({ layout }: Store, source: Source): BaseName | undefined {
  const memory = readMemory<SourceMemory>(layout.sourceMemory, requestOf(source));
  return memory && memory.print === printOfDirectory(source.path) ? memory.object : undefined;
}

/** Remembers what was imported from the directory; what cannot be written is not remembered. */
export function rememberSource(
  { layout }: Store,
  source: Source,
  imported: { readonly tree: ImportedDirectory; readonly description: TreeDescription; readonly object: BaseName },
): void {
  const { files, size, mentions } = imported.description;
  // In a link that mentions the store another text stands here than in the source.
  if (mentions || (files < WORTH.files && size < WORTH.bytes) || networkFilesystem(source.path)) return;
  const print = printOfTree(imported.tree);
  if (print === undefined) return;
  try {
    const memory: SourceMemory = { request: requestOf(source), print, object: imported.object };
    writeMemory(layout.sourceMemory, memory);
  } catch {
    // The disk is full, or nobody may write to it.
  }
}

function requestOf({ path, name, version }: Source): string {
  return JSON.stringify([path, name, version]);
}

/** One entry of a directory: what a file was, where a link leads; nothing for a directory. */
type Looked = readonly [kind: "file" | "link" | "directory", name: ByteString, what: string];

function printOfDirectory(path: string): string | undefined {
  try {
    return printOf(fromText(path), readEntries, (directory, name) => `${directory}/${name}` as ByteString);
  } catch {
    return undefined;
  }
}

function readEntries(directory: ByteString): Looked[] {
  return readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" }).map((entry) => {
    const name = entry.name as ByteString;
    if (entry.isDirectory()) return ["directory", name, ""];
    const path = toFsPath(`${directory}/${name}` as ByteString);
    if (entry.isSymbolicLink()) return ["link", name, readlinkSync(path, "latin1")];
    return ["file", name, fileText(filePrint(lstatSync(path)))];
  });
}

function printOfTree(tree: ImportedDirectory): string | undefined {
  return printOf(tree, importedEntries, ({ directories }, name) => directories.get(name) as ImportedDirectory);
}

function importedEntries({ directories, files, links }: ImportedDirectory): Looked[] {
  return [
    ...[...directories.keys()].map((name): Looked => ["directory", name, ""]),
    ...[...files].map(([name, { print }]): Looked => ["file", name, fileText(print)]),
    ...[...links].map(([name, { target }]): Looked => ["link", name, target]),
  ];
}

const UNSETTLED = "";

function fileText(print: number): string {
  return print === 0 ? UNSETTLED : print.toString(36);
}

/** `undefined` when a file is unsettled. */
function printOf<Directory>(
  top: Directory,
  entriesOf: (directory: Directory) => Looked[],
  inside: (directory: Directory, name: ByteString) => Directory,
): string | undefined {
  const hash = createHash("sha256");
  return addDirectory(top) ? hash.digest("hex") : undefined;

  function addDirectory(directory: Directory): boolean {
    const entries = entriesOf(directory).sort(([, a], [, b]) => (a < b ? -1 : 1));
    if (entries.some(([kind, , what]) => kind === "file" && what === UNSETTLED)) return false;
    // No name and no target holds a NUL.
    const text = entries.map(([kind, name, what]) => `${kind}\0${name}\0${what}\0`).join("");
    hash.update(`${entries.length}\0${text}`, "latin1");
    return entries.every(([kind, name]) => kind !== "directory" || addDirectory(inside(directory, name)));
  }
}

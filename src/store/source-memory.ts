import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { type ByteString, fromText, toFsPath } from "../model/byte-string.ts";
import { type BaseName, isBaseName, type PackageName, type PackageVersion } from "../model/ids.ts";
import { filePrint, textPrint } from "../system/file-stamp.ts";
import { networkFilesystem } from "../system/filesystem-kind.ts";
import type { TreeDescription } from "./import/describe-tree.ts";
import type { ImportedDirectory } from "./import/imported-tree.ts";
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
export async function recallSource(
  { layout }: Store,
  source: Source,
  signal: AbortSignal | undefined,
): Promise<BaseName | undefined> {
  const memory = readMemory<SourceMemory>(layout.sourceMemory, requestOf(source));
  if (!memory || !isNameOf(memory.object, source)) return undefined;
  return memory.print === (await printOfDirectory(source.path, signal)) ? memory.object : undefined;
}

/** What is remembered can have been damaged, or written by somebody else. */
function isNameOf(object: unknown, { name, version }: Source): boolean {
  return typeof object === "string" && isBaseName(object) && object.endsWith(`-${name}-${version}`);
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
  const print = printOfTree(source.path, imported.tree);
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

/**
 * Stands for all names, files and links of a tree, in whatever order they are met; `undefined` when one of the files was
 * changed so lately that it may have been changed again.
 */
function createPrint() {
  let count = 0;
  let low = 0;
  let high = 0;
  let isSettled = true;
  const add = (print: number) => {
    count += 1;
    low = (low + (print >>> 0)) >>> 0;
    high = (high + Math.floor(print / 2 ** 32)) >>> 0;
    isSettled &&= print !== 0;
  };
  return {
    file: add,
    // An iterator would take most of the time.
    files(prints: Float64Array) {
      for (let at = 0; at < prints.length; at++) add(prints[at] as number);
    },
    // No name and no target holds a NUL.
    link: (path: string, target: string) => add(textPrint(`link\0${path}\0${target}`)),
    directory: (path: string) => add(textPrint(`directory\0${path}`)),
    result: () => (isSettled ? `${count} ${high} ${low}` : undefined),
  };
}

type Print = ReturnType<typeof createPrint>;

/** With a pause behind each directory, in which others and the signal get their turn. */
async function printOfDirectory(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const print = createPrint();
  const waiting = [fromText(path)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    await turn();
    signal?.throwIfAborted();
    try {
      addDirectory(print, next, waiting);
    } catch {
      return undefined;
    }
  }
  return print.result();
}

/** What is in one directory; those in it are added to `inside`. */
function addDirectory(print: Print, directory: ByteString, inside: ByteString[]): void {
  print.directory(directory);
  for (const entry of readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" })) {
    const path = `${directory}/${entry.name}` as ByteString;
    if (entry.isDirectory()) inside.push(path);
    else if (entry.isSymbolicLink()) print.link(path, readlinkSync(toFsPath(path), "latin1"));
    else print.file(filePrint(path, lstatSync(toFsPath(path))));
  }
}

function printOfTree(path: string, tree: ImportedDirectory): string | undefined {
  const print = createPrint();
  addTree(print, fromText(path), tree);
  return print.result();
}

function addTree(print: Print, path: ByteString, { directories, files, links }: ImportedDirectory): void {
  print.directory(path);
  for (const part of files) print.files(part.files.prints);
  for (const [name, { target }] of links) print.link(`${path}/${name}`, target);
  for (const [name, inner] of directories) addTree(print, `${path}/${name}` as ByteString, inner);
}

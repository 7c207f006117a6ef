import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import type { Steps } from "../../system/steps.ts";
import { freezeFile } from "./freeze.ts";
import { readFile } from "./import-files.ts";
import type { ImportedFile, ImportSettings } from "./import-settings.ts";
import { createImportWork, type ImportWork } from "./import-work.ts";
import { type PackedFiles, packFiles, unpackFiles } from "./pack-files.ts";

/** Files of a tree that is being written, by their paths in it. */
export interface ScanRequest {
  readonly directory: ByteString;
  readonly names: readonly ByteString[];
}

/** Those that could be read and hold nothing that must be rewritten. */
export interface ScannedFiles {
  readonly names: readonly ByteString[];
  /** In the order of the names. */
  readonly files: PackedFiles;
}

/** Reads files and changes nothing. One that is no longer there is left out: who takes the tree in reads it then. */
export function* scanFiles(settings: ImportSettings, { directory, names }: ScanRequest): Steps<ScannedFiles> {
  using work = createImportWork(settings);
  const found: { readonly name: ByteString; readonly file: ImportedFile }[] = [];
  for (const name of names) {
    const file = yield* scanFile(work, `${directory}/${name}` as ByteString);
    if (file && !file.mentions) found.push({ name, file });
  }
  return { names: found.map(({ name }) => name), files: packFiles(found.map(({ file }) => file)) };
}

export function readScanned({ names, files }: ScannedFiles): readonly (readonly [ByteString, ImportedFile])[] {
  return unpackFiles(files).map((file, at) => [names[at] as ByteString, file]);
}

function* scanFile(work: ImportWork, path: ByteString): Steps<ImportedFile | undefined> {
  let fd: number | undefined;
  try {
    fd = openSync(toFsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const status = fstatSync(fd);
    if (!status.isFile()) return undefined;
    const read = yield* readFile(work, fd, status.size);
    return read && { ...read, executable: (status.mode & 0o100) !== 0, pooled: false, print: 0 };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Files of one directory of an adopted tree that are known, and stay as they are. */
export interface FreezeRequest {
  readonly directory: ByteString;
  readonly names: readonly ByteString[];
  /** In the order of the names. */
  readonly executable: readonly boolean[];
}

export function freezeFiles({ directory, names, executable }: FreezeRequest): undefined {
  names.forEach((name, at) => {
    freezeFile(`${directory}/${name}` as ByteString, executable[at] === true);
  });
}

import { closeSync, constants, fstatSync, openSync, readSync, type Stats, unlinkSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { type ByteString, toEscaped, toFsPath } from "../../model/byte-string.ts";
import { BLOB_HEADER_ROOM, hashBlobInPlace } from "../../model/git-object.ts";
import { replaceInPlace } from "../../model/rewrite.ts";
import { writeAll } from "../../system/atomic-file.ts";
import type { Steps } from "../../system/steps.ts";
import { freeze, freezeNew, frozenMode } from "./freeze.ts";
import { importLarge, scanLarge, wholeFile } from "./import-large.ts";
import type { FileBatch, ImportedFile, ImportSettings } from "./import-settings.ts";
import { BYTES_A_STEP, createImportWork, type ImportWork, type Mentions, printOf, SMALL } from "./import-work.ts";
import { isWorthLinking } from "./pool-files.ts";
import { openSource } from "./source-file.ts";

/** Copies or adopts the files of one batch; results stand in the order of its names. */
export function* importFiles(settings: ImportSettings, batch: FileBatch): Steps<ImportedFile[]> {
  using work = createImportWork(settings);
  const files: ImportedFile[] = [];
  let read = 0;
  for (const name of batch.names) {
    const source = `${batch.source}/${name}` as ByteString;
    const target = `${batch.target}/${name}` as ByteString;
    const fd = openSource(source, settings.mode);
    try {
      const status = fstatSync(fd);
      if (!status.isFile()) throw new StoreError("INVALID_INPUT", `${toEscaped(source)} is not a regular file`);
      const size = status.size <= SMALL ? readSmall(work.buffer, fd, status.size) : undefined;
      const file =
        size === undefined
          ? yield* importLarge(work, { fd, status, source, target })
          : importSmall(work, size, { status, source, target });
      files.push(file);
      read += file.size;
    } finally {
      closeSync(fd);
    }
    if (read < BYTES_A_STEP) continue;
    read = 0;
    yield;
  }
  return files;
}

/** What an open file of that size holds, as it is: where it mentions the store its id is not that of the canonical form. */
export function* readFile(
  work: ImportWork,
  fd: number,
  size: number,
): Steps<Mentions & Pick<ImportedFile, "id" | "size">> {
  const read = size <= SMALL ? readSmall(work.buffer, fd, size) : undefined;
  if (read === undefined) return yield* scanLarge(work, wholeFile(fd), undefined);
  work.search.look(contentOf(work, read));
  return { ...work.search.found(), id: hashBlobInPlace(work.buffer, read), size: read };
}

function contentOf({ buffer }: ImportWork, size: number): Buffer {
  return buffer.subarray(BLOB_HEADER_ROOM, BLOB_HEADER_ROOM + size);
}

/** Reads a file of that size behind the header room; `undefined` when it turns out to be of another size. */
function readSmall(buffer: Buffer, fd: number, size: number): number | undefined {
  // The files of /proc and the like say 0 whatever they hold.
  if (size === 0) return readSync(fd, buffer, BLOB_HEADER_ROOM, 1, null) === 0 ? 0 : undefined;
  let at = 0;
  while (at < size) {
    const count = readSync(fd, buffer, BLOB_HEADER_ROOM + at, size - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return size;
}

function importSmall(
  work: ImportWork,
  size: number,
  file: { status: Stats; source: ByteString; target: ByteString },
): ImportedFile {
  const content = contentOf(work, size);
  const executable = (file.status.mode & 0o100) !== 0;
  work.search.look(content);
  const found = work.search.found();
  if (found.fromLocal) replaceInPlace(content, work.canonicalise);
  const id = hashBlobInPlace(work.buffer, size);
  const result = { id, size, executable, pooled: false, print: printOf(work, file.source, file.status), ...found };
  if (found.mentions) place(work, file.target, content, { mode: 0o600, frozen: false });
  else if (isWorthLinking(work.settings, result)) return { ...result, pooled: true };
  else place(work, file.target, content, { mode: frozenMode(executable), frozen: true });
  return result;
}

/**
 * Puts a small file at the target. In `adopt` mode it lies there already; when its bytes must change a new file takes
 * its place, since other names of the tree can be hard links to it.
 */
function place(work: ImportWork, target: ByteString, content: Buffer, how: { mode: number; frozen: boolean }): void {
  const adopt = work.settings.mode === "adopt";
  if (adopt && !how.frozen) unlinkSync(toFsPath(target));
  const keep = adopt && how.frozen;
  const flags = keep
    ? constants.O_RDONLY | constants.O_NOFOLLOW
    : constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const fd = openSync(toFsPath(target), flags, how.mode);
  try {
    if (!keep) writeAll(fd, content);
    if (how.frozen && !keep && work.settings.plainFiles) freezeNew(fd);
    else if (how.frozen) freeze(fd, how.mode);
  } finally {
    closeSync(fd);
  }
}

import { closeSync, openSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type ByteString, fromBytes } from "../../../model/byte-string.ts";
import { parseEntryPath } from "../entry-path.ts";
import { archiveError, checkExpanded, type Extraction } from "../extraction.ts";
import type { PackedFile } from "../packed-file.ts";
import type { TreeWriter } from "../tree-writer.ts";
import { readZipContent, type ZipSource } from "./read-content.ts";
import { readZipDirectory, type ZipEntry } from "./read-directory.ts";

export interface ZipOutput {
  readonly writer: TreeWriter;
  /** Leading components of each name to leave out. */
  readonly strip: number;
  /** Called every now and then, after other work got its turn; may throw to stop. */
  readonly onProgress: () => void;
}

/** A FIFO, a device of characters or blocks, a socket. */
const READ_FROM = [0o010000, 0o020000, 0o060000, 0o140000];

type Kind = "file" | "directory" | "symlink";

const LONGEST_LINK_TARGET = 4095;
const ENTRIES_PER_TURN = 64;

/**
 * Writes the entries of a zip archive in the order of its central directory.
 *
 * @throws StoreError ARCHIVE, LIMIT, and what the writer and `onProgress` throw
 */
export async function extractZip(file: PackedFile, run: Extraction, output: ZipOutput): Promise<void> {
  const fd = openSync(file.path, "r");
  try {
    const entries = await readZipDirectory(run, fd);
    checkExpanded(
      run,
      entries.reduce((sum, entry) => sum + entry.bytes, 0),
    );
    for (const [index, entry] of entries.entries()) {
      run.entry = entry.name;
      await extractEntry(run, { path: file.path, fd, entry }, output);
      file.readBytes = entry.dataStart + entry.packedBytes;
      if (index % ENTRIES_PER_TURN === 0) await setImmediate();
      output.onProgress();
    }
  } finally {
    closeSync(fd);
  }
  run.entry = undefined;
}

async function extractEntry(run: Extraction, source: ZipSource, output: ZipOutput): Promise<void> {
  const { entry } = source;
  const { writer } = output;
  const path = parseEntryPath(run, entry.name, { strip: output.strip, of: "name" });
  const kind = kindOf(run, entry);
  if (kind === "directory" && entry.bytes > 0) throw archiveError(run, "has content and the name of a directory");
  if (path === undefined) return;
  if (kind === "directory") return writer.makeDirectory(path);
  if (kind === "symlink") return writer.makeSymlink(path, await readLinkTarget(run, source));
  writer.openFile(path, (entry.mode & 0o111) !== 0);
  for await (const chunk of readZipContent(run, source)) {
    writer.write(chunk, 0, chunk.length);
    output.onProgress();
  }
  writer.closeFile();
}

/** What Info-ZIP reads from a pipe or a device (`zip - -`) has its mode and is a file: it has content, they have none. */
function kindOf(run: Extraction, entry: ZipEntry): Kind {
  const type = entry.mode & 0o170000;
  if (READ_FROM.includes(type) && entry.bytes > 0) return entry.name.endsWith("/") ? "directory" : "file";
  switch (type) {
    case 0o120000:
      return "symlink";
    case 0o040000:
      return "directory";
    case 0o100000:
    case 0:
      return entry.name.endsWith("/") ? "directory" : "file";
    case 0o010000:
      throw archiveError(run, "is a FIFO");
    case 0o140000:
      throw archiveError(run, "is a socket");
    default:
      throw archiveError(run, "is a device");
  }
}

async function readLinkTarget(run: Extraction, source: ZipSource): Promise<ByteString> {
  if (source.entry.bytes > LONGEST_LINK_TARGET) throw archiveError(run, "is a symlink to more than any path");
  const chunks: Buffer[] = [];
  for await (const chunk of readZipContent(run, source)) chunks.push(Buffer.from(chunk));
  return fromBytes(Buffer.concat(chunks));
}

import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StoreError } from "../errors.ts";
import { type ByteString, fromBytes, toFsPath } from "../model/byte-string.ts";
import { writeAll } from "../system/atomic-file.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type GitBatch, readGitBatch } from "./git-batch.ts";
import { type GitEntry, unsafeEntry } from "./git-tree.ts";
import { noSpace } from "./kept-files.ts";
import { finishGit, startGit } from "./run-git.ts";

/**
 * Writes the entries below `target`, which exists and is empty. The bytes are those of the blobs: what attributes and the
 * user's configuration say about line ends, keywords, filters and encodings has no say. A submodule becomes an empty
 * directory. Files are read-only.
 *
 * @throws StoreError INVALID_INPUT for a symlink to no possible path; FAILED, NO_SPACE; the signal's reason
 */
export async function writeGitTree(
  context: FetchContext,
  repository: string,
  { entries, target }: { readonly entries: readonly GitEntry[]; readonly target: ByteString },
): Promise<void> {
  const isDirectory = ({ kind }: GitEntry) => kind === "directory" || kind === "submodule";
  for (const { path } of entries.filter(isDirectory)) mkdirSync(toFsPath(`${target}/${path}` as ByteString));
  const blobs = entries.filter((entry) => !isDirectory(entry));
  const options = { cwd: repository };
  const child = startGit(context, ["cat-file", "--batch"], options);
  const end = finishGit(context, child, options);
  const work = Promise.all([
    pipeline(Readable.from(blobs.map(({ id }) => `${id}\n`)), child.stdin),
    writeBlobs(readGitBatch(child.stdout), blobs, target),
  ]);
  await work.catch(async (error) => {
    child.kill();
    // Nobody reads on: with output that nobody has read the end of git would never be told.
    child.stdout.destroy();
    await end;
    throw noSpace(error) ?? error;
  });
  const { status, stderr } = await end;
  if (status !== 0) throw new StoreError("FAILED", `git cannot read its objects: ${stderr}`);
}

async function writeBlobs(batch: GitBatch, blobs: readonly GitEntry[], target: ByteString): Promise<void> {
  for (const { id, kind, path } of blobs) {
    const size = await batch.header(id);
    const fsPath = toFsPath(`${target}/${path}` as ByteString);
    if (kind === "symlink") {
      const pieces: Buffer[] = [];
      await batch.content(size, (piece) => void pieces.push(piece));
      const link = fromBytes(Buffer.concat(pieces));
      if (link === "" || link.includes("\0")) throw unsafeEntry(path);
      symlinkSync(toFsPath(link), fsPath);
    } else {
      await writeFile(fsPath, (sink) => batch.content(size, sink));
      chmodSync(fsPath, kind === "executable" ? 0o555 : 0o444);
    }
    // A line feed ends each object.
    await batch.content(1, () => undefined);
  }
}

async function writeFile(path: string | Buffer, fill: (sink: (piece: Buffer) => void) => Promise<void>): Promise<void> {
  const fd = openSync(path, "wx", 0o600);
  try {
    await fill((piece) => writeAll(fd, piece));
  } finally {
    closeSync(fd);
  }
}

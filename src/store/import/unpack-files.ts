import { fchmodSync, readSync } from "node:fs";
import type { ByteString } from "../../model/byte-string.ts";
import { fromText } from "../../model/byte-string.ts";
import { BLOB_HEADER_ROOM, hashBlobInPlace } from "../../model/git-object.ts";
import { explainedError } from "../../system/archive/extraction.ts";
import type { TakenContent } from "../../system/archive/tree-writer.ts";
import { writeAll } from "../../system/atomic-file.ts";
import type { Steps } from "../../system/steps.ts";
import { freeze, freezeNew, frozenMode } from "./freeze.ts";
import { scanLarge } from "./import-large.ts";
import type { ImportedFile, ImportSettings } from "./import-settings.ts";
import { BYTES_A_STEP, createImportWork, type ImportWork, type Mentions, SMALL } from "./import-work.ts";
import { packFiles } from "./pack-files.ts";
import type { ScannedFiles } from "./scan-files.ts";
import { changedWhileRead } from "./source-file.ts";

/** Files whose contents stand in an archive as they are. */
export interface UnpackRequest {
  readonly archive: string;
  /** Open for reading. */
  readonly source: number;
  readonly contents: readonly TakenContent[];
}

/**
 * Writes files in one go: each byte is read once. Gives those that hold nothing that must be rewritten; they are frozen.
 * @throws StoreError NO_SPACE, FAILED
 */
export function* unpackFiles(settings: ImportSettings, request: UnpackRequest): Steps<ScannedFiles> {
  using work = createImportWork(settings);
  const found: { readonly name: ByteString; readonly file: ImportedFile }[] = [];
  let bytes = 0;
  for (const content of request.contents) {
    const file = yield* unpackFile(work, request, content);
    if (!file.mentions) found.push({ name: content.path, file });
    bytes += file.size;
    if (bytes < BYTES_A_STEP) continue;
    bytes = 0;
    yield;
  }
  return { names: found.map(({ name }) => name), files: packFiles(found.map(({ file }) => file)) };
}

function* unpackFile(work: ImportWork, request: UnpackRequest, content: TakenContent): Steps<ImportedFile> {
  const { target, executable } = content;
  try {
    const { offset, bytes } = content;
    const copied =
      bytes <= SMALL
        ? copySmall(work, request, content)
        : yield* scanLarge(work, { fd: request.source, offset, bytes, most: bytes }, target);
    if (copied.size !== bytes) throw changedWhileRead(fromText(request.archive));
    if (!copied.mentions) freezeWritten(work.settings, target, frozenMode(executable));
    return { ...copied, executable, pooled: false, print: 0 };
  } catch (error) {
    throw explainedError({ archive: request.archive, entry: content.path }, error);
  }
}

type Copied = Mentions & Pick<ImportedFile, "id" | "size">;

function copySmall(
  { buffer, search }: ImportWork,
  { source }: UnpackRequest,
  { target, offset, bytes }: TakenContent,
): Copied {
  let size = 0;
  while (size < bytes) {
    const count = readSync(source, buffer, BLOB_HEADER_ROOM + size, bytes - size, offset + size);
    if (count === 0) break;
    size += count;
  }
  const content = buffer.subarray(BLOB_HEADER_ROOM, BLOB_HEADER_ROOM + size);
  search.look(content);
  writeAll(target, content);
  return { ...search.found(), id: hashBlobInPlace(buffer, size), size };
}

function freezeWritten({ plainFiles }: ImportSettings, fd: number, mode: number): void {
  if (!plainFiles) {
    freeze(fd, mode);
    return;
  }
  fchmodSync(fd, mode);
  freezeNew(fd);
}

import { closeSync, openSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import type { ByteString } from "../../model/byte-string.ts";
import { type Compression, decompress } from "./decompress/decompress.ts";
import type { Environment } from "./decompress/host-program.ts";
import { detectContainer, detectUnpacking } from "./detect-archive.ts";
import type { EntryWriter } from "./entry-writer.ts";
import { type ArchiveLimits, archiveError, type Extraction, newExtraction } from "./extraction.ts";
import { hoistDirectory } from "./hoist-directory.ts";
import { type PackedFile, packedFile, readSparsely, unreadable } from "./packed-file.ts";
import { extractTar } from "./tar/extract-tar.ts";
import { type FileWatch, TreeWriter } from "./tree-writer.ts";

export { detectArchive } from "./detect-archive.ts";
export { type ArchiveLimits, GZIP_RATIO } from "./extraction.ts";

export interface ExtractProgress {
  /** Bytes of the archive that were read, and its size. */
  readonly readBytes: number;
  readonly totalBytes: number;
  readonly entries: number;
  /** Content bytes of regular files. */
  readonly writtenBytes: number;
}

export interface ExtractOptions {
  /**
   * Leading components of each name to leave out, as GNU tar's `--strip-components` does; entries with no more than
   * these vanish. `auto`: when all is in one directory at the top, that directory is left out.
   */
  readonly strip: "auto" | number;
  readonly limits: ArchiveLimits;
  readonly signal?: AbortSignal | undefined;
  /** Called at most once for each MiB read or written, and at the end. */
  readonly onProgress?: ((progress: ExtractProgress) => void) | undefined;
  /** Is told of each file when it is complete, by its path in `target`, the top directory that `auto` leaves out included. */
  readonly watch?: FileWatch | undefined;
  /** Where the programs `bzip2`, `xz` and `zstd` are looked for: `PATH` of this process unless given. */
  readonly environment?: Environment | undefined;
}

export interface ExtractResult {
  /** Files, directories and links, those included that are only implied as parents. */
  readonly entries: number;
  /** Content bytes of regular files, holes included. */
  readonly bytes: number;
  /** The directory that `strip: "auto"` left out. */
  readonly strippedDirectory: ByteString | undefined;
}

/**
 * Extracts a tar archive (plain, or compressed by gzip, bzip2, xz or zstd) or a zip archive into `target`, an empty
 * directory that belongs to the caller alone. Files get mode 0755 when anyone may execute them, otherwise 0644,
 * directories 0755 (less the umask); owners and times are not kept. Nothing is written outside `target`, and no link is
 * followed. After an error the target holds a part of the archive, which the caller removes.
 *
 * @throws StoreError ARCHIVE when the archive is malformed, damaged, cut short or hostile, with its name and the entry's;
 *   LIMIT; NO_SPACE; NOT_FOUND; FAILED when the filesystem fails. The signal's reason when aborted.
 */
export async function extractArchive(
  archivePath: string,
  target: string,
  options: ExtractOptions,
): Promise<ExtractResult> {
  options.signal?.throwIfAborted();
  const file = packedFile(archivePath);
  const run = newExtraction(archivePath, file.size, options.limits);
  using writer = new TreeWriter(run, target, options.watch);
  try {
    await extractInto(file, run, { ...options, writer });
  } catch (error) {
    // An interrupt from the terminal ends the decompression program as well, which then looks like damage.
    options.signal?.throwIfAborted();
    throw error;
  }
  const top = options.strip === "auto" ? writer.soleTopDirectory() : undefined;
  if (top !== undefined) hoistDirectory(target, top);
  return { entries: run.entries, bytes: run.writtenBytes, strippedDirectory: top };
}

export interface ReadOptions {
  readonly limits: ArchiveLimits;
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece with the bytes of the archive that were read so far. */
  readonly onRead?: ((readBytes: number) => void) | undefined;
}

/**
 * Reads a tar archive that is compressed by gzip to its end, with its checksum, and puts nothing on the disk: `writer` gets
 * the entries.
 *
 * @throws StoreError as `extractArchive` does, and what the writer throws
 */
export async function readGzippedTar(path: string, writer: EntryWriter, options: ReadOptions): Promise<void> {
  const { limits, signal, onRead } = options;
  signal?.throwIfAborted();
  const file = packedFile(path);
  const run = newExtraction(path, file.size, limits);
  if (detectContainer(file) !== "gzip") throw archiveError(run, "is not compressed by gzip");
  const chunks = unpack(file, run, { container: "gzip", environment: {} });
  const onChunk = () => {
    signal?.throwIfAborted();
    onRead?.(Math.min(file.readBytes, file.size));
  };
  await extractTar(chunks, run, { writer, strip: 0, onChunk });
}

async function extractInto(
  file: PackedFile,
  run: Extraction,
  options: ExtractOptions & { readonly writer: TreeWriter },
): Promise<void> {
  const report = progressReport(file, run, options);
  const tick = () => {
    options.signal?.throwIfAborted();
    report(false);
  };
  const container = detectUnpacking(file);
  const output = { writer: options.writer, strip: options.strip === "auto" ? 0 : options.strip };
  if (container === "zip") {
    const { extractZip } = await import("./zip/extract-zip.ts");
    await extractZip(file, run, { ...output, onProgress: tick });
  } else {
    const sparse = container === "none" ? readForTaker(file, options.watch) : undefined;
    const chunks = sparse?.chunks ?? unpack(file, run, { container, environment: options.environment ?? process.env });
    await extractTar(chunks, run, { ...output, ...sparse, onChunk: tick });
  }
  report(true);
}

/** How an archive is read when somebody takes the contents of its files; `undefined`: nobody does. */
function readForTaker(file: PackedFile, watch: FileWatch | undefined) {
  if (!watch?.takeContents) return undefined;
  const source = openSource(file);
  const taker = watch.takeContents({ path: file.path, source, bytes: file.size });
  if (!taker) {
    closeSync(source);
    return undefined;
  }
  const sparse = { reader: readSparsely(file, source, taker), size: file.size };
  return { taker, chunks: sparse.reader.chunks(), sparse };
}

function openSource({ path }: PackedFile): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw unreadable(path, error as Error);
  }
}

/** The unpacked archive; what goes wrong with it is told of the entry that was being read. */
async function* unpack(
  file: PackedFile,
  run: Extraction,
  { container, environment }: { readonly container: Compression; readonly environment: Environment },
): AsyncGenerator<Buffer> {
  try {
    yield* decompress(file, container, environment);
  } catch (error) {
    if (error instanceof StoreError || !(error instanceof Error)) throw error;
    if ("syscall" in error) throw unreadable(file.path, error);
    const where = run.entry === undefined ? "has" : "is where the archive has";
    throw archiveError(run, `${where} damaged ${container} data: ${error.message}`, { cause: error });
  }
}

const REPORT_EVERY_BYTES = 1024 * 1024;

function progressReport(file: PackedFile, run: Extraction, options: ExtractOptions): (isEnd: boolean) => void {
  let reported = 0;
  return (isEnd) => {
    const done = file.readBytes + run.writtenBytes;
    if (!isEnd && done < reported + REPORT_EVERY_BYTES) return;
    reported = done;
    options.onProgress?.({
      readBytes: isEnd ? file.size : Math.min(file.readBytes, file.size),
      totalBytes: file.size,
      entries: run.entries,
      writtenBytes: run.writtenBytes,
    });
  };
}

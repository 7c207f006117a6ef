import { closeSync, openSync, readSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { type Compression, decompress } from "./decompress/decompress.ts";
import type { Environment } from "./decompress/host-program.ts";
import { archiveError } from "./extraction.ts";
import { type PackedFile, packedFile, readStart } from "./packed-file.ts";
import { parseTarHeader } from "./tar/tar-header.ts";
import { findZipEnd } from "./zip/find-end.ts";

export type ArchiveFormat = "tar" | "tar.gz" | "tar.bz2" | "tar.xz" | "tar.zst" | "zip";

const TAR_FORMATS: Readonly<Record<Compression, ArchiveFormat>> = {
  none: "tar",
  gzip: "tar.gz",
  bzip2: "tar.bz2",
  xz: "tar.xz",
  zstd: "tar.zst",
};

/** The beginnings of files in hexadecimal digits. */
const MAGIC: readonly (readonly [container: Compression | "zip", RegExp])[] = [
  ["zip", /^504b(0304|0506|0708)/],
  ["gzip", /^1f8b08[01]/],
  // A block follows, or the end of an empty stream.
  ["bzip2", /^425a683[1-9](314159265359|177245385090)/],
  ["xz", /^fd377a585a00/],
  // A frame, or one to skip, which parallel compressors put first.
  ["zstd", /^(28b52ffd|5.2a4d18)/],
];

/** GNU tar fills an archive without entries up to this size. */
const EMPTY_TAR_BYTES = 10_240;

/**
 * The kind of archive that a file is, by its content; `undefined` when it is none, also when it is compressed and has
 * something else than a tar archive in it.
 *
 * @throws StoreError ARCHIVE when it is compressed and damaged before that can be told; NOT_FOUND
 */
export async function detectArchive(
  path: string,
  environment: Environment = process.env,
): Promise<ArchiveFormat | undefined> {
  const file = packedFile(path);
  const container = detectContainer(file);
  if (container === "zip") return "zip";
  return isTar(await readHead(file, container, environment)) ? TAR_FORMATS[container] : undefined;
}

/** What a file is on the outside: `none` when it is neither compressed nor a zip archive. */
export function detectContainer(file: PackedFile): Compression | "zip" {
  const start = readStart(file).toString("hex");
  return MAGIC.find(([, magic]) => magic.test(start))?.[0] ?? "none";
}

/**
 * How a file that is known to be an archive is unpacked. A zip archive can have anything before its first entry, such as a
 * program that unpacks it.
 */
export function detectUnpacking(file: PackedFile): Compression | "zip" {
  const container = detectContainer(file);
  return container === "none" && endsAsZip(file) ? "zip" : container;
}

/** Whether the file is none by its beginning, and a zip archive by its end. */
export function endsAsZip(file: PackedFile): boolean {
  const fd = openSync(file.path, "r");
  try {
    const head = Buffer.alloc(512);
    const isTarToo = isTar(head.subarray(0, readSync(fd, head)));
    return !isTarToo && findZipEnd(fd, file.size) !== undefined;
  } finally {
    closeSync(fd);
  }
}

/** The first bytes of the unpacked file, a little more than an empty tar archive has. */
async function readHead(file: PackedFile, compression: Compression, environment: Environment): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of decompress(file, compression, environment)) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > EMPTY_TAR_BYTES) break;
    }
  } catch (error) {
    if (isTar(Buffer.concat(chunks))) return Buffer.concat(chunks);
    if (error instanceof StoreError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const archive = { archive: file.path, entry: undefined };
    throw archiveError(archive, `has damaged ${compression} data: ${why}`, { cause: error });
  }
  return Buffer.concat(chunks);
}

function isTar(head: Buffer): boolean {
  if (head.length < 512) return false;
  return parseTarHeader(head.subarray(0, 512)) !== undefined || isEmptyTar(head);
}

function isEmptyTar(content: Buffer): boolean {
  return content.length >= 1024 && content.length <= EMPTY_TAR_BYTES && content.every((byte) => byte === 0);
}

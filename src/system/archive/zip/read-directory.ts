import { readSync } from "node:fs";
import { crc32 } from "node:zlib";
import yauzl from "yauzl";
import { StoreError } from "../../../errors.ts";
import { type ByteString, fromBytes, fromText } from "../../../model/byte-string.ts";
import { archiveError, countEntry, type Extraction } from "../extraction.ts";
import { CENTRAL_HEADER, findZipEnd } from "./find-end.ts";

/** An entry of a zip archive (APPNOTE.TXT 6.3.10). */
export interface ZipEntry {
  readonly name: ByteString;
  /** Type and permissions as in `st_mode`; 0 when the archive was not made for Unix. */
  readonly mode: number;
  readonly isDeflated: boolean;
  readonly crc32: number;
  readonly bytes: number;
  readonly packedBytes: number;
  /** Where in the archive the entry's own header starts. */
  readonly headerStart: number;
  /** Where in the file its data start. */
  readonly dataStart: number;
}

const UNPACK_IT = "Unpack the archive with the program that made it.";
const ENCRYPTED_FLAG = 1;
/** Sizes and checksum stand behind the data, not in the entry's own header. */
const DESCRIPTOR_FLAG = 8;
const SEE_ZIP64 = 0xffffffff;
const DEFLATED = 8;
const UTF8_FLAG = 0x800;
const UNICODE_PATH = 0x7075;
const UNIX_HOSTS = [3, 19];

/**
 * Reads the central directory and every entry's own header.
 *
 * @throws StoreError ARCHIVE when malformed or encrypted, when headers differ or entries overlap; LIMIT
 */
export async function readZipDirectory(run: Extraction, fd: number): Promise<ZipEntry[]> {
  try {
    const options = { decodeStrings: false, autoClose: false };
    const shift = findZipEnd(fd, run.packedBytes)?.shift ?? 0;
    const zip = await yauzl.fromRandomAccessReaderPromise(new FileReader(fd, shift), run.packedBytes - shift, options);
    const directoryStart = cursor(zip);
    const entries: ZipEntry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(await readEntry(run, zip, entry));
    run.entry = undefined;
    checkAllRead(run, fd, shift + cursor(zip));
    checkOverlaps(run, entries, directoryStart);
    return entries.map((entry) => ({ ...entry, dataStart: shift + entry.dataStart }));
  } catch (error) {
    if (error instanceof StoreError || !(error instanceof Error)) throw error;
    throw archiveError(run, `is no whole zip archive: ${error.message}`, { cause: error });
  }
}

/** Reads at once and without threads: there are several small reads for each entry. */
class FileReader extends yauzl.RandomAccessReader {
  readonly #fd: number;
  readonly #shift: number;

  /** `shift`: where in the file the archive starts. */
  constructor(fd: number, shift: number) {
    super();
    this.#fd = fd;
    this.#shift = shift;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null, count?: number) => void,
  ): void {
    done(null, readSync(this.#fd, buffer, offset, length, this.#shift + position));
  }
}

/** Where the next header of the central directory stands. */
function cursor(zip: yauzl.ZipFile): number {
  return zip.readEntryCursor as unknown as number;
}

async function readEntry(run: Extraction, zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<ZipEntry> {
  run.entry = fromBytes(entry.fileNameRaw);
  countEntry(run);
  if ((entry.generalPurposeBitFlag & ENCRYPTED_FLAG) !== 0)
    throw archiveError(run, "is encrypted", { hint: UNPACK_IT });
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== DEFLATED) {
    throw archiveError(run, `is compressed by method ${entry.compressionMethod}, which is not supported`, {
      hint: UNPACK_IT,
    });
  }
  const local = await zip.readLocalFileHeaderPromise(entry);
  if (!isSame(local, entry)) throw archiveError(run, "has two headers that contradict each other");
  return {
    name: zipName(entry),
    mode: unixMode(entry),
    isDeflated: entry.compressionMethod === DEFLATED,
    crc32: entry.crc32,
    bytes: entry.uncompressedSize,
    packedBytes: entry.compressedSize,
    headerStart: entry.relativeOffsetOfLocalHeader,
    dataStart: local.fileDataStart,
  };
}

function isSame(local: yauzl.LocalFileHeader, entry: yauzl.Entry): boolean {
  const isName = local.fileName.equals(entry.fileNameRaw);
  const isMethod = local.compressionMethod === entry.compressionMethod;
  const isEncrypted = (local.generalPurposeBitFlag & ENCRYPTED_FLAG) !== 0;
  const hasSizes = (local.generalPurposeBitFlag & DESCRIPTOR_FLAG) === 0;
  const isSize = (here: number, there: number) => !hasSizes || here === SEE_ZIP64 || here === there;
  return (
    isName &&
    isMethod &&
    !isEncrypted &&
    isSize(local.compressedSize, entry.compressedSize) &&
    isSize(local.uncompressedSize, entry.uncompressedSize) &&
    (!hasSizes || local.crc32 === entry.crc32)
  );
}

/**
 * The name in bytes, as they are from Unix. From elsewhere it is Info-ZIP's Unicode path where there is one, otherwise
 * UTF-8 where marked, otherwise code page 437; a backslash separates.
 */
function zipName(entry: yauzl.Entry): ByteString {
  const raw = entry.fileNameRaw;
  if (isUnix(entry)) return fromBytes(raw);
  const unicode = entry.extraFields.find(
    ({ id, data }) => id === UNICODE_PATH && data[0] === 1 && data.length > 5,
  )?.data;
  if (unicode?.readUInt32LE(1) === crc32(raw)) return withSlashes(fromBytes(unicode.subarray(5)));
  if ((entry.generalPurposeBitFlag & UTF8_FLAG) !== 0) return withSlashes(fromBytes(raw));
  return withSlashes(fromText(yauzl.getFileNameLowLevel(0, raw, [], false)));
}

function withSlashes(name: ByteString): ByteString {
  return name.replaceAll("\\", "/") as ByteString;
}

function unixMode(entry: yauzl.Entry): number {
  return isUnix(entry) ? entry.externalFileAttributes >>> 16 : 0;
}

function isUnix(entry: yauzl.Entry): boolean {
  return UNIX_HOSTS.includes(entry.versionMadeBy >>> 8);
}

/** The count of entries is of 16 bits in old archives, so there can be more than it says. */
function checkAllRead(run: Extraction, fd: number, directoryEnd: number): void {
  const buffer = Buffer.alloc(4);
  readSync(fd, buffer, 0, 4, directoryEnd);
  if (buffer.readUInt32LE() === CENTRAL_HEADER) throw archiveError(run, "has more entries than it says");
}

/** Many entries that share their data make a small archive expand without end. */
function checkOverlaps(run: Extraction, entries: readonly ZipEntry[], directoryStart: number): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.headerStart - b.headerStart)) {
    run.entry = entry.name;
    if (entry.headerStart < end) throw archiveError(run, "overlaps another entry");
    end = entry.dataStart + entry.packedBytes;
  }
  if (end > directoryStart) throw archiveError(run, "overlaps the list of entries");
  run.entry = undefined;
}

import { type ByteString, fromBytes, toEscaped } from "../../../model/byte-string.ts";
import { parseEntryPath } from "../entry-path.ts";
import type { EntryWriter } from "../entry-writer.ts";
import { archiveError, checkExpanded, countEntry, countExpanded, type Extraction } from "../extraction.ts";
import type { ContentTaker } from "../tree-writer.ts";
import { checkGlobalPaxHeader, type PaxHeader, parsePaxHeader, parsePaxNumber } from "./pax.ts";
import { checkSparseMap, readOldSparseMap, readPaxSparseMap, type SparseMap } from "./sparse.ts";
import { parseTarHeader, type TarHeader } from "./tar-header.ts";
import { BLOCK, padding, pass, positionIn, type Reading, skip, type TarInput, take, takeOrEnd } from "./tar-input.ts";

export interface TarOutput {
  readonly writer: EntryWriter;
  /** Leading components of each name to leave out. */
  readonly strip: number;
  /** Of an archive that is read sparsely: takes the contents of files. */
  readonly taker?: ContentTaker | undefined;
}

/** What the headers before an entry's own say about it. */
interface Announced {
  readonly name?: ByteString;
  readonly linkName?: ByteString;
  readonly pax?: PaxHeader;
}

interface TarEntry {
  readonly header: TarHeader;
  /** The header itself, valid until the next chunk comes. */
  readonly block: Buffer;
  readonly name: ByteString;
  readonly linkName: ByteString;
  /** Bytes of data in the archive. */
  readonly size: number;
  readonly pax: PaxHeader | undefined;
  /** `undefined`: the entry's name is stripped away. */
  readonly path: ByteString | undefined;
}

const LARGEST_METADATA = 1024 * 1024;
const ZERO_BLOCK = Buffer.alloc(BLOCK);

/**
 * Writes all entries up to the end marker, two blocks of zeros; whatever comes after it is not looked at, as in GNU tar.
 * The second block may be missing, since all entries are known to be there without it.
 *
 * @throws StoreError ARCHIVE, LIMIT, and what the writer throws
 */
export function* readTar(input: TarInput, output: TarOutput): Reading<void> {
  let announced: Announced = {};
  for (;;) {
    const block = yield* takeOrEnd(input, BLOCK);
    if (block === undefined) throw brokenOff(input, "the end marker is missing");
    if (block.equals(ZERO_BLOCK)) return yield* readEnd(input);
    const header = parseTarHeader(block);
    if (header === undefined) throw brokenOff(input, "no valid header follows");
    const more = yield* readAnnouncement(input, header);
    if (more === undefined) yield* readEntry(input, output, resolve(input, output, { header, block, announced }));
    announced = more === undefined ? {} : { ...announced, ...more };
  }
}

function* readEnd(input: TarInput): Reading<void> {
  const second = yield* takeOrEnd(input, BLOCK);
  if (second !== undefined && !second.equals(ZERO_BLOCK)) throw brokenOff(input, "a single block of zeros follows");
  input.run.entry = undefined;
}

/** Reads a header that says something about the next entry, or nothing that is kept. `undefined`: it is an entry's own. */
function* readAnnouncement(input: TarInput, header: TarHeader): Reading<Announced | undefined> {
  switch (header.type) {
    case "x":
    case "X":
      return { pax: parsePaxHeader(input.run, yield* readMetadata(input, header)) };
    case "g":
      checkGlobalPaxHeader(input.run, yield* readMetadata(input, header));
      return {};
    case "L":
      return { name: longName(yield* readMetadata(input, header)) };
    case "K":
      return { linkName: longName(yield* readMetadata(input, header)) };
    // The label of a volume; the access list that Solaris puts before an entry.
    case "V":
    case "A":
      yield* readMetadata(input, header);
      return {};
    default:
      return undefined;
  }
}

function* readMetadata(input: TarInput, header: TarHeader): Reading<Buffer> {
  input.run.entry = header.name;
  const size = checkedSize(input.run, header.size);
  if (size > LARGEST_METADATA) throw archiveError(input.run, `is an extended header of ${size} bytes`);
  return (yield* take(input, size + padding(size))).subarray(0, size);
}

/** The data end in a NUL. */
function longName(data: Buffer): ByteString {
  return fromBytes(data).replace(/\0+$/, "") as ByteString;
}

function resolve(
  { run }: TarInput,
  { strip }: TarOutput,
  { header, block, announced }: Pick<TarEntry, "header" | "block"> & { readonly announced: Announced },
): TarEntry {
  const { pax } = announced;
  const values = pax?.values;
  const name = values?.get("GNU.sparse.name") ?? values?.get("path") ?? announced.name ?? header.name;
  run.entry = name;
  countEntry(run);
  const size = checkedSize(run, values?.has("size") ? parsePaxNumber(run, values.get("size") as string) : header.size);
  const linkName = values?.get("linkpath") ?? announced.linkName ?? header.linkName;
  return { header, block, name, linkName, size, pax, path: parseEntryPath(run, name, { strip, of: "name" }) };
}

function checkedSize(run: Extraction, size: number | undefined): number {
  if (size === undefined) throw archiveError(run, "has no valid size");
  return size;
}

function* readEntry(input: TarInput, output: TarOutput, entry: TarEntry): Reading<void> {
  const { path, linkName } = entry;
  switch (entry.header.type) {
    case "0":
    case "7":
      return yield* entry.name.endsWith("/") ? readDirectory(input, output, entry) : readFile(input, output, entry);
    case "S":
      return yield* readFile(input, output, entry, yield* readOldSparseMap(input, entry.block));
    case "1":
      return path === undefined ? undefined : makeHardLink(input, output, path, linkName);
    case "2":
      return path === undefined ? undefined : output.writer.makeSymlink(path, linkName);
    case "5":
      return path === undefined ? undefined : output.writer.makeDirectory(path);
    case "D":
      return yield* readDirectory(input, output, entry);
    default:
      throw archiveError(input.run, refusal(entry.header.type));
  }
}

/** Only a directory of GNU's incremental archives has data: the list of what was in it. */
function* readDirectory(input: TarInput, { writer }: TarOutput, entry: TarEntry): Reading<void> {
  if (entry.header.type !== "D" && entry.size > 0)
    throw archiveError(input.run, "has content and the name of a directory");
  if (entry.path !== undefined) writer.makeDirectory(entry.path);
  yield* pass(input, entry.size + padding(entry.size));
}

function makeHardLink({ run }: TarInput, output: TarOutput, path: ByteString, linkName: ByteString): void {
  const existing = parseEntryPath(run, linkName, { strip: output.strip, of: "hard link target" });
  if (existing === undefined) throw archiveError(run, "is a hard link to an entry that was stripped away");
  output.writer.makeHardLink(path, existing);
}

function* readFile(input: TarInput, output: TarOutput, entry: TarEntry, oldMap?: SparseMap): Reading<void> {
  const { run } = input;
  const { writer } = output;
  const pax = oldMap === undefined && entry.pax ? yield* readPaxSparseMap(input, entry.pax) : undefined;
  const map = oldMap ?? pax?.map;
  const dataBytes = entry.size - (pax?.mapBytes ?? 0);
  const holeBytes = map === undefined ? 0 : map.size - dataBytes;
  if (map !== undefined) checkSparseMap(run, map, dataBytes);
  countExpanded(run, holeBytes);
  checkExpanded(run, dataBytes - (input.chunk.length - input.at));
  if (entry.path === undefined) return yield* pass(input, dataBytes + padding(dataBytes));
  if (map === undefined && leaveToTaker(input, output, { ...entry, path: entry.path })) return;
  writer.openFile(entry.path, entry.header.isExecutable, map?.size ?? dataBytes);
  if (map === undefined) yield* pass(input, dataBytes, (chunk, start, end) => writer.write(chunk, start, end));
  else yield* readSegments(input, writer, map);
  writer.closeFile(map?.size);
  run.writtenBytes += holeBytes;
  yield* pass(input, padding(dataBytes));
}

/** Whether somebody takes the content. What the archive has only a part of is not taken but read, up to the error. */
function leaveToTaker(
  input: TarInput,
  { writer, taker }: TarOutput,
  { path, header, size }: TarEntry & { readonly path: ByteString },
): boolean {
  const { sparse } = input;
  if (!taker?.hasRoom || !sparse || !writer.releaseFile) return false;
  const offset = positionIn(input, sparse);
  const length = size + padding(size);
  if (offset + length > sparse.size) return false;
  writer.openFile(path, header.isExecutable, size);
  const target = writer.releaseFile(size);
  taker.take({ path, target, executable: header.isExecutable, offset, bytes: size });
  skip(input, sparse, length);
  return true;
}

function* readSegments(input: TarInput, writer: EntryWriter, map: SparseMap): Reading<void> {
  for (const { offset, length } of map.segments) {
    let position = offset;
    yield* pass(input, length, (chunk, start, end) => {
      writer.write(chunk, start, end, position);
      position += end - start;
    });
  }
}

function refusal(type: string): string {
  switch (type) {
    case "3":
    case "4":
      return "is a device";
    case "6":
      return "is a FIFO";
    case "M":
      return "goes on from another volume of a multi-volume archive";
    default:
      return `is of a type that is not supported: '${toEscaped(type as ByteString)}'`;
  }
}

function brokenOff({ run }: TarInput, why: string): Error {
  return archiveError(
    run,
    `${run.entry === undefined ? "is no tar archive" : "is the last one that is whole"}: ${why}`,
  );
}

import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { StoreError } from "../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import { refuseBeyondBounds } from "../model/tree-bounds.ts";
import { removeFile } from "../system/remove-file.ts";
import type { MemberMention } from "./find-in-compressed.ts";

/** What is in the way of an output being moved to another store. */
export interface HiddenMention extends MemberMention {
  /** Path in the output. */
  readonly file: string;
}

/**
 * Brings a build's output into a form that can be localised: no file is a hard link to anything, and compressed man and
 * info pages are stored plain. Returns the compressed files that mention the store all the same: no replacement can
 * reach into them. Nothing outside of the output is touched, whatever links it holds.
 * @throws StoreError INVALID_INPUT for paths that no object may have
 */
export async function finishOutput(
  out: string,
  options: { readonly patterns: readonly Buffer[]; readonly scratch: string },
): Promise<readonly HiddenMention[]> {
  const root = fromText(out);
  const found: HiddenMention[] = [];
  for (const path of entriesBelow(root, "")) {
    const place = `${root}/${path}` as ByteString;
    const status = lstatSync(toFsPath(place), { throwIfNoEntry: false });
    if (status === undefined) continue;
    if (status.isFile()) makeOwn(place, status, options.scratch);
    if (/^share\/(?:man|info)\/.*\.gz$/.test(path) && plainPage(place, status)) continue;
    if (status.isFile() && looksCompressed(place))
      for (const mention of await mentionsIn(place, options)) found.push({ file: toEscaped(path), ...mention });
  }
  return found;
}

/** Makes every file below one that can be changed without another one changing, too. */
export function makeFilesOwn(directory: string, scratch: string): void {
  const root = fromText(directory);
  for (const path of entriesBelow(root, "")) {
    const place = `${root}/${path}` as ByteString;
    const status = lstatSync(toFsPath(place));
    if (status.isFile()) makeOwn(place, status, scratch);
  }
}

/** All but directories, which are made accessible on the way. */
function* entriesBelow(root: ByteString, prefix: string): Generator<ByteString> {
  const directory = `${root}/${prefix}` as ByteString;
  const { mode } = lstatSync(toFsPath(directory));
  if ((mode & 0o700) !== 0o700) chmodSync(toFsPath(directory), (mode & 0o777) | 0o700);
  for (const entry of readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" })) {
    const path = `${prefix}${entry.name}` as ByteString;
    refuseBeyondBounds(path);
    if (entry.isDirectory()) yield* entriesBelow(root, `${path}/`);
    else yield path;
  }
}

/** A hard link, which can lead out of the output, becomes a file of its own; and every file can be read. */
function makeOwn(path: ByteString, { nlink, mode }: Stats, scratch: string): void {
  if (nlink > 1) {
    const copy = join(scratch, "own");
    copyFileSync(toFsPath(path), copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    chmodSync(copy, (mode & 0o777) | 0o400);
    renameSync(copy, toFsPath(path));
  } else if ((mode & 0o400) === 0) chmodSync(toFsPath(path), (mode & 0o777) | 0o400);
}

/** No page is larger, uncompressed. */
const LARGEST_PAGE = 1 << 28;

/** `x.1.gz` becomes `x.1`; a symlink to a compressed page leads to the plain one. Whether it was such a page. */
function plainPage(path: ByteString, status: Stats): boolean {
  const plain = path.replace(/\.gz$/, "") as ByteString;
  if (status.isSymbolicLink()) {
    const target = readlinkSync(toFsPath(path), "latin1");
    if (!target.endsWith(".gz")) return false;
    unlinkSync(toFsPath(path));
    removeFile(toFsPath(plain));
    symlinkSync(toFsPath(target.replace(/\.gz$/, "") as ByteString), toFsPath(plain));
    return true;
  }
  const content = status.isFile() ? unpacked(path) : undefined;
  if (content === undefined) return false;
  unlinkSync(toFsPath(path));
  removeFile(toFsPath(plain));
  writeFileSync(toFsPath(plain), content, { flag: "wx", mode: 0o644 });
  return true;
}

function unpacked(path: ByteString): Buffer | undefined {
  try {
    return gunzipSync(readFileSync(toFsPath(path)), { maxOutputLength: LARGEST_PAGE });
  } catch {
    // Not compressed, whatever its name says.
    return undefined;
  }
}

async function mentionsIn(
  path: ByteString,
  options: { patterns: readonly Buffer[]; scratch: string },
): Promise<readonly MemberMention[]> {
  const { findInCompressed } = await import("./find-in-compressed.ts");
  return findInCompressed(path, options.patterns, options.scratch);
}

/** How files of gzip, bzip2, xz, zstd and zip begin. */
const MAGIC: readonly Buffer[] = [
  Buffer.from([0x1f, 0x8b]),
  Buffer.from("BZh"),
  Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]),
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
  Buffer.from("PK\x03\x04", "latin1"),
];

function looksCompressed(path: ByteString): boolean {
  const fd = openSync(toFsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const start = Buffer.alloc(6);
    readSync(fd, start, 0, 6, 0);
    return MAGIC.some((bytes) => start.subarray(0, bytes.length).equals(bytes));
  } finally {
    closeSync(fd);
  }
}

/** @throws StoreError BUILD_FAILED naming every file and member */
export function refuseHiddenMentions(id: string, hidden: readonly HiddenMention[]): void {
  if (hidden.length === 0) return;
  const places = hidden.map(({ file, member }) => ({ file, member }));
  const list = places.map(({ file, member }) => `  ${file}: ${member}`).join("\n");
  throw new StoreError(
    "BUILD_FAILED",
    `${id} mentions the store inside compressed files, where it cannot be replaced:\n${list}`,
    {
      hint: "Install these files uncompressed, or write `addressing: input` in the recipe: the output is then named by its derivation and cannot be moved.",
      details: { package: id, hidden: places },
    },
  );
}

import { mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type ByteString, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import { mentionsAny, overlapOf } from "../model/rewrite.ts";
import { findBaseNames } from "../model/search/find-base-names.ts";
import { LONGEST_BASE_NAME } from "../model/search/find-landmarks.ts";
import { decompress } from "../system/archive/decompress/decompress.ts";
import { detectContainer } from "../system/archive/detect-archive.ts";
import { extractArchive } from "../system/archive/extract-archive.ts";
import { packedFile } from "../system/archive/packed-file.ts";
import { removeTree } from "../system/remove-tree.ts";

/** A mention that no replacement of bytes can reach. */
export interface MemberMention {
  /** Its name in the compressed file; `(content)` of one that holds a single stream. */
  readonly member: string;
  /** Texts in it that begin with what may be the name of a store object. */
  readonly baseNames: ReadonlySet<string>;
}

/**
 * The members of a compressed file in which one of the patterns stands. A file that only looks compressed has none.
 * `scratch` is a directory for what must be unpacked to be looked at.
 */
export async function findInCompressed(
  path: ByteString,
  patterns: readonly Buffer[],
  scratch: string,
): Promise<MemberMention[]> {
  const directory = mkdtempSync(join(scratch, "packed-"));
  try {
    const file = join(directory, "file");
    // Names are bytes, and the readers of archives take text.
    symlinkSync(toFsPath(path), file);
    const container = detectContainer(packedFile(file));
    if (container === "zip") return await findInZip(file, patterns, directory);
    if (container === "none") return [];
    const found = await searchStream(decompress(packedFile(file), container, process.env), patterns);
    return found ? [{ member: "(content)", baseNames: found }] : [];
  } catch {
    // What cannot be unpacked is data that begins like a compressed file by chance.
    return [];
  } finally {
    removeTree(directory);
  }
}

const LIMITS = { maxBytes: 16 * 2 ** 30, maxRatio: 2000, maxEntries: 1_000_000 };

async function findInZip(file: string, patterns: readonly Buffer[], directory: string): Promise<MemberMention[]> {
  const tree = mkdtempSync(join(directory, "zip-"));
  await extractArchive(file, tree, { strip: 0, limits: LIMITS });
  return [...membersWith(fromText(tree), "", patterns)];
}

function* membersWith(root: ByteString, prefix: string, patterns: readonly Buffer[]): Generator<MemberMention> {
  for (const entry of readdirSync(toFsPath(`${root}/${prefix}` as ByteString), {
    withFileTypes: true,
    encoding: "latin1",
  })) {
    const path = `${prefix}${entry.name}` as ByteString;
    if (entry.isDirectory()) yield* membersWith(root, `${path}/`, patterns);
    else if (entry.isFile()) {
      const bytes = readFileSync(toFsPath(`${root}/${path}` as ByteString));
      if (mentionsAny(bytes, patterns)) yield { member: toEscaped(path), baseNames: namesIn(bytes) };
    }
  }
}

function namesIn(bytes: Buffer): Set<string> {
  const names = new Set<string>();
  findBaseNames(bytes, names);
  return names;
}

async function searchStream(
  chunks: AsyncIterable<Buffer>,
  patterns: readonly Buffer[],
): Promise<Set<string> | undefined> {
  const overlap = Math.max(overlapOf(patterns), LONGEST_BASE_NAME);
  const names = new Set<string>();
  let isMentioned = false;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([held, chunk]);
    isMentioned ||= mentionsAny(bytes, patterns);
    findBaseNames(bytes, names);
    held = bytes.subarray(Math.max(0, bytes.length - overlap));
  }
  return isMentioned ? names : undefined;
}

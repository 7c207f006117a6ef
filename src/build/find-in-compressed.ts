import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ByteString, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import { mentionsAny, overlapOf } from "../model/rewrite.ts";
import { decompress } from "../system/archive/decompress/decompress.ts";
import { detectContainer } from "../system/archive/detect-archive.ts";
import { extractArchive } from "../system/archive/extract-archive.ts";
import { packedFile } from "../system/archive/packed-file.ts";
import { removeTree } from "../system/temporary-directory.ts";

/**
 * Names of the members of a compressed file in which one of the patterns stands. A file that only looks compressed has
 * none. `scratch` is a directory for what must be unpacked to be looked at.
 */
export async function findInCompressed(
  path: ByteString,
  patterns: readonly Buffer[],
  scratch: string,
): Promise<string[]> {
  const file = toFsPath(path);
  if (typeof file !== "string") return [];
  try {
    const container = detectContainer(packedFile(file));
    if (container === "zip") return await findInZip(file, patterns, scratch);
    if (container === "none") return [];
    return (await streamMentions(decompress(packedFile(file), container, process.env), patterns)) ? ["(content)"] : [];
  } catch {
    // What cannot be unpacked is data that begins like a compressed file by chance.
    return [];
  }
}

const LIMITS = { maxBytes: 16 * 2 ** 30, maxRatio: 2000, maxEntries: 1_000_000 };

async function findInZip(file: string, patterns: readonly Buffer[], scratch: string): Promise<string[]> {
  const directory = mkdtempSync(join(scratch, "zip-"));
  try {
    await extractArchive(file, directory, { strip: 0, limits: LIMITS });
    return [...filesWith(fromText(directory), "", patterns)];
  } finally {
    removeTree(directory);
  }
}

function* filesWith(root: ByteString, prefix: string, patterns: readonly Buffer[]): Generator<string> {
  for (const entry of readdirSync(toFsPath(`${root}/${prefix}` as ByteString), {
    withFileTypes: true,
    encoding: "latin1",
  })) {
    const path = `${prefix}${entry.name}` as ByteString;
    if (entry.isDirectory()) yield* filesWith(root, `${path}/`, patterns);
    else if (entry.isFile() && mentionsAny(readFileSync(toFsPath(`${root}/${path}` as ByteString)), patterns))
      yield toEscaped(path);
  }
}

async function streamMentions(chunks: AsyncIterable<Buffer>, patterns: readonly Buffer[]): Promise<boolean> {
  const overlap = overlapOf(patterns);
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([held, chunk]);
    if (mentionsAny(bytes, patterns)) return true;
    held = bytes.subarray(Math.max(0, bytes.length - overlap));
  }
  return false;
}

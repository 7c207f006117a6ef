import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import { type BaseName, digestInBaseName, digestOf } from "../model/ids.ts";
import { notPacked, parsePackedManifest } from "../model/packed-object.ts";
import { GZIP_RATIO, readGzippedTar } from "../system/archive/extract-archive.ts";
import { packedTree } from "./packed-tree.ts";

/** What the store packed itself may be of any size. */
const LIMITS = {
  maxBytes: Number.POSITIVE_INFINITY,
  maxEntries: Number.POSITIVE_INFINITY,
  maxRatio: GZIP_RATIO,
};

export interface CheckPackedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece with the bytes of the file that were read so far. */
  readonly onRead?: ((readBytes: number) => void) | undefined;
}

/**
 * What is wrong with a packed object, in words that follow its name; `undefined` when it holds the object, byte for byte,
 * or is gone. It is read and unpacked, and nothing is written: that works on a full disk, too.
 */
export async function faultInPacked(
  file: string,
  object: BaseName,
  options: CheckPackedOptions = {},
): Promise<string | undefined> {
  try {
    const tree = packedTree(file);
    await readGzippedTar(file, tree, { ...options, limits: LIMITS });
    const { manifest, treeId } = tree.read();
    const { path } = parsePackedManifest(manifest, file);
    if (path !== object) throw notPacked(file, `it holds ${path}`);
    if (digestInBaseName(object) !== digestOf(treeId)) return "has other content than its name says";
    return undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof StoreError)) throw error;
    return error.code === "NOT_FOUND" ? undefined : reasonOf(error, file);
  }
}

/** Without the file's name, which is told before it. */
function reasonOf({ message }: StoreError, file: string): string {
  const rest = message.startsWith(file) ? message.slice(file.length) : `: ${message}`;
  return rest.startsWith(": ") ? `is damaged: ${rest.slice(2)}` : rest.trim();
}

const MAGIC = 0x1f8b;
/** Bytes of the shortest gzip file. */
const SHORTEST = 20;
const BLOCK = 512;

/**
 * The same as far as the beginning and the end of the file tell: that finds one that is empty, cut short or full of zeros, in
 * microseconds. What a disk made of the bytes between only reading finds.
 */
export function visibleFault(file: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    const status = fstatSync(fd);
    if (!status.isFile()) return "is no regular file";
    if (status.size === 0) return "is empty";
    if (status.size >= SHORTEST && hasEnds(fd, status.size)) return undefined;
    return "is damaged: its beginning or its end is not that of a packed object";
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  } finally {
    closeSync(fd);
  }
}

/** A gzip file ends with the size of what was compressed, modulo 2^32; a tar archive consists of whole blocks. */
function hasEnds(fd: number, size: number): boolean {
  const bytes = Buffer.alloc(6);
  readSync(fd, bytes, 0, 2, 0);
  readSync(fd, bytes, 2, 4, size - 4);
  const length = bytes.readUInt32LE(2) || 2 ** 32;
  return bytes.readUInt16BE(0) === MAGIC && length % BLOCK === 0 && length <= GZIP_RATIO * size;
}

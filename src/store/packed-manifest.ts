import { closeSync, openSync, readSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { isErrno } from "../errors.ts";
import { PACKED_MANIFEST, type PackedManifest, parsePackedManifest } from "../model/packed-object.ts";
import { parseTarHeader } from "../system/archive/tar/tar-header.ts";

/** Bytes of the file that are read; tens of thousands of references fit into what they unpack to. */
const ENOUGH = 1 << 20;
/** Those that are tried first. */
const FIRST = 1 << 12;
const BLOCK = 512;

/**
 * What a packed object says of itself, from its beginning, where it stands in each that this program wrote. Unchecked;
 * `undefined` where it is not found there.
 */
export function readPackedManifest(file: string): PackedManifest | undefined {
  try {
    const text = unpackManifest(readStart(file));
    return text === undefined ? undefined : parsePackedManifest(text, file);
  } catch {
    // Whoever unpacks it says what is wrong.
    return undefined;
  }
}

/**
 * What follows the manifest can be a thousand bytes for each that is packed. So few are unpacked first, then more, and
 * fewer again where that was too much.
 */
function unpackManifest(packed: Buffer): string | undefined {
  let tooFew = 0;
  let tooMany = packed.length + 1;
  for (let length = Math.min(FIRST, packed.length); tooFew < length && length < tooMany; ) {
    const unpacked = unpackStart(packed.subarray(0, length));
    if (unpacked) {
      const { isPart, text } = manifestIn(unpacked);
      if (!isPart) return text;
      tooFew = length;
    } else tooMany = length;
    length = tooMany > packed.length ? Math.min(2 * length, packed.length) : (tooFew + tooMany) >> 1;
  }
  return undefined;
}

/** `undefined` when it is more than anybody needs. */
function unpackStart(packed: Buffer): Buffer | undefined {
  try {
    return gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * ENOUGH });
  } catch (error) {
    if (isErrno(error, "ERR_BUFFER_TOO_LARGE")) return undefined;
    throw error;
  }
}

/** The text of the manifest, unless something else stands at the beginning, or only a part of it is there. */
function manifestIn(tar: Buffer): { readonly isPart: boolean; readonly text?: string } {
  if (tar.length < BLOCK) return { isPart: true };
  const header = parseTarHeader(tar.subarray(0, BLOCK));
  if (header?.name !== PACKED_MANIFEST || header.size === undefined) return { isPart: false };
  const end = BLOCK + header.size;
  return tar.length < end ? { isPart: true } : { isPart: false, text: tar.toString("utf8", BLOCK, end) };
}

function readStart(file: string): Buffer {
  const fd = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(ENOUGH);
    return bytes.subarray(0, readSync(fd, bytes, 0, ENOUGH, 0));
  } finally {
    closeSync(fd);
  }
}

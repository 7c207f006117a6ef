import { closeSync, openSync, readSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { PACKED_MANIFEST, type PackedManifest, parsePackedManifest } from "../model/packed-object.ts";
import { parseTarHeader } from "../system/archive/tar/tar-header.ts";

/** Bytes of the file that are read; tens of thousands of references fit into what they unpack to. */
const ENOUGH = 1 << 20;
const BLOCK = 512;

/**
 * What a packed object says of itself, from its beginning, where it stands in each that this program wrote. Unchecked;
 * `undefined` where it is not found there.
 */
export function readPackedManifest(file: string): PackedManifest | undefined {
  try {
    const unpacked = gunzipSync(readStart(file), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * ENOUGH });
    const header = parseTarHeader(unpacked.subarray(0, BLOCK));
    if (header?.name !== PACKED_MANIFEST || header.size === undefined) return undefined;
    return parsePackedManifest(unpacked.toString("utf8", BLOCK, BLOCK + header.size), file);
  } catch {
    // Whoever unpacks it says what is wrong.
    return undefined;
  }
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

import { closeSync, createWriteStream, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type ByteString, fromText } from "../model/byte-string.ts";
import type { BaseName } from "../model/ids.ts";
import { PACKED_MANIFEST, PACKED_TREE, packedManifest, printPackedManifest } from "../model/packed-object.ts";
import { type TarMember, writeTar } from "../system/archive/tar/write-tar.ts";
import { syncDirectory, TEMPORARY_MARK } from "../system/atomic-file.ts";
import { randomName } from "../system/random-name.ts";
import { canonicalTree } from "./canonical-tree.ts";
import { readManifest } from "./manifests.ts";
import type { Store } from "./open-store.ts";

/**
 * Writes an object in canonical form, with what must be known of it, to the file `target`: the same bytes in every store
 * that has it. Everything is checked on the way; `target` appears when it is whole and durable. Returns its size.
 * @throws StoreError DAMAGED when the object is not what its manifest says, UNSUPPORTED when its name cannot be checked
 */
export async function packObject(
  store: Store,
  object: BaseName,
  { target, signal }: { readonly target: string; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const members = packedMembers(store, object);
  const temporary = join(dirname(target), `${TEMPORARY_MARK}${randomName()}`);
  try {
    // Opened here and not by the stream, which would do so later, perhaps after the removal below.
    const file = createWriteStream(temporary, { fd: openSync(temporary, "wx", 0o644) });
    await pipeline(Readable.from(writeTar(members)), createGzip(), file, { signal });
    flush(temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(target));
  return statSync(target).size;
}

function* packedMembers(store: Store, object: BaseName): Generator<TarMember> {
  const text = Buffer.from(printPackedManifest(packedManifest(readManifest(store, object), store.layout.width)));
  const path = fromText(PACKED_MANIFEST);
  yield { kind: "file", path, executable: false, size: text.length, content: () => [text] };
  yield { kind: "directory", path: fromText(PACKED_TREE) };
  for (const member of canonicalTree(store, object)) {
    yield { ...member, path: `${PACKED_TREE}/${member.path}` as ByteString };
  }
}

function flush(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

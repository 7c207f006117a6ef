import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { type ByteString, fromText } from "../model/byte-string.ts";
import type { BaseName } from "../model/ids.ts";
import { PACKED_MANIFEST, PACKED_TREE, packedManifest, printPackedManifest } from "../model/packed-object.ts";
import { type TarMember, writeTar } from "../system/archive/tar/write-tar.ts";
import { outputPlace, writeOutput } from "../system/output-place.ts";
import { canonicalTree } from "./canonical-tree.ts";
import { readManifest } from "./manifests.ts";
import type { Store } from "./open-store.ts";

/**
 * Writes an object in canonical form, with what must be known of it, to the file `target`: the same bytes in every store
 * that has it. Everything is checked on the way; `target` appears when it is whole and durable, unless it is a device or a
 * FIFO. Returns how many bytes it takes.
 * @throws StoreError DAMAGED when the object is not what its manifest says, UNSUPPORTED when its name cannot be checked
 */
export async function packObject(
  store: Store,
  object: BaseName,
  { target, signal }: { readonly target: string; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const tar = Readable.from(writeTar(packedMembers(store, object)));
  return writeOutput(outputPlace(target), tar, { transforms: [createGzip()], signal });
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

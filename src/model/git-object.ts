import * as crypto from "node:crypto";
import { type ByteString, toBytes } from "./byte-string.ts";
import type { BlobId, TreeId } from "./ids.ts";

/** Modes of git tree entries; a store object knows no others. */
export type GitMode = "100644" | "100755" | "120000" | "40000";

export interface GitTreeEntry {
  readonly mode: GitMode;
  readonly name: ByteString;
  /** 64 lower-case hexadecimal digits: a blob id, or a tree id when the mode is 40000. */
  readonly id: string;
}

/** Git's id, in the SHA-256 object format, of a blob with this content (gitformat-pack, hash-function-transition). */
export function hashBlob(content: Uint8Array): BlobId {
  return startBlob(content.length).update(content).digest("hex") as BlobId;
}

/** A running hash of a blob of `size` bytes, for content that comes in pieces. */
export function startBlob(size: number): crypto.Hash {
  return crypto.createHash("sha256").update(`blob ${size}\0`);
}

/** Room that `hashBlobInPlace` needs before the content. */
export const BLOB_HEADER_ROOM = 32;

/** The blob id of `buffer[BLOB_HEADER_ROOM .. BLOB_HEADER_ROOM + size)`; overwrites the room before it, copies nothing. */
export function hashBlobInPlace(buffer: Buffer, size: number): BlobId {
  const header = `blob ${size}\0`;
  const start = BLOB_HEADER_ROOM - header.length;
  buffer.write(header, start, "latin1");
  return crypto.hash("sha256", buffer.subarray(start, BLOB_HEADER_ROOM + size), "hex") as BlobId;
}

/** Git's id, in the SHA-256 object format, of a tree with these entries, given in any order. */
export function hashTree(entries: readonly GitTreeEntry[]): TreeId {
  const sorted = [...entries].sort(compareEntries);
  let hexadecimal = "";
  for (const { id } of sorted) hexadecimal += id;
  // As text, one byte a character: to write each piece into a buffer takes far longer.
  const ids = Buffer.from(hexadecimal, "hex").toString("latin1");
  let body = "";
  sorted.forEach(({ mode, name }, at) => {
    body += `${mode} ${name}\0${ids.slice(at * ID_BYTES, (at + 1) * ID_BYTES)}`;
  });
  return crypto.hash("sha256", toBytes(`tree ${body.length}\0${body}` as ByteString), "hex") as TreeId;
}

const ID_BYTES = 32;

/** Git's order of tree entries: bytes of the name, where a directory's name ends in "/". */
export function compareEntries(a: GitTreeEntry, b: GitTreeEntry): number {
  const left = a.mode === "40000" ? `${a.name}/` : a.name;
  const right = b.mode === "40000" ? `${b.name}/` : b.name;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `hashTree([])`. */
export const EMPTY_TREE_ID = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321" as TreeId;

/** The blob id of a symlink: its target is the content. */
export function hashLinkTarget(target: ByteString): BlobId {
  return crypto.hash("sha256", toBytes(`blob ${target.length}\0${target}` as ByteString), "hex") as BlobId;
}

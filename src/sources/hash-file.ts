import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Algorithm } from "./integrity.ts";

export interface FileHashes {
  /** In bytes. */
  readonly size: number;
  /** Lower-case hexadecimal digits by algorithm. */
  readonly hex: ReadonlyMap<Algorithm, string>;
}

/** Reads the file once and hashes it with SHA-256 and, where it is another, with `algorithm`. */
export async function hashFile(
  path: string | Buffer,
  algorithm: Algorithm = "sha256",
  signal?: AbortSignal | undefined,
): Promise<FileHashes> {
  const hashes = new Map([...new Set<Algorithm>(["sha256", algorithm])].map((name) => [name, createHash(name)]));
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    size += (chunk as Buffer).length;
    for (const hash of hashes.values()) hash.update(chunk as Buffer);
  }
  return { size, hex: new Map([...hashes].map(([name, hash]) => [name, hash.digest("hex")])) };
}

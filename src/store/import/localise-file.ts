import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { type ByteString, toFsPath } from "../../model/byte-string.ts";
import type { BlobId } from "../../model/ids.ts";
import type { Replacement } from "../../model/rewrite.ts";
import { freeze, frozenMode } from "./freeze.ts";
import { hashFile } from "./hash-file.ts";
import { rewriteFile } from "./rewrite-file.ts";

export interface LocalisedFile {
  /** Of the local form. */
  readonly id: BlobId;
}

/** Turns a file of an import that mentions the store from canonical to local form, and freezes it. */
export function localiseFile(file: {
  path: ByteString;
  executable: boolean;
  replacements: readonly Replacement[];
}): LocalisedFile {
  const fd = openSync(toFsPath(file.path), constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    // Buffers arrive from another thread as plain byte arrays.
    rewriteFile(
      fd,
      file.replacements.map(({ from, to }) => ({ from: Buffer.from(from), to: Buffer.from(to) })),
    );
    const id = hashFile(fd, fstatSync(fd).size);
    freeze(fd, frozenMode(file.executable));
    return { id };
  } finally {
    closeSync(fd);
  }
}

import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { StoreError } from "../../../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../../../model/byte-string.ts";
import type { TarMember } from "./write-tar.ts";

/**
 * The members of a directory, without the directory itself, sorted by name. Files are read when they are written.
 * @throws StoreError INVALID_INPUT for a device, socket or pipe
 */
export function* treeMembers(directory: string, prefix: ByteString = fromText("")): Generator<TarMember> {
  const here = `${fromText(directory)}/${prefix}` as ByteString;
  const entries = readdirSync(toFsPath(here), { withFileTypes: true, encoding: "latin1" });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${prefix}${entry.name}` as ByteString;
    const place = toFsPath(`${here}${entry.name}` as ByteString);
    if (entry.isDirectory()) {
      yield { kind: "directory", path };
      yield* treeMembers(directory, `${path}/` as ByteString);
    } else if (entry.isSymbolicLink()) {
      yield { kind: "symlink", path, target: readlinkSync(place, { encoding: "latin1" }) as ByteString };
    } else if (entry.isFile()) {
      const { size, mode } = lstatSync(place);
      yield { kind: "file", path, executable: (mode & 0o100) !== 0, size, content: () => contentOf(place) };
    } else throw new StoreError("INVALID_INPUT", `${toEscaped(path)} is neither a file nor a directory nor a symlink`);
  }
}

const PIECE = 1 << 20;

function* contentOf(path: string | Buffer): Generator<Buffer> {
  const fd = openSync(path, "r");
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(PIECE);
      const count = readSync(fd, buffer);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

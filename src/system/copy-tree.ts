import fsExtra from "fs-extra";
import { StoreError } from "../errors.ts";
import { type ByteString, toEscaped, toFsPath } from "../model/byte-string.ts";

/**
 * Copies a directory to `to`, which may exist: modes, and times of files, are kept, symlinks stay what they are.
 * (`copySync` of fs-extra takes names for UTF-8.)
 * @throws StoreError INVALID_INPUT for a device, socket or pipe
 */
export function copyTree(from: ByteString, to: ByteString): void {
  fsExtra.mkdirSync(toFsPath(to), { recursive: true });
  for (const entry of fsExtra.readdirSync(toFsPath(from), { withFileTypes: true, encoding: "latin1" })) {
    const [source, target] = [from, to].map((directory) => `${directory}/${entry.name}` as ByteString) as Pair;
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isSymbolicLink())
      fsExtra.symlinkSync(fsExtra.readlinkSync(toFsPath(source), "buffer"), toFsPath(target));
    else if (entry.isFile()) copyFile(toFsPath(source), toFsPath(target));
    else throw new StoreError("INVALID_INPUT", `${toEscaped(source)} is neither a file nor a directory nor a symlink`);
  }
  fsExtra.chmodSync(toFsPath(to), fsExtra.lstatSync(toFsPath(from)).mode);
}

type Pair = [ByteString, ByteString];

function copyFile(from: string | Buffer, to: string | Buffer): void {
  fsExtra.copyFileSync(from, to, fsExtra.constants.COPYFILE_FICLONE);
  const { atime, mtime, mode } = fsExtra.lstatSync(from);
  fsExtra.utimesSync(to, atime, mtime);
  fsExtra.chmodSync(to, mode);
}

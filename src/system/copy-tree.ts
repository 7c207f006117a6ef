import fsExtra from "fs-extra";
import { StoreError } from "../errors.ts";
import { type ByteString, toEscaped, toFsPath } from "../model/byte-string.ts";

/**
 * Copies a directory to `to`, which may exist, so that modes and times are the same whoever has it and since when: files can
 * be read by all and written by their owner, those that can be executed stay so, and all have the time `seconds`; symlinks
 * stay what they are. (`copySync` of fs-extra takes names for UTF-8.)
 * @throws StoreError INVALID_INPUT for a device, socket or pipe
 */
export function copyTree(from: ByteString, to: ByteString, seconds: number): void {
  fsExtra.mkdirSync(toFsPath(to), { recursive: true });
  for (const entry of fsExtra.readdirSync(toFsPath(from), { withFileTypes: true, encoding: "latin1" })) {
    const [source, target] = [from, to].map((directory) => `${directory}/${entry.name}` as ByteString) as Pair;
    if (entry.isDirectory()) copyTree(source, target, seconds);
    else if (entry.isSymbolicLink()) copyLink(toFsPath(source), toFsPath(target), seconds);
    else if (entry.isFile()) copyFile(toFsPath(source), toFsPath(target), seconds);
    else throw new StoreError("INVALID_INPUT", `${toEscaped(source)} is neither a file nor a directory nor a symlink`);
  }
  fsExtra.chmodSync(toFsPath(to), 0o755);
  fsExtra.utimesSync(toFsPath(to), seconds, seconds);
}

type Pair = [ByteString, ByteString];

/** The same for a single file. */
export function copyFile(from: string | Buffer, to: string | Buffer, seconds: number): void {
  fsExtra.copyFileSync(from, to, fsExtra.constants.COPYFILE_FICLONE);
  fsExtra.chmodSync(to, fsExtra.lstatSync(to).mode & 0o111 ? 0o755 : 0o644);
  fsExtra.utimesSync(to, seconds, seconds);
}

function copyLink(from: string | Buffer, to: string | Buffer, seconds: number): void {
  fsExtra.symlinkSync(fsExtra.readlinkSync(from, "buffer"), to);
  fsExtra.lutimesSync(to, seconds, seconds);
}

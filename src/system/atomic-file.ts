import { constants as limits } from "node:buffer";
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeSync,
} from "node:fs";

import { dirname, join } from "node:path";
import { isErrno } from "../errors.ts";
import { damagedRecord, damageOf } from "../model/json-object.ts";
import { randomName } from "./random-name.ts";
import { removeFile } from "./remove-file.ts";
import { asUser } from "./umask.ts";

export interface AtomicWrite {
  readonly mode?: number;
  /** For a file outside of the store, which a user asked for: its mode is what their umask leaves. */
  readonly asUser?: boolean;
  /**
   * Where the temporary file lies: a directory of the same filesystem that vanishes with its process. Default: beside the
   * file, for directories whose temporary names somebody removes.
   */
  readonly scratch?: string;
}

/**
 * Replaces `path` by a file with this content: temporary file beside it, fsync, rename, fsync of the directory. After a
 * crash the path holds the old or the new content, whole.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, options: AtomicWrite = {}): void {
  writeFilesAtomic([{ path, content }], options);
}

/** The same for several files of one directory, whose fsync they share. Each is whole; not all need be there. */
export function writeFilesAtomic(
  files: readonly { readonly path: string; readonly content: Content }[],
  options: AtomicWrite = {},
): void {
  for (const { path, content } of files) replaceFile(path, content, options);
  for (const directory of new Set(files.map(({ path }) => dirname(path)))) syncDirectory(directory);
}

/** Replaces one file, not durable yet: for who must know whether it was replaced when the flush fails. */
export function replaceFile(path: string, content: Content, options: AtomicWrite = {}): void {
  const temporary = temporaryName(options.scratch ?? dirname(path));
  try {
    writeDurable(openNew(temporary, options), content);
    renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw withPath(aboutTarget(error, temporary, path), path);
  }
}

/** Of a file: a text, also in pieces, or bytes. */
export type Content = string | readonly string[] | Uint8Array;

function openNew(path: string, { mode = 0o644, asUser: isUsers = false }: AtomicWrite): number {
  return isUsers ? asUser(() => openSync(path, "wx")) : openSync(path, "wx", mode);
}

function writeDurable(fd: number, content: Content): void {
  try {
    if (content instanceof Uint8Array) writeAll(fd, content);
    else writeTexts(fd, typeof content === "string" ? [content] : content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const ROOM = 64 * 1024;
/** Bytes of UTF-8 that one unit of a text can take. */
const MOST_BYTES = 3;

/** Through little memory: a list of a million files is large, and memory that is new to a process is slow. */
function writeTexts(fd: number, texts: readonly string[]): void {
  let room: Buffer | undefined;
  let used = 0;
  for (const text of texts) {
    if (texts.length === 1 || text.length * MOST_BYTES > ROOM) {
      if (room) writeAll(fd, room.subarray(0, used));
      used = 0;
      writeAll(fd, Buffer.from(text, "utf8"));
      continue;
    }
    room ??= Buffer.allocUnsafe(ROOM);
    if (text.length * MOST_BYTES > ROOM - used) {
      writeAll(fd, room.subarray(0, used));
      used = 0;
    }
    used += room.write(text, used, "utf8");
  }
  if (room) writeAll(fd, room.subarray(0, used));
}

/** Makes `path` a symlink to `target`, replacing a link that is there, in one durable step. */
export function replaceLink(target: string, path: string, options: Pick<AtomicWrite, "scratch"> = {}): void {
  renameLink(target, path, options);
  syncDirectory(dirname(path));
}

/** The same, not durable yet: for who must know whether the link was replaced when the flush fails. */
export function renameLink(target: string, path: string, options: Pick<AtomicWrite, "scratch"> = {}): void {
  const temporary = temporaryName(options.scratch ?? dirname(path));
  try {
    symlinkSync(target, temporary);
    renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw aboutTarget(error, temporary, path);
  }
}

/** Makes what was renamed into or out of this directory durable. */
export function syncDirectory(path: string | Buffer): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network and FUSE filesystems have no fsync for directories; they order renames themselves.
    if (!isErrno(error, "EINVAL", "ENOTSUP", "EBADF")) throw error;
  } finally {
    closeSync(fd);
  }
}

/** Writes all of `bytes` at the file's position, or at `position`: a single `write` may stop short. */
export function writeAll(fd: number, bytes: Uint8Array, position?: number): void {
  try {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(fd, bytes, at, bytes.length - at, position === undefined ? null : position + at);
    }
  } catch (error) {
    if (isErrno(error, "EFBIG")) nameOpenFile(error as Error, fd);
    throw error;
  }
}

/** Here one file is too large, and not the disk full for all: where the system tells its name, the message does too. */
function nameOpenFile(error: Error, fd: number): void {
  try {
    error.message += ` '${readlinkSync(`/proc/self/fd/${fd}`)}'`;
  } catch {
    // Without /proc nobody knows.
  }
}

/** The file's text, or `undefined` when there is none. @throws as `readIfPresent` */
export function readTextIfPresent(path: string): string | undefined {
  // Asked for text at once, Node reads 8 KiB at a time.
  const bytes = readIfPresent(path);
  if (bytes !== undefined && bytes.length > limits.MAX_STRING_LENGTH) throw damagedRecord(path, TOO_LARGE);
  return bytes?.toString("utf8");
}

/** The same, or `undefined` for what is no file, such as a directory in its place. */
export function readTextIfFile(path: string): string | undefined {
  try {
    return readTextIfPresent(path);
  } catch (error) {
    if (damageOf(error) !== undefined) return undefined;
    throw error;
  }
}

const TOO_LARGE = "it is larger than any record";

/** A named pipe that lies in the place of a file is empty, instead of waiting for somebody to write to it. */
const NO_WAIT = { flag: (constants.O_RDONLY | constants.O_NONBLOCK) as unknown as string };

/**
 * The file's bytes, or `undefined` when there is none.
 * @throws StoreError DAMAGED for what is no file; system errors of reading
 */
export function readIfPresent(path: string): Buffer | undefined {
  try {
    return readBytes(path);
  } catch (error) {
    // A directory, a link to itself, a socket.
    if (isErrno(error, "EISDIR", "ELOOP", "ENXIO")) throw damagedRecord(path, "it is no file", error);
    if (isErrno(error, "ERR_FS_FILE_TOO_LARGE")) throw damagedRecord(path, TOO_LARGE, error);
    throw error;
  }
}

/** The text of a file that a person named, or `undefined` when there is none. @throws system errors of reading */
export function readGivenText(path: string): string | undefined {
  return readBytes(path)?.toString("utf8");
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path, NO_WAIT);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw withPath(error, path);
  }
}

/** Nobody knows a temporary name, and it is gone: what fails there is told of what was to be there in the end. */
function aboutTarget(error: unknown, temporary: string, path: string): unknown {
  if (!(error instanceof Error)) return error;
  if ("path" in error && error.path === temporary) Object.assign(error, { path });
  if ("dest" in error && error.dest === temporary) Object.assign(error, { dest: path });
  error.message = error.message.replaceAll(temporary, path);
  return error;
}

/** What fails on an open file does not tell which one it was. */
function withPath(error: unknown, path: string): unknown {
  return error instanceof Error && !("path" in error) ? Object.assign(error, { path }) : error;
}

/** The marker of temporary names, by which leftovers of a killed process are known. */
export const TEMPORARY_MARK = ".tmp-";

/** A name of its own, since a mark behind a long name could exceed what the filesystem takes. */
export function temporaryName(directory: string): string {
  return join(directory, `${TEMPORARY_MARK}${randomName()}`);
}

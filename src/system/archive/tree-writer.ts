import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { isErrno } from "../../errors.ts";
import { type ByteString, isAscii, toBytes, toEscaped, toFsPath } from "../../model/byte-string.ts";
import { beyondBounds } from "../../model/tree-bounds.ts";
import type { EntryWriter } from "./entry-writer.ts";
import { archiveError, countEntry, type Extraction, explainedError } from "./extraction.ts";

type EntryKind = "directory" | "file" | "symlink";

/** Who wants to know of files as they are written. Paths are relative to the target. */
export interface FileWatch {
  /** A file is complete: it stays as it is until it is replaced. */
  written(path: ByteString, bytes: number): void;
  /** What was at this path made room for another entry. */
  replaced(path: ByteString): void;
  /**
   * Who writes the files of an archive, if somebody wants to. `source` is the open archive, from then on the taker's to
   * close.
   */
  takeContents?(archive: {
    readonly path: string;
    readonly source: number;
    readonly bytes: number;
  }): ContentTaker | undefined;
}

/** Writes contents that stand in an archive as they are. */
export interface ContentTaker {
  /** Whether it can take one more now: what it cannot is written by whoever reads the archive. */
  readonly hasRoom: boolean;
  /** Goes on with something else meanwhile; what goes wrong is told by `ready`, or at the end. */
  take(content: TakenContent): void;
  /** Before more is read of the archive. */
  ready(): Promise<void>;
}

export interface TakenContent {
  readonly path: ByteString;
  /** A new file that is open for writing, and from now on the taker's to close. */
  readonly target: number;
  readonly executable: boolean;
  /** Where the content stands in the archive. */
  readonly offset: number;
  readonly bytes: number;
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes the entries of one archive below one directory, which was empty and belongs to nobody else. It remembers what
 * it made and checks every parent against that, so no link is ever followed. Paths are relative to the target, without
 * `.` and `..`. An entry that comes again replaces the first one, except a directory that is not empty.
 *
 * Every method throws StoreError: ARCHIVE, LIMIT, NO_SPACE, or FAILED for any other error of the filesystem.
 */
export class TreeWriter implements EntryWriter, Disposable {
  readonly #run: Extraction;
  readonly #target: string;
  readonly #created = new Map<ByteString, EntryKind>([["" as ByteString, "directory"]]);
  readonly #watch: FileWatch | undefined;
  #fd: number | undefined;
  /** The file that is open, and how many bytes were written to it. */
  #open = { path: "" as ByteString, bytes: 0 };

  constructor(run: Extraction, target: string, watch?: FileWatch) {
    this.#run = run;
    this.#target = target;
    this.#watch = watch;
  }

  makeDirectory(path: ByteString): void {
    if (this.#created.get(path) === "directory") return;
    this.#checkBounds(path);
    this.#needParent(path);
    this.#makeRoom(path);
    this.#make(path, "directory", (at) => mkdirSync(at, 0o755));
  }

  makeSymlink(path: ByteString, linkTarget: ByteString): void {
    if (linkTarget === "" || linkTarget.includes("\0"))
      throw archiveError(this.#run, "is a symlink to no possible path");
    this.#checkBounds(path);
    this.#needParent(path);
    this.#makeRoom(path);
    this.#make(path, "symlink", (at) => symlinkSync(toFsPath(linkTarget), at));
  }

  /** A further name for a file or symlink that is already there. */
  makeHardLink(path: ByteString, existing: ByteString): void {
    const kind = this.#created.get(existing);
    const name = `'${toEscaped(existing)}'`;
    if (kind === undefined) throw archiveError(this.#run, `is a hard link to ${name}, which does not come before it`);
    if (kind === "directory") throw archiveError(this.#run, `is a hard link to the directory ${name}`);
    if (path === existing) return;
    // Some systems follow the symlink when asked to make a hard link to it.
    if (kind === "symlink") {
      this.makeSymlink(path, this.#readLink(existing));
      return;
    }
    this.#checkBounds(path);
    this.#needParent(path);
    this.#makeRoom(path);
    this.#make(path, "file", (at) => linkSync(this.#fsPath(existing), at));
  }

  /** Starts a regular file, 0755 when executable, otherwise 0644, less the umask. */
  openFile(path: ByteString, executable: boolean): void {
    this.#checkBounds(path);
    this.#needParent(path);
    this.#makeRoom(path);
    this.#make(path, "file", (at) => {
      this.#fd = openSync(at, CREATE, executable ? 0o755 : 0o644);
    });
    this.#open = { path, bytes: 0 };
  }

  /** Writes `bytes[start, end)` to the file, at its position or at `position`. */
  write(bytes: Uint8Array, start: number, end: number, position?: number): void {
    this.#attempt(() => {
      for (let at = start; at < end; ) {
        const where = position === undefined ? null : position + at - start;
        at += writeSync(this.#fd as number, bytes, at, end - at, where);
      }
    });
    this.#run.writtenBytes += end - start;
    this.#open.bytes += end - start;
  }

  /** Ends the file; with `size` it becomes as long as that, with a hole where nothing was written. */
  closeFile(size?: number): void {
    const fd = this.#fd as number;
    this.#fd = undefined;
    this.#attempt(() => {
      try {
        if (size !== undefined) ftruncateSync(fd, size);
      } finally {
        closeSync(fd);
      }
    });
    this.#watch?.written(this.#open.path, size ?? this.#open.bytes);
  }

  /** Leaves the open file to the caller, who writes to it and closes it. */
  releaseFile(bytes: number): number {
    const fd = this.#fd as number;
    this.#fd = undefined;
    this.#run.writtenBytes += bytes;
    return fd;
  }

  /** The only entry at the top, when it is a directory. */
  soleTopDirectory(): ByteString | undefined {
    const top = [...this.#created.keys()].filter((path) => path !== "" && !path.includes("/"));
    return top.length === 1 && this.#created.get(top[0]!) === "directory" ? top[0] : undefined;
  }

  /** Closes the file that an error left open. */
  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    try {
      closeSync(this.#fd);
    } catch {
      // What went wrong before says more.
    }
    this.#fd = undefined;
  }

  /** Before anything is made for it. The top directory may be left out afterwards: what lies below it counts. */
  #checkBounds(path: ByteString): void {
    const fault = beyondBounds(path.slice(path.indexOf("/") + 1) as ByteString);
    if (fault !== undefined)
      throw archiveError(this.#run, fault, { hint: "No object may hold it: ask those who made it." });
  }

  #needParent(path: ByteString): void {
    const parent = parentOf(path);
    const kind = this.#created.get(parent);
    if (kind === "directory") return;
    if (kind !== undefined) throw archiveError(this.#run, parentReason(parent, kind));
    this.#needParent(parent);
    countEntry(this.#run);
    this.#make(parent, "directory", (at) => mkdirSync(at, 0o755));
  }

  /** Removes what an entry that comes again replaces. */
  #makeRoom(path: ByteString): void {
    const kind = this.#created.get(path);
    if (kind === undefined) return;
    if (path === "") throw archiveError(this.#run, "is no directory, but its name stands for the top of the archive");
    try {
      if (kind === "directory") rmdirSync(this.#fsPath(path));
      else unlinkSync(this.#fsPath(path));
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw this.#explained(error);
      throw archiveError(this.#run, "would replace a directory that is not empty");
    }
    this.#created.delete(path);
    this.#watch?.replaced(path);
  }

  #make(path: ByteString, kind: EntryKind, step: (at: string | Buffer) => void): void {
    try {
      step(this.#fsPath(path));
    } catch (error) {
      throw isErrno(error, "EEXIST") ? this.#collision(path) : this.#explained(error);
    }
    this.#created.set(path, kind);
  }

  #attempt<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #readLink(path: ByteString): ByteString {
    return this.#attempt(() => readlinkSync(this.#fsPath(path), "latin1")) as ByteString;
  }

  #fsPath(path: ByteString): string | Buffer {
    return isAscii(path) ? `${this.#target}/${path}` : Buffer.concat([Buffer.from(`${this.#target}/`), toBytes(path)]);
  }

  /** The path is taken, but not by its own name: two names are one to this filesystem. */
  #collision(path: ByteString): Error {
    const folded = fold(path);
    const other = [...this.#created.keys()].find((name) => fold(name) === folded);
    const whom = other === undefined ? "another entry" : `'${toEscaped(other)}'`;
    return archiveError(this.#run, `and ${whom} have one name on this filesystem (case or Unicode normalisation)`, {
      hint: "Use a filesystem that keeps such names apart.",
    });
  }

  #explained(error: unknown): unknown {
    return explainedError(this.#run, error);
  }
}

function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) as ByteString;
}

function parentReason(parent: ByteString, kind: "file" | "symlink"): string {
  const name = `'${toEscaped(parent)}'`;
  return kind === "symlink"
    ? `would be written through the symlink ${name}`
    : `needs a directory, but ${name} is a file`;
}

function fold(name: ByteString): string {
  return toBytes(name).toString("utf8").toLowerCase().normalize("NFC");
}

import type { ByteString } from "../../model/byte-string.ts";

/**
 * Who takes the entries of an archive as they are read. Paths are relative, without `.` and `..`; an entry that comes
 * again replaces the first one.
 */
export interface EntryWriter {
  makeDirectory(path: ByteString): void;
  makeSymlink(path: ByteString, linkTarget: ByteString): void;
  /** A further name for a file or symlink that came before. */
  makeHardLink(path: ByteString, existing: ByteString): void;
  /** Starts a regular file, which will have `size` bytes. */
  openFile(path: ByteString, executable: boolean, size: number): void;
  /** `bytes[start, end)`, at the file's position or at `position`. */
  write(bytes: Uint8Array, start: number, end: number, position?: number): void;
  /** Ends the file; with `size` it becomes as long as that, with a hole where nothing was written. */
  closeFile(size?: number): void;
  /** Leaves the open file to whoever takes its content; absent: nobody can. */
  releaseFile?(bytes: number): number;
}

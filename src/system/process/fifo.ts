import { execFile } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { StoreError } from "../../errors.ts";

/**
 * Makes a named pipe that only its owner may open. Node has no call for it, so `mkfifo` of the host does it.
 * @throws StoreError UNSUPPORTED
 */
export async function makeFifo(path: string): Promise<void> {
  try {
    await promisify(execFile)("mkfifo", ["-m", "600", "--", path], { env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } });
  } catch (error) {
    throw new StoreError("UNSUPPORTED", `no named pipe could be made at ${path}`, {
      hint: "The command mkfifo (coreutils) must exist, and the file system must allow named pipes.",
      cause: error,
    });
  }
}

/** Both ends of one pipe: `read` does not block, `write` does. Whoever gets them closes them. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/**
 * A pipe of the kernel. Node itself connects children by sockets, and a socket cannot be opened again by its name: in
 * a child `echo >/dev/stderr` would fail.
 * @param directory where the pipe has a name for a moment
 * @throws StoreError UNSUPPORTED
 */
export async function openPipe(directory: string): Promise<Pipe> {
  const temporary = mkdtempSync(join(directory, "pipe.tmp-"));
  try {
    const path = join(temporary, "pipe");
    await makeFifo(path);
    const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { read, write: openSync(path, constants.O_WRONLY) };
    } catch (error) {
      closeSync(read);
      throw error;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

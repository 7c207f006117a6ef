import { execFile } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { StoreError } from "../../errors.ts";
import { noSpaceAt, saysNoSpace } from "../../model/explain-system-error.ts";
import { removeFile } from "../remove-file.ts";
import { removeTree } from "../remove-tree.ts";

/**
 * Makes a named pipe that only its owner may open.
 * @throws StoreError UNSUPPORTED, NO_SPACE
 */
export async function makeFifo(path: string): Promise<void> {
  await makeFifos([path]);
}

/** Node has no call for it, so `mkfifo` of the host does it. */
async function makeFifos(paths: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)("mkfifo", ["-m", "600", "--", ...paths], { env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } });
  } catch (error) {
    // The message ends with what mkfifo said.
    if (error instanceof Error && saysNoSpace(error.message)) throw noSpaceAt(dirname(paths[0] as string), error);
    throw new StoreError("UNSUPPORTED", `no named pipe could be made at ${paths[0]}`, {
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
 * @throws StoreError UNSUPPORTED, NO_SPACE
 */
export async function openPipe(directory: string): Promise<Pipe> {
  const home = mkdtempSync(join(directory, "pipe.tmp-"));
  try {
    const path = join(home, "pipe");
    await makeFifo(path);
    return openEnds(path);
  } finally {
    removeTree(home);
  }
}

/** Pipes for many children: to make each by a command of its own takes as long as a short build. */
export interface PipeSupply {
  /** As `openPipe`. */
  open(): Promise<Pipe>;
}

/** @param directory where pipes wait under a name; whoever made it removes it */
export function createPipeSupply(directory: string): PipeSupply {
  const waiting: string[] = [];
  let filling: Promise<void> | undefined;
  const fill = async (): Promise<void> => {
    const home = mkdtempSync(join(directory, "pipes.tmp-"));
    const paths = Array.from({ length: BATCH }, (_, number) => join(home, String(number)));
    await makeFifos(paths);
    waiting.push(...paths);
  };
  return {
    async open() {
      while (waiting.length === 0) {
        filling ??= fill().finally(() => {
          filling = undefined;
        });
        await filling;
      }
      return openEnds(waiting.pop() as string);
    },
  };
}

/** Pipes that are made at once. */
const BATCH = 32;

function openEnds(path: string): Pipe {
  try {
    const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return { read, write: openSync(path, constants.O_WRONLY) };
    } catch (error) {
      closeSync(read);
      throw error;
    }
  } finally {
    removeFile(path);
  }
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, createReadStream } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { StoreError } from "../../../errors.ts";
import { closeStream } from "../../close-stream.ts";
import { CHUNK_BYTES, type PackedFile } from "../packed-file.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The absolute path of a program in one of the directories of `PATH`; relative ones do not count. */
export function findProgram(name: string, environment: Environment): string | undefined {
  const directories = (environment.PATH ?? "").split(":").filter(isAbsolute);
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly environment: Environment;
  /** Whether what the program says that it left out may be. */
  readonly mayLeaveOut?: (() => boolean) | undefined;
}

/**
 * What a decompression program makes of the file. The program is dead when the generator is done or given up.
 *
 * @throws Error with the program's own message when it fails or leaves something of the file out; StoreError FAILED when
 *   it cannot be started
 */
export async function* runProgram(file: PackedFile, program: string, options: ProgramOptions): AsyncGenerator<Buffer> {
  const child = spawn(program, options.args, { env: { ...options.environment, ...PLAIN }, stdio: "pipe" });
  const closed = once(child, "close");
  closed.catch(() => undefined);
  const messages: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => messages.length < 16 && messages.push(chunk));
  // The exit status says more than a pipe that the program closed.
  child.stdin.on("error", () => undefined);
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  source.on("error", (error) => child.stdout.destroy(error));
  source.on("data", (chunk) => {
    file.readBytes += chunk.length;
  });
  source.pipe(child.stdin);
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const [status, signal] = await ending(closed, program);
    const message = Buffer.concat(messages).toString("utf8").trim();
    if (status !== 0 || (TRAILING_GARBAGE.test(message) && !options.mayLeaveOut?.())) {
      throw new Error(message || `${basename(program)} ended with ${status ?? signal}`);
    }
  } finally {
    child.kill("SIGKILL");
    await closeStream(source);
    await closed.catch(() => undefined);
  }
}

/** How the program ended. @throws StoreError FAILED when it never started */
async function ending(closed: Promise<unknown[]>, program: string): Promise<unknown[]> {
  try {
    return await closed;
  } catch (cause) {
    throw new StoreError("FAILED", `${program} cannot be started: ${(cause as Error).message}`, {
      hint: "Repair or remove this program; without it the archive is unpacked by a slower library.",
      details: { program },
      cause,
    });
  }
}

/** Without options that users may have set for these programs; messages are read, so they must not be translated. */
const PLAIN = {
  LC_ALL: "C",
  ...Object.fromEntries(
    ["BZIP", "BZIP2", "XZ_OPT", "XZ_DEFAULTS", "ZSTD_CLEVEL", "ZSTD_NBTHREADS"].map((name) => [name, undefined]),
  ),
};

/** bzip2 only warns. */
const TRAILING_GARBAGE = /trailing garbage/;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

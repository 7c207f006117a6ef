import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { runKept } from "../helpers/keep-store-process.ts";
import { PROGRAM } from "../helpers/run-store.ts";

/** Kinds of calls; a fault counts those that it is told to. */
export const KIND = { create: 1, write: 2, rename: 4, remove: 8, meta: 16, flush: 32, open: 64, read: 128 } as const;

/** All that change the disk. Flushes do not count for a kill: before and after one a killed process leaves the same. */
export const CHANGES = KIND.create | KIND.write | KIND.rename | KIND.remove | KIND.meta;

/** What shall happen to the program at its `at`-th call, from 1, of `kinds` below the root of the store. */
export interface Fault {
  /**
   * `kill`: SIGKILL before the call. `tear`: the same, but half of a write is done before. `fail`: the call fails.
   * `stay`: it fails, and so do all behind it.
   */
  readonly mode: "kill" | "tear" | "fail" | "stay";
  readonly at: number;
  readonly kinds: number;
  /** Microseconds that a process goes on, with all its threads, before it is killed. */
  readonly delay?: number;
  /** Name of the error of a call that fails: `ENOSPC`. */
  readonly errno?: keyof typeof constants.errno;
}

/** One call that was made. */
export interface Call {
  readonly kind: number;
  readonly name: string;
  readonly fields: readonly string[];
}

export interface Ended {
  /** Exit status, or `undefined` for a process that was killed. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly root: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly fault?: Fault;
  /** A file that gets one line for each call; with `data` also what was written. */
  readonly journal?: { readonly path: string; readonly data: boolean };
  /** Milliseconds after which the process is killed from outside. */
  readonly killAfter?: number;
  /** Highest number of open files. */
  readonly openFiles?: number;
  /** A program of Node that is run instead of the real one. */
  readonly program?: string;
}

/** The real program below a shim that meddles with its system calls; without any such wish a process that stays. */
export interface Shim {
  run(words: readonly string[], options: RunOptions): Promise<Ended>;
}

/** Why there is no shim on this machine; `undefined` when there is one. Says so, since tests are left out for it. */
export function whyNoShim(): string | undefined {
  const reason = process.platform === "linux" ? whyNoCompiler() : "it needs Linux and glibc";
  if (reason !== undefined) process.stderr.write(`SKIPPED: faults in system calls: ${reason}\n`);
  return reason;
}

function whyNoCompiler(): string | undefined {
  try {
    execFileSync("cc", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no C compiler (cc)";
  }
}

/** Compiles the shim before the tests of a file, and removes it after them. */
export function useShim(): Shim {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "shim-"));
    const source = fileURLToPath(new URL("shim.c", import.meta.url));
    const target = join(directory, "shim.so");
    execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", target, source, "-ldl", "-lpthread"]);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return { run: (words, options) => runShimmed(join(directory, "shim.so"), words, options) };
}

/** The calls that a journal tells. */
export function readCalls(path: string): Call[] {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => {
    const [kind, name = "", ...fields] = line.split("\t");
    return { kind: Number(kind), name, fields };
  });
}

async function runShimmed(library: string, words: readonly string[], options: RunOptions): Promise<Ended> {
  const { root, openFiles, fault, journal, killAfter, program } = options;
  const env = { PATH: process.env.PATH, HOME: root, TZ: "UTC", LANG: "C.UTF-8", ...options.env };
  if (!fault && !journal && killAfter === undefined && openFiles === undefined)
    return runKept({ argv: ["--root", root, ...words], cwd: "/", env });
  const argv = [process.execPath, ...(program ? [program] : [PROGRAM, "--root", root]), ...words];
  // The program itself needs some files before it comes to the store: they must be open by then.
  const limited = openFiles === undefined ? argv : ["sh", "-c", `ulimit -n ${openFiles}; exec "$@"`, "sh", ...argv];
  const [file = "", ...args] = limited;
  const child = spawn(file, args, {
    env: { ...env, ...variables(library, options) },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: "/",
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      if (signal !== null && signal !== "SIGKILL") reject(new Error(`${words.join(" ")} ended by ${signal}`));
      else resolve({ status: signal === null ? (status ?? 1) : undefined, stdout: stdout(), stderr: stderr() });
    });
  });
}

function variables(library: string, { root, fault, journal }: RunOptions): Record<string, string> {
  if (!fault && !journal) return {};
  return {
    LD_PRELOAD: library,
    STORE_FAULT_ROOT: root,
    ...(fault && {
      STORE_FAULT_MODE: fault.mode,
      STORE_FAULT_AT: String(fault.at),
      STORE_FAULT_KINDS: String(fault.kinds),
      STORE_FAULT_DELAY: String(fault.delay ?? 0),
      STORE_FAULT_ERRNO: String(constants.errno[fault.errno ?? "EIO"]),
    }),
    ...(journal && { STORE_FAULT_JOURNAL: journal.path, STORE_FAULT_DATA: journal.data ? "1" : "0" }),
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString("utf8");
}

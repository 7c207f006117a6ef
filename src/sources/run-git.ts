import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { isErrno, StoreError } from "../errors.ts";
import type { FetchContext } from "./fetch-context.ts";

export interface GitOptions {
  /** Where git runs. */
  readonly cwd: string;
  /** Protocols that git may use, for example `https` and `ssh`; none by default. */
  readonly protocols?: readonly string[] | undefined;
  /** Given a line of what git says about its progress or faults. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A running git. Its standard error is read by `runGit` and `finishGit`. */
export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>;

export interface GitResult {
  /** Exit status; 0 is success. */
  readonly status: number;
  readonly stdout: Buffer;
  /** The last lines of standard error. */
  readonly stderr: string;
}

/**
 * Runs the host's git to its end, with nothing on its standard input.
 *
 * @throws StoreError UNSUPPORTED when there is no git; the signal's reason
 */
export async function runGit(context: FetchContext, args: readonly string[], options: GitOptions): Promise<GitResult> {
  const child = startGit(context, args, options);
  child.stdin.end();
  const [stdout, end] = await Promise.all([buffer(child.stdout), finishGit(context, child, options)]);
  return { ...end, stdout };
}

/** Starts git; whoever does so reads its output and awaits `finishGit`. */
export function startGit(context: FetchContext, args: readonly string[], options: GitOptions): GitProcess {
  context.signal?.throwIfAborted();
  try {
    return spawn("git", [...SETTINGS, ...args], {
      cwd: options.cwd,
      env: gitEnvironment(context.env, options.protocols ?? []),
      stdio: ["pipe", "pipe", "pipe"],
      ...(context.signal && { signal: context.signal }),
    });
  } catch (error) {
    // Node throws at once what it does not expect, as where PATH names a file.
    throw noGit(error);
  }
}

/** Waits for git's end. */
export async function finishGit(
  context: FetchContext,
  child: GitProcess,
  options: GitOptions,
): Promise<{ readonly status: number; readonly stderr: string }> {
  child.stdin.on("error", () => undefined);
  const lines: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.split(/[\r\n]+/).filter((part) => part.trim() !== "")) {
      options.onLine?.(line);
      // Progress is not worth keeping; the reason of a failure is.
      if (!/\d+%/.test(line)) lines.push(line);
    }
    lines.splice(0, lines.length - 20);
  });
  const status = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? -1));
  }).catch((error) => {
    context.signal?.throwIfAborted();
    throw noGit(error);
  });
  context.signal?.throwIfAborted();
  return { status, stderr: lines.join("\n") };
}

/** Hooks and the monitor of a repository's files are programs of others: they are not run. */
const SETTINGS = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"];

/** Variables that would lead git to another repository (those of `git rev-parse --local-env-vars`). */
const LOCAL_VARIABLES = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
];

function gitEnvironment(env: FetchContext["env"], protocols: readonly string[]): NodeJS.ProcessEnv {
  const copy: NodeJS.ProcessEnv = { ...env };
  for (const name of LOCAL_VARIABLES) delete copy[name];
  return {
    ...copy,
    GIT_ALLOW_PROTOCOL: protocols.join(":") || "none",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    LC_ALL: "C",
  };
}

function noGit(error: unknown): unknown {
  if (!isErrno(error, "ENOENT", "ENOTDIR")) return error;
  return new StoreError("UNSUPPORTED", "git is needed for this source, and there is none", {
    hint: "Install git, or use an archive of the same files.",
    cause: error,
  });
}

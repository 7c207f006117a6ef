import type { StdioOptions } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { followProcessTree, type ProcessTree } from "./process-tree.ts";
import { startChild } from "./start-child.ts";

/** Signals of this process that are for the command it runs; the process itself goes on. */
export interface HeldSignals extends Disposable {
  /** The first that asked for an end (INT, QUIT, TERM, HUP). */
  readonly first: NodeJS.Signals | undefined;
  /** Hands what comes on to a process, until it is given another one. */
  sendTo(pid: number | undefined): void;
}

export interface ForegroundOptions {
  readonly cwd: string;
  /** The whole environment: nothing is inherited. Its PATH is where the command is looked for. */
  readonly env: Readonly<Record<string, string>>;
  readonly held: HeldSignals;
  /** Default: stdin, stdout and stderr of this process. */
  readonly stdio?: StdioOptions | undefined;
  /** A `NAME=value` of `env` that no other process has, by which what the command leaves behind is found. */
  readonly marker?: string | undefined;
  readonly onStart?: ((tree: ProcessTree) => void) | undefined;
  /** Ends the command with TERM, or after two seconds with KILL, and what it leaves behind. */
  readonly signal?: AbortSignal | undefined;
}

/** How a command ended: `status` is its exit status, or 128 and the number of the signal, as shells count. */
export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly status: number;
}

/**
 * Runs a command as if it had been started in the place of this process: it keeps the terminal, the standard streams and
 * the umask, and gets the signals.
 * @throws StoreError as `runProcess`
 */
export async function runForeground(
  command: string,
  args: readonly string[],
  { cwd, env, held, stdio = "inherit", marker, onStart, signal: abort }: ForegroundOptions,
): Promise<CommandEnd> {
  abort?.throwIfAborted();
  const child = await startChild(command, args, { cwd, env: { ...env }, stdio, asUser: true });
  const tree = followProcessTree(child.pid, marker);
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    // Not after what runs below it: a shell would go on with its next command.
    child.kill("SIGTERM");
    tree.signal("SIGTERM", "below");
    timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  };
  if (abort?.aborted) stop();
  else abort?.addEventListener("abort", stop);
  held.sendTo(child.pid);
  onStart?.(tree);
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("exit", (...end) => resolve(end)),
  );
  held.sendTo(undefined);
  abort?.removeEventListener("abort", stop);
  clearTimeout(timer);
  if (abort?.aborted) await tree.killRest();
  return { exitCode, signal, status: signal ? 128 + constants.signals[signal] : (exitCode ?? 0) };
}

const GRACE_MS = 2000;

const ENDING = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"] as const;
const HELD = [...ENDING, "SIGUSR1", "SIGUSR2"] as const;

/** Keeps signals from ending this process. */
export function holdSignals(): HeldSignals {
  let first: NodeJS.Signals | undefined;
  let target: number | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    if (ENDING.some((each) => each === name)) first ??= name;
    if (target !== undefined && !comesFromTerminal(name)) sendSignal(target, name);
  };
  for (const name of HELD) process.on(name, onSignal);
  return {
    get first() {
      return first;
    },
    sendTo: (pid) => {
      target = pid;
    },
    [Symbol.dispose]: () => {
      for (const name of HELD) process.off(name, onSignal);
    },
  };
}

/** Ctrl-C and Ctrl-\ go to everything that is in the foreground of a terminal: the command has them already. */
function comesFromTerminal(name: NodeJS.Signals): boolean {
  return (name === "SIGINT" || name === "SIGQUIT") && isInForeground();
}

function isInForeground(): boolean {
  try {
    // proc(5): behind the name in parentheses stand state, ppid, pgrp, session, tty_nr, tpgid.
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[2] === fields[5];
  } catch {
    return process.stdin.isTTY === true;
  }
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readProcess } from "../../system/process/process-table.ts";
import { runInteractive } from "../../system/process/run-interactive.ts";
import { type ProcessOptions, type ProcessResult, runProcess } from "../../system/process.ts";
import { type SandboxSpec, sandboxCommand } from "../sandbox.ts";

export type SandboxRunOptions = Omit<ProcessOptions, "cwd" | "env" | "terminate" | "marker"> & {
  /** A private directory for what is needed only while it runs. */
  readonly pipeDirectory: string;
};

type RunSpec = Omit<SandboxSpec, "fds" | "infoFd" | "interactive">;

/**
 * Runs a command in a sandbox; when it returns, no process of the sandbox is alive. A command that a signal ended has
 * the exit status 128 and the number of the signal, as in a shell. Must be called in the main thread: the sandbox dies
 * with the thread that started it.
 * @throws StoreError as `runProcess` and `sandboxCommand`
 */
export async function runInSandbox(spec: RunSpec, options: SandboxRunOptions): Promise<ProcessResult> {
  const directory = mkdtempSync(join(options.pipeDirectory, "sandbox.tmp-"));
  const info = openSync(join(directory, "info"), "wx+");
  try {
    const fds = [...(options.fds ?? []), info];
    const { command, args } = sandboxCommand({ ...spec, fds: fds.length - 1, infoFd: 2 + fds.length });
    const result = await runProcess(command, args, { ...options, cwd: "/", env: {}, fds, terminate: "below" });
    await namespaceEnded(readFileSync(join(directory, "info"), "utf8"));
    return result;
  } finally {
    closeSync(info);
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Runs a command in a sandbox for the person at this terminal.
 * @throws StoreError as `runInteractive` and `sandboxCommand`
 */
export async function runInSandboxInteractively(spec: RunSpec): Promise<Pick<ProcessResult, "exitCode" | "signal">> {
  const { command, args } = sandboxCommand({ ...spec, interactive: true });
  return await runInteractive(command, args, { cwd: "/", env: {} });
}

/**
 * bubblewrap ends a moment before the first process of its pid namespace does; the kernel kills all others of the
 * namespace before that one is gone (pid_namespaces(7)).
 */
async function namespaceEnded(info: string): Promise<void> {
  const first = Number(/"child-pid": *(\d+)/.exec(info)?.[1]);
  const entry = Number.isInteger(first) ? readProcess(first) : undefined;
  if (entry === undefined) return;
  for (let round = 0; round < 5000; round++) {
    const now = readProcess(first);
    if (now === undefined || now.zombie || now.startTicks !== entry.startTicks) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

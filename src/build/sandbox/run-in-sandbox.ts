import { closeSync, readSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import { openPipe } from "../../system/process/fifo.ts";
import { isFirstOfNamespace, readProcess } from "../../system/process/process-table.ts";
import { sendSignal } from "../../system/process/process-tree.ts";
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
  // A pipe and not a file: a full disk could end bubblewrap between its two processes.
  const info = await (options.pipes?.open() ?? openPipe(options.pipeDirectory));
  try {
    const fds = [...(options.fds ?? []), info.write];
    const { command, args } = sandboxCommand({ ...spec, fds: fds.length - 1, infoFd: 2 + fds.length });
    const result = await runProcess(command, args, { ...options, cwd: "/", env: {}, fds, terminate: "below" });
    await namespaceEnded(readWritten(info.read));
    return result;
  } finally {
    closeSync(info.read);
    closeSync(info.write);
  }
}

/** What was written to a pipe that others may still hold open. */
function readWritten(fd: number): string {
  const buffer = Buffer.alloc(4096);
  try {
    return buffer.toString("latin1", 0, readSync(fd, buffer));
  } catch (error) {
    if (isErrno(error, "EAGAIN")) return "";
    throw error;
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
 * namespace before that one is gone (pid_namespaces(7)). When bubblewrap was killed early, nothing ends that process: it
 * asks for its parent's death only when it has made its mounts.
 */
async function namespaceEnded(info: string): Promise<void> {
  const first = Number(/"child-pid": *(\d+)/.exec(info)?.[1]);
  const entry = Number.isInteger(first) ? readProcess(first) : undefined;
  if (entry === undefined) return;
  if (isFirstOfNamespace(first)) sendSignal(first, "SIGKILL");
  for (let round = 0; round < 5000; round++) {
    const now = readProcess(first);
    if (now === undefined || now.zombie || now.startTicks !== entry.startTicks) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

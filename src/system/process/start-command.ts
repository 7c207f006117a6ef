import type { ChildProcess } from "node:child_process";
import type { ProcessOptions, ProcessResult } from "../process.ts";
import type { OutputCollector } from "./collect-output.ts";
import { readProcess } from "./process-table.ts";
import { startChild } from "./start-child.ts";

/** A command that runs as leader of its own process group. */
export interface StartedCommand {
  readonly pid: number;
  /** Absent when a launcher started it. */
  readonly child: ChildProcess | undefined;
  /** Waits for its end. */
  exited(outputEnded: Promise<void>): Promise<ExitStatus>;
}

type ExitStatus = Pick<ProcessResult, "exitCode" | "signal">;

type StartOptions = ProcessOptions & { readonly output: OutputCollector };

/**
 * Starts a command by the launcher where that can do it, and otherwise as a child of this process, in its own session.
 * @throws StoreError NOT_FOUND, LIMIT, FAILED
 */
export async function startCommand(
  command: string,
  args: readonly string[],
  options: StartOptions,
): Promise<StartedCommand> {
  return (await launched(command, args, options)) ?? (await spawned(command, args, options));
}

async function launched(
  command: string,
  args: readonly string[],
  { launcher, cwd, env, stdin, output, fds = [] }: StartOptions,
): Promise<StartedCommand | undefined> {
  const isPlain = cwd === "/" && stdin === undefined && Object.keys(env).length === 0;
  if (!isPlain || output.pipe === undefined) return undefined;
  const running = await launcher?.launch(command, args, { output: output.pipe, fds });
  if (running === undefined) return undefined;
  return {
    pid: running.pid,
    child: undefined,
    async exited(outputEnded) {
      // What it left behind can hold the output open for ever.
      using watch = watchEnd(running.pid);
      await Promise.race([outputEnded, watch.ended]);
      return { exitCode: await running.wait(), signal: null };
    },
  };
}

/** Looks at a process that is no child of this one, whose end the kernel tells only its parent. */
function watchEnd(pid: number): Disposable & { readonly ended: Promise<void> } {
  const start = readProcess(pid)?.startTicks;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      const entry = readProcess(pid);
      if (entry === undefined || entry.zombie || entry.startTicks !== start) resolve();
    }, LOOK_MS);
  });
  return { ended, [Symbol.dispose]: () => clearInterval(timer) };
}

const LOOK_MS = 250;

async function spawned(command: string, args: readonly string[], options: StartOptions): Promise<StartedCommand> {
  const { cwd, env, asUser, stdin, output, fds = [] } = options;
  const stdio = [stdin === undefined ? "ignore" : "pipe", ...output.stdio, ...fds] as const;
  const child = await startChild(command, args, { cwd, env: { ...env }, asUser, detached: true, stdio: [...stdio] });
  const status = new Promise<ExitStatus>((resolve) =>
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal })),
  );
  // A command that does not read its input to the end is no error of ours (EPIPE).
  child.stdin?.on("error", () => {});
  child.stdin?.end(stdin);
  return { pid: child.pid, child, exited: () => status };
}

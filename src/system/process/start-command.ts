import type { ChildProcess } from "node:child_process";
import type { ProcessOptions, ProcessResult } from "../process.ts";
import type { OutputCollector } from "./collect-output.ts";
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
      await outputEnded;
      return { exitCode: await running.wait(), signal: null };
    },
  };
}

async function spawned(command: string, args: readonly string[], options: StartOptions): Promise<StartedCommand> {
  const { cwd, env, stdin, output, fds = [] } = options;
  const stdio = [stdin === undefined ? "ignore" : "pipe", ...output.stdio, ...fds] as const;
  const child = await startChild(command, args, { cwd, env: { ...env }, detached: true, stdio: [...stdio] });
  const status = new Promise<ExitStatus>((resolve) =>
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal })),
  );
  // A command that does not read its input to the end is no error of ours (EPIPE).
  child.stdin?.on("error", () => {});
  child.stdin?.end(stdin);
  return { pid: child.pid, child, exited: () => status };
}

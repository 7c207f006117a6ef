import type { ProcessResult } from "../process.ts";
import { startChild } from "./start-child.ts";

export interface InteractiveOptions {
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs a command that talks with the person at this terminal: it keeps the terminal, stdin, stdout and stderr. Ctrl-C
 * and Ctrl-\ are for the command and do not end this process meanwhile.
 * @throws StoreError as `runProcess`
 */
export async function runInteractive(
  command: string,
  args: readonly string[],
  options: InteractiveOptions,
): Promise<Pick<ProcessResult, "exitCode" | "signal">> {
  using _keys = ignoreKeys();
  const child = await startChild(command, args, { cwd: options.cwd, env: { ...options.env }, stdio: "inherit" });
  return await new Promise((resolve) => child.once("exit", (exitCode, signal) => resolve({ exitCode, signal })));
}

function ignoreKeys(): Disposable {
  const ignore = (): void => {};
  const signals = ["SIGINT", "SIGQUIT"] as const;
  for (const signal of signals) process.on(signal, ignore);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, ignore);
    },
  };
}

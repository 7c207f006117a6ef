import { expandAlias } from "./arguments/expand-alias.ts";
import { parseQuickly } from "./arguments/parse-quickly.ts";
import type { Parsed } from "./arguments/parsed.ts";
import { loadQuickCommand, QUICK_COMMANDS } from "./quick-commands.ts";
import { refuseUndecodable } from "./refuse-undecodable.ts";
import { recallCommand, runCommand } from "./run-command.ts";
import { withSink } from "./with-sink.ts";

/** Words, up to an `=`, of which one stands in every command line that may be for here: the commands, and an alias of one. */
export const quickWords: readonly string[] = [...Object.keys(QUICK_COMMANDS), "--revert"];

/**
 * Carries out one command line; gives the exit status of the process. Quick commands run from here, all others from
 * the whole program, which is loaded only then.
 */
export async function main(words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const argv = expandAlias(words);
  const parsed = await parseIfQuick(argv, env);
  const run = parsed?.command.recall ? recallCommand : runCommand;
  const status = parsed && (await withSink({ argv, env }, (sink) => run(parsed, { argv, env, sink })));
  if (status !== undefined) return status;
  const whole = await import("./main.ts");
  return whole.main(argv, env);
}

/** What is wrong with a command line, the whole program tells. */
async function parseIfQuick(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Parsed | undefined> {
  try {
    refuseUndecodable(env);
    return await parseQuickly(argv, loadQuickCommand);
  } catch {
    return undefined;
  }
}

import { allowCompilingLater } from "../system/compile-later.ts";
import { printError } from "./errors/print-error.ts";
import { plainOutput, wantsStack } from "./output/plain-output.ts";
import { readCommandLine } from "./read-command-line.ts";
import { refuseUndecodable } from "./refuse-undecodable.ts";
import { type ProcessParts, runCommand } from "./run-command.ts";
import { withSink } from "./with-sink.ts";

/** Carries out any command line; gives the exit status of the process. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  allowCompilingLater();
  return withSink({ argv, env }, async (sink) => {
    if (argv[0] !== "__complete") return runCommandLine({ argv, env, sink });
    const { complete } = await import("./completion/complete.ts");
    sink.write("stdout", await complete(argv.slice(1), env));
    return 0;
  });
}

async function runCommandLine(parts: ProcessParts): Promise<number> {
  const { argv, sink } = parts;
  try {
    const understood = await readCommandLine(argv);
    if (understood.kind === "command") {
      refuseUndecodable(parts.env);
      return await runCommand(understood.parsed, parts);
    }
    sink.write(understood.isAnswer ? "stdout" : "stderr", understood.text);
    return understood.isAnswer ? 0 : 2;
  } catch (error) {
    return printError(error, plainOutput(parts, sink), wantsStack(parts));
  }
}

import { describeTerminal } from "../terminal.ts";
import { createOutput, type Output } from "./output.ts";
import type { Sink } from "./sink.ts";
import { STREAMS } from "./standard-streams.ts";

export interface CommandLine {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** The output where a command line is not, or no longer, at hand as it was read: the options that decide are looked for. */
export function plainOutput({ argv, env }: CommandLine, sink: Sink): Output {
  const isJson = argv.includes("--json");
  const color = argv.includes("--color=never") ? "never" : undefined;
  const terminal = describeTerminal({ json: isJson, progress: false, quiet: false, color }, env, STREAMS);
  return createOutput(sink, { isJson, isQuiet: false, terminal });
}

export function wantsStack({ argv }: CommandLine): { readonly isVerbose: boolean } {
  return { isVerbose: argv.includes("--verbose") || argv.includes("-v") };
}

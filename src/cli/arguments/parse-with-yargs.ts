import createYargs, { type Argv, type Options } from "yargs";
import type { Command, OptionSpec, OptionSpecs, Positionals } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import { loadCommands } from "../registry.ts";
import type { Parsed } from "./parsed.ts";
import { PARSER_CONFIGURATION } from "./parser-settings.ts";
import { readValues } from "./read-values.ts";
import { usageError } from "./usage-error.ts";

/** What yargs makes of a command line: a command, or a text for the person who asked for it. */
export type Understood =
  | { readonly kind: "command"; readonly parsed: Parsed }
  | { readonly kind: "text"; readonly text: string };

export interface HelpStyle {
  /** Columns that help may fill. */
  readonly width: number;
  readonly version: string;
}

/**
 * Reads any command line with yargs, all commands known to it.
 * @throws StoreError USAGE with a suggestion
 */
export async function parseWithYargs(argv: readonly string[], style: HelpStyle): Promise<Understood> {
  const commands = await loadCommands();
  let parsed: Parsed | undefined;
  let failure: unknown;
  const program = createProgram(style).fail((message, error) => {
    failure ??= error ?? usageError(message, commands, argv);
  });
  for (const command of commands) {
    program.command({
      command: grammar(command),
      aliases: command.aliases ?? [],
      describe: command.summary,
      builder: (each) => describeCommand(each, command),
      handler: (values) => {
        parsed = readValues(command, unshielded(values));
      },
    });
  }
  let text = "";
  await program.parse(shielded(argv), {}, (error, values, output) => {
    failure ??= error;
    text = "version" in values && values["version"] === true && !parsed ? `store ${style.version}` : output;
  });
  if (failure) throw failure;
  return parsed ? { kind: "command", parsed } : { kind: "text", text: `${text}\n` };
}

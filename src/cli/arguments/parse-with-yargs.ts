import createYargs, { type Argv, type Options } from "yargs";
import { StoreError } from "../../errors.ts";
import type { Command, OptionSpec, OptionSpecs, Positionals } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import { loadCommands } from "../registry.ts";
import { firstWord } from "./parse-quickly.ts";
import type { Parsed } from "./parsed.ts";
import { cutRest, HELP, knownOptions, PARSER_CONFIGURATION, toWords, VERSION } from "./parser-settings.ts";
import { type RawValues, readValues } from "./read-values.ts";
import { noCommandToRun, usageError } from "./usage-error.ts";

declare module "yargs" {
  interface Argv<T> {
    /** Missing in the types of yargs. */
    usageConfiguration(configuration: { readonly "hide-types": boolean }): Argv<T>;
  }
}

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
  const first = firstWord(argv);
  const named = commands.find(({ name, aliases = [] }) => first !== undefined && [name, ...aliases].includes(first));
  const { own, rest } = named?.runs ? cutRest(argv) : { own: argv, rest: [] };
  const words = toWords(own, knownOptions(named));
  const inherited = inheritedName(own);
  if (inherited !== undefined) throw usageError(`Unknown argument: ${inherited}`, commands, argv);
  let parsed: Parsed | undefined;
  let failure: unknown;
  const program = createProgram(style).fail((message, error) => {
    failure ??= error instanceof StoreError ? error : usageError(message || error.message, commands, argv);
  });
  for (const command of commands) {
    program.command({
      command: grammar(command),
      aliases: command.aliases ?? [],
      describe: command.summary,
      builder: (each) => describeCommand(each, command),
      handler: (values) => {
        parsed = readValues(command, unshielded(values), rest);
      },
    });
  }
  let text = "";
  await program.parse(shielded(words), {}, (error, values, output) => {
    failure ??= error;
    text = "version" in values && values.version === true && !parsed ? `store ${style.version}` : output;
  });
  if (text !== "" && first !== undefined && !named)
    failure ??= usageError(`Unknown argument: ${first}`, commands, argv);
  if (!parsed && text === "") failure ??= usageError("Not enough non-option arguments", commands, argv);
  if (parsed?.command.runs && rest.length === 0) failure ??= noCommandToRun(parsed.command);
  if (failure) throw failure;
  return parsed ? { kind: "command", parsed } : { kind: "text", text: `${text}\n` };
}

/** An option called as a member that every object has: yargs would find that member where it looks for options. */
function inheritedName(argv: readonly string[]): string | undefined {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const names = argv.slice(0, end).map((word) => /^--(?:no-)?([^=]+)/.exec(word)?.[1]);
  return names.find((name) => name !== undefined && name in {});
}

function createProgram({ width }: HelpStyle): Argv {
  const program = createYargs()
    .scriptName("store")
    .usage(
      "$0 COMMAND [OPTION…]\n\nA package store for one user: every change is a new generation, and one step leads back.",
    )
    .locale("en")
    .parserConfiguration(PARSER_CONFIGURATION)
    .usageConfiguration({ "hide-types": true })
    .wrap(width)
    .exitProcess(false)
    .showHelpOnFail(false)
    .help("help", HELP.describe)
    .alias("help", HELP.alias)
    .version(false)
    .option("version", { ...VERSION, global: false })
    .strict()
    .epilogue(EXIT_STATUS);
  for (const [name, spec] of Object.entries(GLOBAL_OPTIONS as OptionSpecs)) program.option(name, toYargs(spec));
  return program.group(["help", "version"], "Other:");
}

const EXIT_STATUS =
  "Exit status: 0 done, 1 failed and nothing changed, 2 wrong usage or input, 3 done with warnings that need a person, " +
  "4 refused as unsafe, 5 busy, 6 damaged store or log, 130 interrupted.";

function describeCommand(program: Argv, command: Command): Argv {
  const details = command.details === undefined ? "" : `\n\n${command.details}`;
  program.usage(`$0 ${grammar(command)}${command.runs ? " -- COMMAND…" : ""}\n\n${command.summary}.${details}`);
  if (command.runs) program.positional("COMMAND", { type: "string", describe: command.runs.describe });
  for (const [name, { describe }] of Object.entries(command.positionals)) {
    program.positional(name, { type: "string", describe });
  }
  for (const [name, spec] of Object.entries(command.options)) program.option(name, toYargs(spec));
  for (const [example, what] of command.examples) program.example(example, what);
  return program.epilogue(`With --json: ${command.json}`);
}

/** A command's name and positionals as yargs wants them: `install <spec..>`. */
export function grammar({ name, positionals }: { readonly name: string; readonly positionals: Positionals }): string {
  const shapes = { one: "<$>", optional: "[$]", some: "<$..>", any: "[$..]" } as const;
  return [name, ...Object.entries(positionals).map(([each, { need }]) => shapes[need].replace("$", each))].join(" ");
}

function toYargs(spec: OptionSpec): Options {
  const { describe, alias, group } = spec;
  return {
    describe,
    type: spec.type,
    ...(alias !== undefined && { alias }),
    group: `${group ?? "Options"}:`,
    ...(spec.type === "string" && { nargs: 1 }),
  };
}

/**
 * yargs takes a word that begins with a dash for an option when it gives positionals their types, and counts no word
 * behind `--` as one. No argument of a process can hold NUL: such words travel behind one.
 */
function shielded(argv: readonly string[]): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const options = argv.slice(0, end).map((word) => (/^-\d*$|^---+(=|$)/.test(word) ? `\0${word}` : word));
  return [...options, ...argv.slice(end + 1).map((word) => (word.startsWith("-") ? `\0${word}` : word))];
}

function unshielded(values: RawValues): RawValues {
  const bare = (value: unknown): unknown => (typeof value === "string" ? value.replace(/^\0/, "") : value);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.map(bare) : bare(value)]),
  );
}

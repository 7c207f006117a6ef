import { StoreError } from "../../errors.ts";
import type { Command, OptionSpec, OptionSpecs } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";

/** How both parsers read words: everything is text, and nothing is expanded or guessed. */
export const PARSER_CONFIGURATION = {
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "dot-notation": false,
  "camel-case-expansion": false,
  "greedy-arrays": false,
} as const;

/** Options that ask for a text. */
export const HELP = {
  type: "boolean",
  alias: "h",
  describe: "Show help, also of one command: store COMMAND --help",
} as const satisfies OptionSpec;
export const VERSION = { type: "boolean", describe: "Print the version of store" } as const satisfies OptionSpec;

/** The options that a command line may have; without a command those that stand alone. */
export function knownOptions(command: Command | undefined): OptionSpecs {
  return { ...GLOBAL_OPTIONS, help: HELP, ...(command ? command.options : { version: VERSION }) };
}

/** Names of the options that take a value, with their letters. */
export function stringOptions(specs: OptionSpecs): string[] {
  return Object.keys(specs).filter((name) => specs[name]?.type === "string");
}

/** A command line cut at the first `--`: what stands behind it is for a command that is run, as it is. */
export function cutRest(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly rest: readonly string[];
} {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return { own: argv.slice(0, end), rest: argv.slice(end + 1) };
}

/**
 * The words as both parsers take them: `-qpNAME` as `-q -p NAME` and `--no-wait=false` as `--wait=true`, since yargs does not.
 * @throws StoreError USAGE for a boolean option with a value that is neither `true` nor `false`: yargs reads that as false
 */
export function toWords(argv: readonly string[], specs: OptionSpecs): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return [...argv.slice(0, end).flatMap((word) => splitLetters(checkedLong(word, specs), specs)), ...argv.slice(end)];
}

function checkedLong(word: string, specs: OptionSpecs): string {
  const [, no = "", name = "", value] = /^--(no-)?([^=]+)=(.*)$/s.exec(word) ?? [];
  if (value === undefined || !Object.hasOwn(specs, name) || specs[name]?.type !== "boolean") return word;
  checkBoolean(name, value, no);
  if (no === "") return word;
  return `--${name}=${value === "false"}`;
}

function splitLetters(word: string, specs: OptionSpecs): string[] {
  const [, letter, rest = ""] = /^-([A-Za-z])(.+)$/s.exec(word) ?? [];
  const [name, spec] = Object.entries(specs).find(([, { alias }]) => alias !== undefined && alias === letter) ?? [];
  if (name === undefined || !spec) return [word];
  if (spec.type === "boolean" && /^[A-Za-z]/.test(rest)) return [`-${letter}`, ...splitLetters(`-${rest}`, specs)];
  if (spec.type === "boolean") checkBoolean(name, rest.replace(/^=/, ""));
  return rest.startsWith("=") ? [word] : [`-${letter}`, rest];
}

function checkBoolean(name: string, value: string, no = ""): void {
  if (value === "true" || value === "false") return;
  throw new StoreError("USAGE", `--${no}${name} cannot be '${value}': it takes no value but true or false`, {
    hint: `Write --${name} or --no-${name}.`,
    details: { option: name, value },
  });
}

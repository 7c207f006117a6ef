import parser from "yargs-parser";
import type { Command, OptionSpecs, Positionals } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import type { Parsed } from "./parsed.ts";
import { cutRest, HELP, PARSER_CONFIGURATION, stringOptions, toWords } from "./parser-settings.ts";
import { type RawValues, readValues } from "./read-values.ts";

/**
 * Reads a command line in which everything is in order, without loading yargs. `undefined` for one that needs more:
 * help, suggestions, a complaint. What it reads, it reads as yargs does.
 * @throws StoreError for a value that its option cannot have
 */
export async function parseQuickly(
  argv: readonly string[],
  load: (name: string) => Promise<Command | undefined>,
): Promise<Parsed | undefined> {
  const name = firstWord(argv);
  const command = name === undefined ? undefined : await load(name);
  if (!command) return undefined;
  const specs: OptionSpecs = { ...GLOBAL_OPTIONS, ...command.options };
  const { own, rest } = command.runs ? cutRest(argv) : { own: argv, rest: [] };
  const { words, options, isFaulty } = parse(own, specs);
  const positionals = assignWords(command.positionals, words.slice(1));
  if (isFaulty || !positionals || unknownAmong(options, specs).length > 0 || (command.runs && rest.length === 0))
    return undefined;
  return readValues(command, { ...options, ...positionals }, rest);
}

/** What stands where the command does. */
export function firstWord(argv: readonly string[]): string | undefined {
  const [first] = argv;
  const isWord = first !== undefined && !first.startsWith("-");
  return isWord ? first : parse(argv, { ...GLOBAL_OPTIONS, help: HELP }).words[0];
}

interface Parse {
  readonly words: readonly string[];
  readonly options: RawValues;
  readonly isFaulty: boolean;
}

function parse(argv: readonly string[], specs: OptionSpecs): Parse {
  const strings = stringOptions(specs);
  const { argv: found, error } = parser.detailed(toWords(argv, specs), {
    string: strings,
    boolean: Object.keys(specs).filter((name) => specs[name]?.type === "boolean"),
    alias: Object.fromEntries(Object.entries(specs).flatMap(([name, { alias }]) => (alias ? [[name, alias]] : []))),
    narg: Object.fromEntries(strings.map((name) => [name, 1])),
    configuration: PARSER_CONFIGURATION,
  });
  const { _: words, ...options } = found;
  return { words: words.map(String), options, isFaulty: error !== null };
}

/** The words by the positionals that they stand for; `undefined` when they are too few or too many. */
function assignWords(positionals: Positionals, words: readonly string[]): RawValues | undefined {
  const rest = [...words];
  const values: Record<string, unknown> = {};
  for (const [name, { need }] of Object.entries(positionals)) {
    if ((need === "one" || need === "some") && rest.length === 0) return undefined;
    values[name] = need === "one" || need === "optional" ? rest.shift() : rest.splice(0);
  }
  return rest.length === 0 ? values : undefined;
}

/** Options of a command line that are not among `specs`, by their names or letters. */
export function unknownOptions(argv: readonly string[], specs: OptionSpecs): readonly string[] {
  return unknownAmong(parse(argv, specs).options, specs);
}

function unknownAmong(options: RawValues, specs: OptionSpecs): readonly string[] {
  const aliases = Object.values(specs).map(({ alias }) => alias);
  return Object.keys(options).filter((name) => !Object.hasOwn(specs, name) && !aliases.includes(name));
}

import { StoreError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";
import type { Command } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import { commandNames } from "../registry.ts";

/** What yargs has to say about a command line, in our words and with a suggestion. */
export function usageError(message: string, commands: readonly Command[], argv: readonly string[]): StoreError {
  const command = commandIn(argv, commands);
  const text = message.replaceAll("\0", "");
  const unknown = /^Unknown arguments?: (.+)$/s.exec(text)?.[1];
  if (unknown !== undefined) return unknownWord(unknown.split(", "), command, argv);
  const missing = /^Not enough arguments following: (.+)$/s.exec(text)?.[1];
  if (missing !== undefined)
    return error(`${spelled(missing)} needs a value`, `${valueHint(missing, command)}${seeHelp(command)}`, command);
  if (/^Not enough non-option arguments/.test(text)) {
    const hint = command && Object.hasOwn(command.positionals, "transaction") ? QUOTE_HASH : "";
    const what = command ? `store ${command.name} needs ${missingPositionals(command)}` : "store needs a command";
    return error(what, `${hint}${seeHelp(command)}`, command);
  }
  return error(text, seeHelp(command), command);
}

/** For a command that runs another one, and was given none behind `--`. */
export function noCommandToRun(command: Command, word = "COMMAND"): StoreError {
  const what = `store ${command.name} needs the command to run behind --`;
  return error(what, `Write \`store ${command.name} … -- ${word}\`. ${seeHelp(command)}`, command);
}

/** A person who typed it sees nothing missing. */
const QUOTE_HASH = "Write 57, or '#57' in quotes: a bare # begins a comment in a shell. ";

function commandIn(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  const byName = new Map(commands.flatMap((each) => [each.name, ...(each.aliases ?? [])].map((name) => [name, each])));
  return argv.map((word) => byName.get(word)).find((each) => each !== undefined);
}

function unknownWord(words: readonly string[], command: Command | undefined, argv: readonly string[]): StoreError {
  const option = words.find((word) => argv.some((given) => isOption(given, word)));
  if (option !== undefined) return unknownOption(option, command, argv);
  const [word = ""] = words;
  if (command?.runs) return noCommandToRun(command, word);
  if (command) return error(`store ${command.name} does not know what to do with '${word}'`, seeHelp(command), command);
  const guess = nearest(word, commandNames());
  return error(`there is no command '${word}'`, `${didYouMean(guess)}${seeHelp(undefined)}`, undefined, guess);
}

function unknownOption(name: string, command: Command | undefined, argv: readonly string[]): StoreError {
  const known = [...Object.keys(GLOBAL_OPTIONS), "help", ...Object.keys(command?.options ?? {})];
  const negated = argv.some((word) => word === `--no-${name}`);
  const guess = name.length > 1 ? nearest(name, known) : undefined;
  const meant = guess && spelled(negated ? `no-${guess}` : guess);
  const where = command ? `store ${command.name}` : "store";
  const given = spelled(negated ? `no-${name}` : name);
  return error(`${where} has no option ${given}`, `${didYouMean(meant)}${seeHelp(command)}`, command, meant);
}

function isOption(word: string, name: string): boolean {
  if (name.length === 1) return /^-[^-]/.test(word) && word.includes(name);
  return [`--${name}`, `--no-${name}`].some((option) => word === option || word.startsWith(`${option}=`));
}

function missingPositionals({ positionals }: Command): string {
  const needed = Object.entries(positionals).filter(([, { need }]) => need === "one" || need === "some");
  return needed.map(([name, { need }]) => `${name.toUpperCase()}${need === "some" ? "…" : ""}`).join(" and ");
}

/** `Write --force=KIND (…). ` */
function valueHint(name: string, command: Command | undefined): string {
  const spec = { ...GLOBAL_OPTIONS, ...command?.options }[name];
  if (spec?.type !== "string") return "";
  return `Write ${spelled(name)}${name.length === 1 ? " " : "="}${spec.value} (${spec.describe}). `;
}

function spelled(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function didYouMean(guess: string | undefined): string {
  return guess === undefined ? "" : `Did you mean '${guess}'? `;
}

function seeHelp(command: Command | undefined): string {
  return command ? `See \`store ${command.name} --help\`.` : "See `store --help`.";
}

function error(message: string, hint: string, command: Command | undefined, suggestion?: string): StoreError {
  return new StoreError("USAGE", message, {
    hint,
    details: { ...(command && { command: command.name }), ...(suggestion !== undefined && { suggestion }) },
  });
}

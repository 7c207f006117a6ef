import { StoreError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";
import type { Command } from "../command.ts";
import { scanWords } from "../completion/scan-words.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import { commandNames } from "../registry.ts";
import { firstWord, unknownOptions } from "./parse-quickly.ts";
import { cutRest, knownOptions } from "./parser-settings.ts";
import { quoteTime } from "./quote-time.ts";

/** What yargs has to say about a command line, in our words and with a suggestion. */
export function usageError(message: string, commands: readonly Command[], argv: readonly string[]): StoreError {
  const command = commandIn(argv, commands);
  const text = message.replaceAll("\0", "");
  const unknown = /^Unknown arguments?: (.+)$/s.exec(text)?.[1];
  if (unknown !== undefined) return unknownWord(unknown.split(", "), command, argv);
  const missing = /^Not enough arguments following: (.+)$/s.exec(text)?.[1];
  if (missing !== undefined) return needsValue(missing, command);
  if (/^Not enough non-option arguments/.test(text)) return missingWords(command, argv);
  return error(text, seeHelp(command), command);
}

/** For a command that runs another one, and was given none behind `--`. */
export function noCommandToRun(command: Command, word = "COMMAND"): StoreError {
  const what = `store ${command.name} needs the command to run behind --`;
  return error(what, `Write \`store ${command.name} … -- ${word}\`. ${seeHelp(command)}`, command);
}

/** A person who typed it sees nothing missing. */
const QUOTE_HASH = "Write 57, or '#57' in quotes: a bare # begins a comment in a shell. ";

/** Behind an option that nobody knows, its value may be the command. */
function commandIn(argv: readonly string[], commands: readonly Command[]): Command | undefined {
  const word = firstWord(argv) ?? scanWords(argv, GLOBAL_OPTIONS).words[0];
  return commands.find(({ name, aliases = [] }) => word !== undefined && [name, ...aliases].includes(word));
}

/** Too few words are left: an option may have taken the one that is missing. */
function missingWords(command: Command | undefined, argv: readonly string[]): StoreError {
  const specs = knownOptions(command);
  const [unknown] = unknownOptions(argv, specs);
  if (unknown !== undefined) return unknownOption(unknown, command, argv);
  const { values, awaited } = scanWords(argv, specs);
  if (awaited !== undefined) return needsValue(awaited, command);
  const hash = command && Object.hasOwn(command.positionals, "transaction") ? QUOTE_HASH : "";
  const what = command ? `store ${command.name} needs ${missingPositionals(command)}` : "store needs a command";
  const [option, value] = [...values].findLast(([, each]) => argv.includes(each)) ?? [];
  const taken = option === undefined ? "" : `'${value}' was read as the value of --${option}. `;
  return error(what, `${taken}${hash}${seeHelp(command)}`, command);
}

function needsValue(name: string, command: Command | undefined): StoreError {
  return error(`${spelled(name)} needs a value`, `${valueHint(name, command)}${seeHelp(command)}`, command);
}

function unknownWord(words: readonly string[], command: Command | undefined, argv: readonly string[]): StoreError {
  const option = words.find((word) => argv.some((given) => isOption(given, word)));
  if (option !== undefined) return unknownOption(option, command, argv);
  const [word = ""] = words;
  const { own, rest } = cutRest(argv);
  const quotes = quoteTime(own, word);
  if (command?.runs && rest.length === 0 && quotes === "") return noCommandToRun(command, word);
  const what = `store ${command?.name} does not know what to do with '${word}'`;
  if (command) return error(what, `${quotes}${seeHelp(command)}`, command);
  const guess = nearest(word, commandNames());
  return error(`there is no command '${word}'`, `${didYouMean(guess)}${seeHelp(undefined)}`, undefined, guess);
}

function unknownOption(name: string, command: Command | undefined, argv: readonly string[]): StoreError {
  const specs = knownOptions(command);
  if (command && (Object.hasOwn(specs, name) || Object.values(specs).some(({ alias }) => alias === name)))
    return error(
      `${spelled(name)} belongs behind the command`,
      `Write \`store ${command.name} ${spelled(name)}\`.`,
      command,
    );
  const negated = argv.some((word) => word === `--no-${name}`);
  const guess = name.length > 1 ? nearest(name, Object.keys(specs)) : undefined;
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
  const spec = knownOptions(command)[name];
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

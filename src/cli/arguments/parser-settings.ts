import type { OptionSpecs } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";

/** How both parsers read words: everything is text, and nothing is expanded or guessed. */
export const PARSER_CONFIGURATION = {
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "dot-notation": false,
  "camel-case-expansion": false,
  "greedy-arrays": false,
} as const;

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

const LETTERS = Object.values(GLOBAL_OPTIONS as OptionSpecs)
  .map(({ type, alias }) => (type === "string" && alias) || "")
  .join("");
const ATTACHED = new RegExp(`^(-[${LETTERS}])([^=].*)$`, "s");

/** `-pNAME` as two words: `getopt` reads it so, yargs does not. */
export function splitAttached(argv: readonly string[]): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return [...argv.slice(0, end).flatMap((word) => ATTACHED.exec(word)?.slice(1) ?? word), ...argv.slice(end)];
}

import { StoreError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";
import type { Command, OptionSpec, OptionSpecs, Positional, StringOption } from "../command.ts";
import { GLOBAL_OPTIONS, type GlobalValues } from "../global-options.ts";
import type { Parsed } from "./parsed.ts";
import { quoteTime } from "./quote-time.ts";

/** What a parser found, by long names of options and names of positionals. */
export type RawValues = Readonly<Record<string, unknown>>;

/**
 * Gives the values of a command line their types.
 * @throws StoreError USAGE, or what an option's `parse` throws
 */
export function readValues(command: Command, raw: RawValues, rest: readonly string[] = []): Parsed {
  const positionals = Object.entries(command.positionals).map(([name, spec]) => [name, readWord(name, spec, raw)]);
  const options = readOptions(command.options, raw);
  return {
    command,
    global: readOptions(GLOBAL_OPTIONS, raw) as unknown as GlobalValues,
    args: { ...Object.fromEntries(positionals), ...options, rest } as Parsed["args"],
  };
}

function readWord(name: string, { choices }: Positional, raw: RawValues): unknown {
  const value = raw[name];
  const wrong = choices && [value].flat().find((word) => word !== undefined && !choices.includes(String(word)));
  if (choices && wrong !== undefined)
    throw noChoice(name.toUpperCase(), choices, String(wrong), quotesIn(raw, `${wrong}`));
  return value;
}

/** For `--since yesterday 18:00`, where `18:00` is taken for a word of the command. */
function quotesIn(raw: RawValues, word: string): string {
  const texts = Object.values(raw)
    .flat()
    .filter((value) => typeof value === "string" && value !== word);
  return texts.map((text) => quoteTime([`${text}`, word], word)).find((hint) => hint !== "") ?? "";
}

function readOptions(specs: OptionSpecs, raw: RawValues): Record<string, unknown> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, readOption(name, spec, raw[name])]));
}

function readOption(name: string, spec: OptionSpec, value: unknown): unknown {
  const given = value === undefined ? [] : [value].flat();
  if (spec.type === "boolean") return given.at(-1) ?? spec.default ?? false;
  const values = given.map((item) => readText(name, spec, item));
  return spec.many === true ? values : values.at(-1);
}

function readText(name: string, spec: StringOption, value: unknown): unknown {
  if (value === false)
    throw new StoreError("USAGE", `there is no option --no-${name}`, { hint: `Leave out --${name}.` });
  if (typeof value !== "string" || value === "") throw needsValue(name, spec);
  if (spec.choices && !spec.choices.includes(value)) throw noChoice(`--${name}`, spec.choices, value);
  try {
    return spec.parse ? spec.parse(value) : value;
  } catch (error) {
    throw naming(`--${name}`, value, error);
  }
}

/** What begins with the value does not tell which option has it. */
function naming(option: string, value: string, error: unknown): unknown {
  const isBare =
    error instanceof StoreError && error.code === "USAGE" && error.message.startsWith(`'${value}' is not `);
  if (!isBare) return error;
  const { code, message, hint, details, cause } = error;
  return new StoreError(code, `${option}: ${message}`, { ...(hint !== undefined && { hint }), details, cause });
}

function needsValue(name: string, { value }: StringOption): StoreError {
  return new StoreError("USAGE", `--${name} needs a value`, { hint: `Write --${name}=${value}.` });
}

function noChoice(name: string, choices: readonly string[], value: string, quotes = ""): StoreError {
  const guess = nearest(value, choices);
  return new StoreError("USAGE", `${name} cannot be '${value}'`, {
    hint: `${quotes}${guess ? `Did you mean '${guess}'? ` : ""}It can be ${choices.join(", ")}.`,
    details: { option: name, value, choices },
  });
}

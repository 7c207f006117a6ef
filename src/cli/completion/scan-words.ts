import type { OptionSpecs } from "../command.ts";

/** What is known of a command line before the word that is being typed. */
export interface Scan {
  /** Words that are no options and no values of options. */
  readonly words: readonly string[];
  /** Values of options by long name. */
  readonly values: ReadonlyMap<string, string>;
  /** The option whose value comes next. */
  readonly awaited: string | undefined;
  /** After `--` no word is an option. */
  readonly isOptionsEnd: boolean;
}

export function scanWords(typed: readonly string[], specs: OptionSpecs): Scan {
  const words: string[] = [];
  const values = new Map<string, string>();
  let awaited: string | undefined;
  let isOptionsEnd = false;
  for (const word of typed) {
    if (awaited !== undefined) {
      values.set(awaited, word);
      awaited = undefined;
    } else if (isOptionsEnd || !/^-[^\d]/.test(word)) words.push(word);
    else if (word === "--") isOptionsEnd = true;
    else {
      const [name, value] = splitOption(word, specs);
      if (value !== undefined) values.set(name, value);
      else if (specs[name]?.type === "string") awaited = name;
    }
  }
  return { words, values, awaited, isOptionsEnd };
}

/** Long name and value of an option as it is typed: `--name`, `--name=value`, `-p`, `-pvalue`. */
export function splitOption(word: string, specs: OptionSpecs): readonly [name: string, value: string | undefined] {
  const long = /^--([^=]*)(?:=(.*))?$/s.exec(word);
  if (long) return [long[1] ?? "", long[2]];
  const name = Object.keys(specs).find((each) => specs[each]?.alias === word[1]) ?? "";
  const rest = word.slice(2).replace(/^=/, "");
  return [name, rest === "" || specs[name]?.type !== "string" ? undefined : rest];
}

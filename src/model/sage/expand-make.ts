/** Gives the value of a make variable; what is not known is empty, as in make. */
export type MakeVariables = (name: string) => string;

/**
 * The text with its make references replaced: `$(NAME)`, `${NAME}`, and the functions that dependency files use: and,
 * or, if, filter, filter-out, findstring. `$$` is a dollar sign. Calls of other functions are empty.
 */
export function expandMake(text: string, variables: MakeVariables): string {
  return expand(text, variables, 0);
}

/** Values may refer to each other; what goes round in circles ends here. */
const DEEPEST = 20;

function expand(text: string, variables: MakeVariables, depth: number): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0 || dollar === text.length - 1) return result + text.slice(at);
    result += text.slice(at, dollar);
    const open = text[dollar + 1] as string;
    if (open !== "(" && open !== "{") {
      result += open === "$" ? "$" : variables(open);
      at = dollar + 2;
      continue;
    }
    const end = closingOf(text, dollar + 1);
    result += depth < DEEPEST ? evaluate(text.slice(dollar + 2, end), variables, depth + 1) : "";
    at = end + 1;
  }
  return result;
}

/** The index of the bracket that closes the one at `open`; the end of the text when there is none. */
function closingOf(text: string, open: number): number {
  const [opening, closing] = text[open] === "(" ? ["(", ")"] : ["{", "}"];
  let level = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === opening) level++;
    else if (text[at] === closing && --level === 0) return at;
  }
  return text.length;
}

function evaluate(inner: string, variables: MakeVariables, depth: number): string {
  const [, name, rest = ""] = /^([a-z-]+)\s+(.*)$/s.exec(inner) ?? [];
  if (name === undefined) return expand(variables(expand(inner, variables, depth)), variables, depth);
  const isCondition = (index: number): boolean => name === "and" || name === "or" || (name === "if" && index === 0);
  const args = splitArguments(rest).map((text, index) => (isCondition(index) ? text.trim() : text));
  return call(
    name,
    args.map((text) => () => expand(text, variables, depth)),
  );
}

function call(name: string, args: readonly (() => string)[]): string {
  const value = (index: number): string => args[index]?.() ?? "";
  const words = (index: number): string[] => wordsOf(value(index));
  switch (name) {
    case "and": {
      const values = args.map((argument) => argument());
      return values.includes("") ? "" : (values.at(-1) ?? "");
    }
    case "or":
      return args.map((argument) => argument()).find((text) => text !== "") ?? "";
    case "if":
      return value(0) === "" ? value(2) : value(1);
    case "filter":
      return words(1)
        .filter((word) => words(0).some((pattern) => matches(word, pattern)))
        .join(" ");
    case "filter-out":
      return words(1)
        .filter((word) => !words(0).some((pattern) => matches(word, pattern)))
        .join(" ");
    case "findstring":
      return value(1).includes(value(0)) ? value(0) : "";
    default:
      return "";
  }
}

/** At commas that stand in no brackets. */
function splitArguments(text: string): string[] {
  const parts: string[] = [""];
  let level = 0;
  for (const letter of text) {
    if (letter === "(" || letter === "{") level++;
    if (letter === ")" || letter === "}") level--;
    if (letter === "," && level === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

/** `%` in the pattern stands for anything. */
function matches(word: string, pattern: string): boolean {
  const [start = "", end] = pattern.split("%", 2);
  if (end === undefined) return word === pattern;
  return word.length >= start.length + end.length && word.startsWith(start) && word.endsWith(end);
}

export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

import type { TextFault } from "./finding.ts";

export interface Token {
  readonly kind: "symbol" | "word" | "name" | "text" | "end";
  /** The symbol, keyword or name; of a text its value. */
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s+|(?<symbol>==|!=|<=|>=|[<>()[\],])|(?<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)|(?<bare>[0-9][A-Za-z0-9_.+~-]*)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"/suy;

/** What people write who know another language, and what it is called here. */
const FOREIGN: Readonly<Record<string, string>> = { "&&": "and", "||": "or", "!": "not", "=": "==", "~=": "!=" };

const KEYWORDS: ReadonlySet<string> = new Set(["and", "or", "not", "in", "true", "false"]);

/** Splits the text of an expression; the last token is of kind `end`. */
export function tokenize(text: string): readonly Token[] | TextFault {
  const pattern = new RegExp(TOKEN);
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return faultAt(text, at);
    const token = tokenOf(match, at);
    if (token !== undefined) tokens.push(token);
    at += match[0].length;
  }
  return [...tokens, { kind: "end", text: "", at: text.length }];
}

function tokenOf(match: RegExpExecArray, at: number): Token | undefined {
  const { symbol, name, bare, single, double } = match.groups ?? {};
  if (symbol !== undefined) return { kind: "symbol", text: symbol, at };
  if (name !== undefined) return { kind: KEYWORDS.has(name) ? "word" : "name", text: name, at };
  if (bare !== undefined) return { kind: "text", text: bare, at };
  const quoted = single ?? double;
  return quoted === undefined ? undefined : { kind: "text", text: quoted.replace(/\\(.)/gsu, "$1"), at };
}

function faultAt(text: string, offset: number): TextFault {
  const foreign = /^(?:&&|\|\||~=|!|=)/.exec(text.slice(offset))?.[0];
  if (foreign !== undefined) {
    return { offset, message: `'${foreign}' is not an operator of conditions`, suggestion: FOREIGN[foreign] };
  }
  if (/^['"]/.test(text.slice(offset))) return { offset, message: "this quote is never closed" };
  const character = String.fromCodePoint(text.codePointAt(offset) as number);
  return { offset, message: `'${character}' has no meaning in a condition` };
}

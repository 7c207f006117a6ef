import { nearest } from "../nearest.ts";
import { COMPARISON_OPERATORS, type ComparisonOperator, EXPRESSION_NAMES, type Expression } from "./expression.ts";
import { type Token, tokenize } from "./expression-tokens.ts";
import type { TextFault } from "./finding.ts";

/**
 * Reads a condition. From loose to tight: `or`, `and`, `not`, the comparisons `== != < <= > >= in`, `not in`;
 * parentheses, `'text'`, `"text"`, `true`, `false`, lists `['a', 'b']`, and the names `options.<option>`, `version`,
 * `platform.os`, `platform.arch`. What starts with a digit needs no quotes: `version >= 4.2`.
 */
export function parseExpression(text: string): Expression | TextFault {
  if (text.length > MAX_LENGTH) return { offset: 0, message: `this condition is longer than ${MAX_LENGTH} characters` };
  const tokens = tokenize(text);
  if ("offset" in tokens) return tokens;
  const state: State = { tokens, next: 0, depth: 0, fault: undefined };
  const expression = parseOr(state);
  if (expression !== undefined && current(state).kind !== "end") expectedAt(state, "an operator or the end");
  return state.fault ?? (expression as Expression);
}

const MAX_LENGTH = 4096;
const MAX_DEPTH = 50;

interface State {
  readonly tokens: readonly Token[];
  next: number;
  depth: number;
  /** The first mistake; after it every function returns `undefined`. */
  fault: TextFault | undefined;
}

function parseOr(state: State): Expression | undefined {
  return parseJoined(state, "or", parseAnd);
}

function parseAnd(state: State): Expression | undefined {
  return parseJoined(state, "and", parseNot);
}

function parseJoined(
  state: State,
  kind: "and" | "or",
  parseOperand: (state: State) => Expression | undefined,
): Expression | undefined {
  let left = parseOperand(state);
  while (left !== undefined && isNext(state, kind)) {
    const { at } = take(state);
    const right = parseOperand(state);
    left = right && { kind, left, right, at };
  }
  return left;
}

function parseNot(state: State): Expression | undefined {
  const negations: Token[] = [];
  while (isNext(state, "not")) negations.push(take(state));
  const operand = parseComparison(state);
  return (
    operand && negations.reduceRight<Expression>((inner, { at }) => ({ kind: "not", operand: inner, at }), operand)
  );
}

function parseComparison(state: State): Expression | undefined {
  const left = parseOperand(state);
  if (left === undefined) return undefined;
  const negation = isNext(state, "not") ? take(state) : undefined;
  const kind = comparisonAt(state);
  if (negation !== undefined && kind !== "in") return expectedAt(state, "'in'");
  if (kind === undefined) return left;
  const { at } = take(state);
  const right = parseOperand(state);
  if (right === undefined) return undefined;
  if (comparisonAt(state) !== undefined) {
    return failAt(state, "comparisons do not chain: join two of them with 'and'");
  }
  const comparison: Expression = { kind, left, right, at };
  return negation === undefined ? comparison : { kind: "not", operand: comparison, at: negation.at };
}

function parseOperand(state: State): Expression | undefined {
  const token = current(state);
  if (token.kind === "text") return { kind: "literal", value: take(state).text, at: token.at };
  if (token.kind === "name") return parseName(state, take(state));
  if (isNext(state, "true", "false")) return { kind: "literal", value: take(state).text === "true", at: token.at };
  if (isNext(state, "(")) return parseNested(state, () => parseGroup(state));
  if (isNext(state, "[")) return parseNested(state, () => parseList(state));
  return expectedAt(state, "a name, a 'text', true, false, '(' or '['");
}

function parseNested(state: State, parse: () => Expression | undefined): Expression | undefined {
  if (state.depth === MAX_DEPTH) return failAt(state, "this condition is nested too deeply");
  state.depth += 1;
  const expression = parse();
  state.depth -= 1;
  return expression;
}

function parseGroup(state: State): Expression | undefined {
  take(state);
  const inner = parseOr(state);
  if (inner === undefined) return undefined;
  if (!isNext(state, ")")) return expectedAt(state, "')'");
  take(state);
  return inner;
}

function parseList(state: State): Expression | undefined {
  const { at } = take(state);
  const items: Expression[] = [];
  while (!isNext(state, "]")) {
    const item = parseOperand(state);
    if (item === undefined) return undefined;
    items.push(item);
    if (isNext(state, ",")) take(state);
    else if (!isNext(state, "]")) return expectedAt(state, "',' or ']'");
  }
  take(state);
  return { kind: "list", items, at };
}

function parseName(state: State, { text: name, at }: Token): Expression | undefined {
  if (/^options\.[^.]+$/.test(name) || (EXPRESSION_NAMES as readonly string[]).includes(name)) {
    return { kind: "name", name, at };
  }
  const lower = name.toLowerCase();
  const suggestion = /^(?:true|false|and|or|not|in)$/.test(lower) ? lower : suggestName(name);
  // Quotes around the word would look like what is suggested.
  const shown = suggestion === `'${name}'` ? name : `'${name}'`;
  state.fault ??= {
    offset: at,
    message: `${shown}, without quotes, is none of the names options.<option>, ${EXPRESSION_NAMES.join(", ")}`,
    suggestion,
  };
  return undefined;
}

/** A known name that is near, or else the word as a text, which it most likely was meant to be. */
function suggestName(name: string): string {
  const [first = "", ...rest] = name.split(".");
  if (nearest(first, ["options"]) !== undefined && rest.length === 1) return `options.${rest[0]}`;
  return nearest(name, EXPRESSION_NAMES) ?? (name.includes(".") ? `options.${rest.at(-1)}` : `'${name}'`);
}

function comparisonAt(state: State): ComparisonOperator | undefined {
  const { kind, text } = current(state);
  if (kind !== "symbol" && kind !== "word") return undefined;
  return COMPARISON_OPERATORS.find((operator) => operator === text);
}

function isNext(state: State, ...texts: readonly string[]): boolean {
  const { kind, text } = current(state);
  return (kind === "symbol" || kind === "word") && texts.includes(text);
}

function current(state: State): Token {
  return state.tokens[state.next] as Token;
}

function take(state: State): Token {
  const token = current(state);
  state.next += 1;
  return token;
}

function expectedAt(state: State, what: string): undefined {
  const { kind, text } = current(state);
  return failAt(state, kind === "end" ? `${what} is missing at the end` : `expected ${what}, not '${text}'`);
}

function failAt(state: State, message: string): undefined {
  state.fault ??= { offset: current(state).at, message };
  return undefined;
}

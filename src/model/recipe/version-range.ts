import type { TextFault } from "./finding.ts";
import { compareVersions, isPrerelease } from "./version-order.ts";

/** `is` is a version without an operator: that version or one that goes on after it, 6.3 also being 6.3.1. */
export type RangeOperator = "is" | "=" | "!=" | "<" | "<=" | ">" | ">=";

export interface Comparison {
  readonly operator: RangeOperator;
  readonly version: string;
}

/** Alternatives, of which each is a list of comparisons that must all hold; an empty list holds for any version. */
export type VersionRange = readonly (readonly Comparison[])[];

export const ANY_VERSION: VersionRange = [[]];

const COMPARISON = /\s*(?:(==?|!=|<=?|>=?)\s*)?([A-Za-z0-9][A-Za-z0-9_+.~-]{0,79})|\s*(\*)/y;
const SEPARATOR = /\s*(\|\||,)\s*|\s+/y;

/**
 * Reads `6.3`, `=6.3`, `>=6,<7`, `>=6 <7` (comma and space both mean "and"), `6 || 8`, `*`.
 *
 * @returns the range, or what is wrong with the text
 */
export function parseVersionRange(text: string): VersionRange | TextFault {
  const alternatives: Comparison[][] = [[]];
  let at = 0;
  for (;;) {
    const comparison = matchAt(COMPARISON, text, at);
    if (comparison === undefined) return faultAt(text, at);
    const version = comparison[2];
    if (version !== undefined)
      (alternatives.at(-1) as Comparison[]).push({ operator: operatorOf(comparison), version });
    at += comparison[0].length;
    if (text.slice(at).trim() === "") return alternatives;
    const separator = matchAt(SEPARATOR, text, at);
    if (separator === undefined) return faultAt(text, at);
    if (separator[1] === "||") alternatives.push([]);
    at += separator[0].length;
  }
}

export function isInRange(version: string, range: VersionRange): boolean {
  return range.some((comparisons) => comparisons.every((comparison) => holds(version, comparison)));
}

/**
 * The version of a list that suits all ranges: one that a range names, or else the newest, pre-releases only when there is
 * nothing else.
 */
export function chooseVersion(versions: readonly string[], ...ranges: readonly VersionRange[]): string | undefined {
  const suits = (version: string) => ranges.every((range) => isInRange(version, range));
  const fitting = versions.filter(suits).sort(compareVersions);
  const named = ranges.map(versionNamedBy).find((version) => version !== undefined && fitting.includes(version));
  return named ?? fitting.findLast((version) => !isPrerelease(version)) ?? fitting.at(-1);
}

function versionNamedBy(range: VersionRange): string | undefined {
  const named = range.length === 1 && range[0]?.length === 1 ? range[0][0] : undefined;
  return named?.operator === "is" || named?.operator === "=" ? named.version : undefined;
}

/** The text that `parseVersionRange` reads back: `>=6,<7`. */
export function formatVersionRange(range: VersionRange): string {
  return range.map((comparisons) => comparisons.map(formatComparison).join(",") || "*").join("||");
}

export function isFault<T extends object>(result: T | TextFault): result is TextFault {
  return "offset" in result && "message" in result;
}

function holds(version: string, { operator, version: bound }: Comparison): boolean {
  const order = compareVersions(version, bound);
  switch (operator) {
    case "is":
      return order === 0 || (order > 0 && version.startsWith(bound) && /[._+-]/.test(version[bound.length] as string));
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function operatorOf(match: RegExpExecArray): RangeOperator {
  const sign = match[1];
  if (sign === undefined) return "is";
  return sign === "==" ? "=" : (sign as RangeOperator);
}

function formatComparison({ operator, version }: Comparison): string {
  return operator === "is" ? version : `${operator}${version}`;
}

function faultAt(text: string, offset: number): TextFault {
  const sign = /^\s*[\^~]/.test(text.slice(offset)) ? " ('^' and '~' are not known here: write >=1.2,<2)" : "";
  return { offset, message: `'${text}' is not a version range such as 6.3, =6.3 or >=6,<7${sign}` };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  const sticky = new RegExp(pattern, "y");
  sticky.lastIndex = at;
  return sticky.exec(text) ?? undefined;
}

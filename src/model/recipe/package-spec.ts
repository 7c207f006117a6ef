import { StoreError } from "../../errors.ts";
import { type PackageName, parsePackageName } from "../ids.ts";
import { isRecipeName, OPTION_NAME, RECIPE_NAME, VERSION } from "./names.ts";
import type { OptionValues } from "./options.ts";
import { ANY_VERSION, formatVersionRange, isFault, parseVersionRange, type VersionRange } from "./version-range.ts";

/** A package of the recipe directories, with what is asked of it. */
export interface PackageSpec {
  readonly kind: "package";
  readonly name: PackageName;
  readonly range: VersionRange;
  readonly options: OptionValues;
}

/**
 * Reads `name`, then in any order `@range`, `+option`, `~option`, and after a space `option=value`:
 * `gmp@>=6,<7+static abi=64`. In a range a `+` or `~` before a letter starts an option; only `@=VERSION` takes all up to
 * a space as the version: `gmp@=6.3.0+dfsg +static`. A `+` belongs to the name unless a letter follows: `gtk+`, `libstdc++`.
 *
 * @throws StoreError INVALID_INPUT
 */
export function parsePackageSpec(text: string): PackageSpec {
  const name = matchAt(RECIPE_NAME, text, 0)?.[0];
  if (name === undefined || !isRecipeName(name)) throw notAPackage(text, 0);
  const options = new Map<string, string | boolean>();
  let range: VersionRange | undefined;
  for (let at = name.length; at < text.length; ) {
    const match = matchAt(PIECE, text, at);
    const { constraint, toggle, key, value } = match?.groups ?? {};
    const option = toggle?.slice(1) ?? key;
    if (match === null || (constraint !== undefined && range) || (option !== undefined && options.has(option))) {
      throw notAPackage(text, at);
    }
    if (constraint !== undefined) range = readRange(text, constraint);
    if (option !== undefined) options.set(option, key === undefined ? toggle?.[0] === "+" : unquote(value ?? ""));
    at += match[0].length;
  }
  return {
    kind: "package",
    name: parsePackageName(name),
    range: range ?? ANY_VERSION,
    options: Object.fromEntries(options),
  };
}

/** The text that `parsePackageSpec` reads back. */
export function formatPackageSpec({ name, range, options }: Omit<PackageSpec, "kind">): string {
  const settings = Object.entries(options);
  const toggles = settings.map(([option, value]) =>
    typeof value === "boolean" ? `${value ? "+" : "~"}${option}` : "",
  );
  const values = settings.map(([option, value]) => (typeof value === "string" ? ` ${option}=${quote(value)}` : ""));
  const version = formatVersionRange(range);
  const constraint = version === "*" ? "" : `@${version}`;
  const space = /(?:^|[@,|])=[^,|]*$/.test(constraint) ? " " : "";
  return `${name}${constraint}${toggles.join("") === "" ? "" : space}${toggles.join("")}${values.join("")}`;
}

const EXACT = `==?\\s*${VERSION.source}`;
const PLAIN_VERSION = "[A-Za-z0-9](?:[A-Za-z0-9_.-]|[+~](?![A-Za-z]))*";
const COMPARED = `${EXACT}|(?:!=|<=?|>=?)\\s*${PLAIN_VERSION}`;
const FIRST = `(?:${COMPARED}|${PLAIN_VERSION}|\\*)`;
const CONSTRAINT = `${FIRST}(?:\\s*(?:,|\\|\\|)\\s*${FIRST}|\\s+(?:${COMPARED}))*`;
const VALUE = `"[^"]*"|'[^']*'|[^\\s"']*`;
const PIECE = new RegExp(
  `\\s+|@(?<constraint>${CONSTRAINT})|(?<toggle>[+~]${OPTION_NAME.source})|(?<=\\s)(?<key>${OPTION_NAME.source})=(?<value>${VALUE})(?=\\s|$)`,
);

function readRange(text: string, constraint: string): VersionRange {
  const range = parseVersionRange(constraint);
  if (isFault(range)) throw notAPackage(text, text.indexOf(constraint));
  return range;
}

function quote(value: string): string {
  return /^[^\s"']+$/.test(value) ? value : `"${value}"`;
}

function unquote(value: string): string {
  return /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value;
}

function notAPackage(text: string, at: number): StoreError {
  const from = at === 0 ? "" : ` (from '${text.slice(at)}' on)`;
  return new StoreError("INVALID_INPUT", `'${text}' does not name a package${from}`, {
    hint: "Write NAME, NAME@VERSION, NAME@'>=6,<7', NAME+option~option or 'NAME option=value'; a path has a '/' in it.",
    details: { column: at + 1 },
  });
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  const sticky = new RegExp(pattern, "y");
  sticky.lastIndex = at;
  return sticky.exec(text);
}

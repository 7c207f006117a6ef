import { StoreError } from "../../errors.ts";
import type { Place } from "./place.ts";

/**
 * One mistake in a recipe. `syntax`: not YAML; `shape`: a key or value that the JSON Schema forbids too; `meaning`:
 * what only a look at the whole recipe can tell, such as an unknown reference.
 */
export interface Finding extends Place {
  readonly rule: "syntax" | "shape" | "meaning";
  readonly message: string;
  /** What to write instead, when that is clear. */
  readonly suggestion?: string;
}

/** A mistake inside one text, before it is known where that text stands. */
export interface TextFault {
  /** Index into the text, in UTF-16 code units. */
  readonly offset: number;
  readonly message: string;
  readonly suggestion?: string | undefined;
}

export function findingAt(
  place: Place,
  rule: Finding["rule"],
  fault: { readonly message: string; readonly suggestion?: string | undefined },
): Finding {
  const { file, line, column } = place;
  const { message, suggestion } = fault;
  return { file, line, column, rule, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** `file:line:column: message; did you mean 'suggestion'?` */
export function formatFinding(finding: Finding): string {
  const { file, line, column, message, suggestion } = finding;
  const question = suggestion === undefined ? "" : `; did you mean ${quoted(suggestion)}?`;
  return `${file}:${line}:${column}: ${message}${question}`;
}

const SHOWN = 20;

/** The error that carries `findings` (at least one) in its details. */
export function invalidRecipe(subject: string, findings: readonly Finding[]): StoreError {
  const shown = findings.slice(0, SHOWN).map((finding) => `  ${formatFinding(finding)}`);
  const more = findings.length > SHOWN ? [`  and ${findings.length - SHOWN} more`] : [];
  const count = findings.length === 1 ? "a mistake" : `${findings.length} mistakes`;
  return new StoreError("INVALID_RECIPE", [`${subject} has ${count}:`, ...shown, ...more].join("\n"), {
    hint: "Correct the recipe; 'store recipe check DIR' checks a whole directory of recipes.",
    details: { findings },
  });
}

function quoted(text: string): string {
  return /^["']/.test(text) ? text : `'${text}'`;
}

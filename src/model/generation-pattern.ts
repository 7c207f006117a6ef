import { StoreError } from "../errors.ts";
import { parseAge } from "./age.ts";
import type { GenerationNumber } from "./ids.ts";

/** Which generations are meant: some by number, a range, all but the last few, or those that are old. */
export type GenerationPattern =
  | { readonly kind: "numbers"; readonly numbers: readonly number[] }
  | { readonly kind: "range"; readonly first: number; readonly last: number }
  | { readonly kind: "keep"; readonly count: number }
  | { readonly kind: "older"; readonly milliseconds: number };

/** `1`, `gen-1`, `1,8`, `2..9`, `..9`, `2..`, `+5` (all but the last five), `30d`. @throws StoreError INVALID_INPUT */
export function parseGenerationPattern(text: string): GenerationPattern {
  const plain = text.replaceAll("gen-", "");
  if (/^\d+(,\d+)*$/.test(plain)) return { kind: "numbers", numbers: plain.split(",").map((part) => safe(part, text)) };
  const [range, first = "", last = ""] = /^(\d*)\.\.(\d*)$/.exec(plain) ?? [];
  if (range !== undefined && range !== "..") {
    const bounds = { first: safe(first || "0", text), last: last === "" ? Number.MAX_SAFE_INTEGER : safe(last, text) };
    if (bounds.first <= bounds.last) return { kind: "range", ...bounds };
  }
  const keep = /^\+(\d+)$/.exec(plain)?.[1];
  if (keep !== undefined && safe(keep, text) > 0) return { kind: "keep", count: safe(keep, text) };
  if (/^\d+[hdw]$/.test(plain)) return { kind: "older", milliseconds: parseAge(plain) };
  throw wrong(text);
}

/** A generation as far as it matters for its deletion. */
export interface GenerationFacts {
  readonly generation: GenerationNumber;
  /** Milliseconds since 1970, UTC; `undefined` when its record cannot be read. */
  readonly created: number | undefined;
}

/**
 * The generations that a pattern means, of all that there are, ascending. Those that are old are the ones created
 * before, except the last of them: it is what was live at that time.
 */
export function matchGenerations(
  pattern: GenerationPattern,
  all: readonly GenerationFacts[],
  now: number,
): GenerationNumber[] {
  const numbers = all.map(({ generation }) => generation);
  switch (pattern.kind) {
    case "numbers":
      return numbers.filter((number) => pattern.numbers.includes(number));
    case "range":
      return numbers.filter((number) => pattern.first <= number && number <= pattern.last);
    case "keep":
      return numbers.slice(0, Math.max(0, numbers.length - pattern.count));
    case "older": {
      const old = all.filter(({ created }) => created !== undefined && created < now - pattern.milliseconds);
      return old.slice(0, -1).map(({ generation }) => generation);
    }
  }
}

function safe(digits: string, text: string): number {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  throw wrong(text);
}

function wrong(text: string): StoreError {
  return new StoreError("INVALID_INPUT", `'${text}' does not say which generations`, {
    hint: "Write numbers (1 or 1,8), a range (2..9, ..9, 2..), +5 for all but the last five, or an age (30d).",
    details: { pattern: text },
  });
}

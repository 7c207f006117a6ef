import { StoreError } from "../errors.ts";

/** Numbers that were asked for, by the names that a caller knows them by; an absent one is not asked for. */
type Asked = Readonly<Record<string, unknown>>;

/**
 * Refuses what is no whole number from `least` to `most`. The command line reads numbers from text; a program hands over
 * any: NaN, a half, one below zero, and without TypeScript what is no number at all.
 * @throws StoreError INVALID_INPUT naming the option
 */
export function checkCounts(asked: Asked, least = 0, most = Number.MAX_SAFE_INTEGER): void {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  for (const [option, value] of Object.entries(asked))
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most))
      throw refused(option, value, `a whole number ${range}`);
}

/**
 * Refuses what is no time, size or ratio: a number from 0, also with a fraction.
 * @throws StoreError INVALID_INPUT naming the option
 */
export function checkAmounts(asked: Asked, most = Number.MAX_VALUE): void {
  for (const [option, value] of Object.entries(asked))
    if (value !== undefined && !(typeof value === "number" && value >= 0 && value <= most))
      throw refused(option, value, most === Number.POSITIVE_INFINITY ? "a number from 0" : "a finite number from 0");
}

/** Records may hold any: `overwrite` moves priorities as far as that takes. */
export const HIGHEST_PRIORITY = 99;

/**
 * Refuses a priority that nobody can ask for.
 * @throws StoreError INVALID_INPUT
 */
export function checkPriority(priority: unknown): void {
  checkCounts({ priority }, 0, HIGHEST_PRIORITY);
}

function refused(option: string, value: unknown, wanted: string): StoreError {
  const text = typeof value === "string" ? `'${value}'` : String(value);
  return new StoreError("INVALID_INPUT", `${option} cannot be ${text}`, {
    hint: `Give ${wanted}.`,
    details: { option, value: text },
  });
}

import { StoreError } from "../errors.ts";

export const DAY_MS = 86_400_000;

const UNITS: Readonly<Record<string, number>> = { h: DAY_MS / 24, d: DAY_MS, w: 7 * DAY_MS };

/**
 * How old something is, in milliseconds: `12h`, `90d`, `6w`.
 * @throws StoreError INVALID_INPUT
 */
export function parseAge(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  const age = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (Number.isFinite(age)) return age;
  throw new StoreError("INVALID_INPUT", `'${text}' is not an age`, { hint: "Write 12h, 90d or 6w." });
}

import { StoreError } from "../errors.ts";

const HOUR = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { h: HOUR, d: 24 * HOUR, w: 7 * 24 * HOUR };

/** An age in milliseconds: `12h`, `30d`, `2w`. @throws StoreError INVALID_INPUT */
export function parseAge(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([hdw])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor !== undefined) return Number(count) * factor;
  throw new StoreError("INVALID_INPUT", `'${text}' is not an age`, { hint: "Write it as 30d, 12h or 2w." });
}

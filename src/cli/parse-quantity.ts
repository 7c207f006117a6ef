import { StoreError } from "../errors.ts";
import { checkPriority } from "../model/check-number.ts";
import { secondsOf } from "../model/duration.ts";
import { sizeOf } from "../model/size.ts";

/**
 * A number of bytes: `500`, `500M` and `1GiB` count by 1024, `500MB` by 1000, as in GNU coreutils.
 * @throws StoreError USAGE
 */
export function parseSize(text: string): number {
  const bytes = sizeOf(text);
  if (bytes !== undefined) return bytes;
  throw new StoreError("USAGE", `'${text}' is not a size`, { hint: "Write it as 500M, 2G or 1.5GiB." });
}

/**
 * A whole number from 1.
 * @throws StoreError USAGE
 */
export function parseCount(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new StoreError("USAGE", `'${text}' is not a number of things`, { hint: "Write a whole number from 1." });
}

/**
 * Seconds, as recipes write them: `90`, `45m`, `1h30m`, `2d`.
 * @throws StoreError USAGE
 */
export function parseDuration(text: string): number {
  const seconds = secondsOf(text);
  if (seconds !== undefined) return seconds;
  throw new StoreError("USAGE", `'${text}' is not a duration`, { hint: "Write 90 (seconds), 45m, 1h30m or 2d." });
}

/**
 * A priority, from 0 to 99.
 * @throws StoreError USAGE
 */
export function parsePriority(text: string): number {
  try {
    const priority = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
    checkPriority(priority);
    return priority;
  } catch (cause) {
    throw new StoreError("USAGE", `'${text}' is not a priority`, {
      hint: "Write a whole number from 0 to 99; the lower number wins, 5 is usual.",
      cause,
    });
  }
}

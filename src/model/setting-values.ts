import { StoreError } from "../errors.ts";
import { parseAge } from "./age.ts";
import { searchableDirectory } from "./searchable.ts";
import { sizeOf } from "./size.ts";
import { withoutCredentials } from "./without-credentials.ts";

/** Kept with its text, so that the default is shown as it is written. */
export interface Age {
  readonly text: string;
  readonly milliseconds: number;
}

export interface Size {
  readonly text: string;
  readonly bytes: number;
}

/** `yes` and `no`, and what other programs call them. @throws StoreError INVALID_INPUT */
export function parseYesNo(text: string): boolean {
  if (/^(yes|true|on|1)$/i.test(text)) return true;
  if (/^(no|false|off|0)$/i.test(text)) return false;
  throw new StoreError("INVALID_INPUT", `'${text}' is neither yes nor no`, { hint: "Write yes or no." });
}

export function parseDays(text: string): number | undefined {
  const days = /^forever$/i.test(text) ? undefined : Number(/^(\d{1,6}) ?(?:d|days?)?$/i.exec(text)?.[1] ?? "0");
  if (days !== 0) return days;
  throw new StoreError("INVALID_INPUT", `'${text}' is not a number of days`, {
    hint: "Write a whole number from 1, or forever.",
  });
}

export function parseNumber(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new StoreError("INVALID_INPUT", `'${text}' is not a whole number from 1`, { hint: "Write one such as 100." });
}

/** A whole number. @throws StoreError INVALID_INPUT */
export function parseAmount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new StoreError("INVALID_INPUT", `'${text}' is not a number`, { hint: "Write 0, 1, 2 and so on." });
}

export function parseAgeText(text: string): Age {
  return { text, milliseconds: parseAge(text) };
}

export function parseAgeOrNever(text: string): Age | "never" {
  return text === "never" ? text : { text, milliseconds: parseAge(text) };
}

export function parseCountOrAll(text: string): number | "all" {
  if (text === "all") return text;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new StoreError("INVALID_INPUT", `'${text}' is not a number of generations`, {
    hint: "Write a whole number from 1, or all.",
  });
}

export function parseSizeOrOff(text: string): Size | "off" {
  const bytes = sizeOf(text);
  if (text === "off") return text;
  if (bytes !== undefined) return { text, bytes };
  throw new StoreError("INVALID_INPUT", `'${text}' is not a size`, { hint: "Write it as 5G or 500MiB, or off." });
}

/** @throws StoreError INVALID_INPUT */
export function parseDirectory(text: string): string {
  if (text === "" || text.startsWith("/")) return text;
  throw new StoreError("INVALID_INPUT", `'${text}' is not an absolute directory`, { hint: "Begin it with /." });
}

/** @throws StoreError INVALID_INPUT for a directory in which shells could find no programs, or nothing can lie */
export function checkSearchable(text: string): void {
  searchableDirectory(text, "Name another directory.");
}

/** A relative directory would mean another one in each place where a command is run. */
export function parseRepository(text: string): string {
  if (/^(\/|https?:\/\/)/i.test(text)) return text;
  throw new StoreError(
    "INVALID_INPUT",
    `'${withoutCredentials(text)}' is neither an absolute directory nor an http URL`,
    {
      hint: "Write a path that begins with /, or https://…",
    },
  );
}

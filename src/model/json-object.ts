import { StoreError } from "../errors.ts";

/** A record that the store wrote, read back: its members, checked one by one. */
export interface RecordReader {
  text(member: string): string;
  optionalText(member: string): string | undefined;
  count(member: string): number;
  optionalCount(member: string): number | undefined;
  list(member: string): readonly unknown[];
  /** A text member, made into what `parse` makes of it; what `parse` refuses is damage. */
  parsed<T>(member: string, parse: (text: string) => T): T;
  /** A member of any kind. */
  value(member: string): unknown;
  /** Members that were not asked for. */
  rest(): Readonly<Record<string, unknown>>;
}

/**
 * Reads a record of the store whose `format` must be at most `newest`; `source` names it in messages.
 * @throws StoreError DAMAGED, NEWER_FORMAT; so do the reader's methods
 */
export function readRecord(value: Readonly<Record<string, unknown>>, source: string, newest: number): RecordReader {
  const reader = recordReader(value, source);
  const format = reader.count("format");
  if (format <= newest) return reader;
  throw new StoreError("NEWER_FORMAT", `${source} has format ${format}; this program reads formats up to ${newest}`, {
    hint: "Use the newer version of store that wrote it; nothing was changed.",
    details: { file: source, format, supported: newest },
  });
}

export function recordReader(value: Readonly<Record<string, unknown>>, source: string): RecordReader {
  return new MemberReader(value, source);
}

/** A class, since a generation can have thousands of packages: what each would otherwise make anew is shared. */
class MemberReader implements RecordReader {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #source: string;
  readonly #taken: string[] = [];

  constructor(value: Readonly<Record<string, unknown>>, source: string) {
    this.#value = value;
    this.#source = source;
  }

  value(member: string): unknown {
    this.#taken.push(member);
    return this.#value[member];
  }

  text(member: string): string {
    const item = this.value(member);
    return typeof item === "string" ? item : this.#wrong(member, "text");
  }

  optionalText(member: string): string | undefined {
    const item = this.value(member) ?? undefined;
    return item === undefined || typeof item === "string" ? item : this.#wrong(member, "text");
  }

  count(member: string): number {
    const item = this.value(member);
    return isCount(item) ? item : this.#wrong(member, "a count");
  }

  optionalCount(member: string): number | undefined {
    const item = this.value(member) ?? undefined;
    return item === undefined || isCount(item) ? item : this.#wrong(member, "a count");
  }

  list(member: string): readonly unknown[] {
    const item = this.value(member);
    return Array.isArray(item) ? item : this.#wrong(member, "a list");
  }

  parsed<T>(member: string, parse: (text: string) => T): T {
    return parsedText(this.value(member), parse, { source: this.#source, member });
  }

  rest(): Readonly<Record<string, unknown>> {
    if (Object.keys(this.#value).every((member) => this.#taken.includes(member))) return NOTHING;
    return Object.fromEntries(Object.entries(this.#value).filter(([member]) => !this.#taken.includes(member)));
  }

  #wrong(member: string, what: string): never {
    throw damagedRecord(this.#source, `${member} is not ${what}`);
  }
}

/** No further members. */
export const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

export function isCount(item: unknown): item is number {
  return Number.isSafeInteger(item) && (item as number) >= 0;
}

/** @throws StoreError DAMAGED when `value` is no text, or `parse` throws INVALID_INPUT */
export function parsedText<T>(
  value: unknown,
  parse: (text: string) => T,
  { source, member }: { readonly source: string; readonly member: string },
): T {
  if (typeof value !== "string") throw damagedRecord(source, `${member} is not text`);
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof StoreError && error.code === "INVALID_INPUT") {
      throw damagedRecord(source, `${member}: ${error.message}`, error);
    }
    throw error;
  }
}

/** @throws StoreError DAMAGED */
export function parseJsonObject(text: string, source: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damagedRecord(source, "it is not JSON", cause);
  }
  if (isJsonObject(value)) return value;
  throw damagedRecord(source, "it is not a JSON object");
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function damagedRecord(source: string, reason: string, cause?: unknown): StoreError {
  return new StoreError("DAMAGED", `${source} is damaged: ${reason}`, {
    hint: "Run `store verify --repair`, or restore the file from a backup.",
    details: { file: source, reason },
    cause,
  });
}

/** What is wrong with a record, for a sentence that names it already; `undefined` for any other error. */
export function damageOf(error: unknown): string | undefined {
  const isDamage = error instanceof StoreError && error.code === "DAMAGED";
  return isDamage && typeof error.details.reason === "string" ? error.details.reason : undefined;
}

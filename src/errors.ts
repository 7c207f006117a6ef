/** Every way in which `store` can refuse or fail. The command line maps each to one exit status. */
export type ErrorCode =
  | "FAILED"
  | "USAGE"
  | "INVALID_RECIPE"
  | "INVALID_INPUT"
  | "NOT_FOUND"
  | "CONFLICT"
  | "INTEGRITY"
  | "ARCHIVE"
  | "LIMIT"
  | "NETWORK"
  | "OFFLINE"
  | "BUILD_FAILED"
  | "CHECK_FAILED"
  | "UNSAFE"
  | "BUSY"
  | "DAMAGED"
  | "NEWER_FORMAT"
  | "NO_SPACE"
  | "UNSUPPORTED"
  | "INTERRUPTED";

export interface StoreErrorOptions {
  /** The next step for the person who reads the message: a full sentence or a command. */
  readonly hint?: string;
  /** Facts for programs: paths, expected and actual values. Must be JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The program is bundled in several files, each with a class of its own: whatever has this mark is one of them. */
const MARK = Symbol.for("store.StoreError");

/** The only error class that operations throw on purpose. */
export class StoreError extends Error {
  static override [Symbol.hasInstance](value: unknown): value is StoreError {
    return typeof value === "object" && value !== null && MARK in value;
  }

  override readonly name = "StoreError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get [MARK](): true {
    return true;
  }
}

/** Whether `error` is a system error with one of `codes`, for example `isErrno(error, "ENOENT")`. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  const name = errnoOf(error);
  return name !== undefined && codes.includes(name);
}

/** Errors that Node has no name for, by their numbers on Linux and on macOS. */
const UNNAMED: Readonly<Record<number, string>> = { 122: "EDQUOT", 69: "EDQUOT", 116: "ESTALE", 70: "ESTALE" };

/** The name of a system error: `ENOENT`; also the code of any other error that has one. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const isUnnamed = error.code === "UNKNOWN" || error.code.startsWith("Unknown system error");
  // An addon tells the number in the code alone.
  const number = "errno" in error ? error.errno : /-?\d+$/.exec(error.code)?.[0];
  return (isUnnamed ? UNNAMED[Math.abs(Number(number))] : undefined) ?? error.code;
}

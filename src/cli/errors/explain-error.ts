import { StoreError } from "../../errors.ts";
import { explainSystemError } from "../../model/explain-system-error.ts";

/** An error as a person is told of it: always with a code, and whether it is a fault of the program itself. */
export interface Explained {
  readonly error: StoreError;
  readonly isBug: boolean;
}

/** `root` is where the store lies: what is said to be full when nobody knows which file it was. */
export function explainError(thrown: unknown, root?: string): Explained {
  const error = firstOf(thrown);
  if (error instanceof StoreError) return { error: withFlag(error), isBug: false };
  if (error instanceof Error && error.name === "AbortError") return { error: interrupted(error), isBug: false };
  const known = explainSystemError(error, root);
  if (known) return { error: known, isBug: false };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    error: new StoreError("FAILED", message, {
      hint: "This is a bug in store. Run the command again with --verbose and report what it prints.",
      details: { bug: true },
      cause: error,
    }),
    isBug: true,
  };
}

/** Where tidying up failed as well, what went wrong first is what the person must hear of. */
function firstOf(error: unknown): unknown {
  const isPair = error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return isPair ? firstOf(error.suppressed) : error;
}

const FLAGS: ReadonlyMap<unknown, string> = new Map([
  ["maxBytes", "--max-bytes SIZE"],
  ["maxRatio", "--max-ratio N"],
  ["maxEntries", "--max-entries N"],
]);

/** Operations name a limit; what raises it here is an option. */
function withFlag(error: StoreError): StoreError {
  const flag = error.code === "LIMIT" ? FLAGS.get(error.details.limit) : undefined;
  if (flag === undefined) return error;
  const { code, message, hint = "", details, cause } = error;
  return new StoreError(code, message, { hint: `${hint} The option is ${flag}.`.trim(), details, cause });
}

function interrupted(cause: Error): StoreError {
  return new StoreError("INTERRUPTED", "interrupted", { cause });
}

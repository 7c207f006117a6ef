import { StoreError } from "../../errors.ts";
import { explainSystemError } from "./explain-system-error.ts";

/** An error as a person is told of it: always with a code, and whether it is a fault of the program itself. */
export interface Explained {
  readonly error: StoreError;
  readonly isBug: boolean;
}

export function explainError(error: unknown): Explained {
  if (error instanceof StoreError) return { error, isBug: false };
  if (error instanceof Error && error.name === "AbortError") return { error: interrupted(error), isBug: false };
  const known = explainSystemError(error);
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

function interrupted(cause: Error): StoreError {
  return new StoreError("INTERRUPTED", "interrupted", { cause });
}

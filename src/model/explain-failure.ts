import { StoreError } from "../errors.ts";
import { explainSystemError } from "./explain-system-error.ts";

/**
 * What went wrong, in the words that a person is told and that the log keeps; `undefined` for an error that nobody
 * expected. `root` is where a write failed for want of room when the error does not tell.
 */
export function explainFailure(thrown: unknown, root?: string): StoreError | undefined {
  const error = firstFailure(thrown);
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error)) return undefined;
  if (error.name === "AbortError") return new StoreError("INTERRUPTED", "interrupted", { cause: error });
  if (error.name === "TimeoutError") return new StoreError("INTERRUPTED", error.message, { cause: error });
  return explainSystemError(error, root);
}

/** A sentence for what kept one thing from being done, also where nobody expected it. */
export function failureText(thrown: unknown, root?: string): string {
  const known = explainFailure(thrown, root);
  if (known) return known.message;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Where tidying up failed as well, what went wrong first is what a person must hear of. */
export function firstFailure(error: unknown): unknown {
  const isPair = error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return isPair ? firstFailure(error.suppressed) : error;
}

import { type ErrorCode, StoreError } from "../errors.ts";

/** What can be wrong with one source and leaves others alone. */
const CODES: readonly ErrorCode[] = ["INTEGRITY", "NETWORK", "NOT_FOUND", "OFFLINE"];

/** Whether a source could not be had, as it should be or at all. */
export function isSourceFailure(error: unknown): error is StoreError {
  return error instanceof StoreError && CODES.includes(error.code);
}

/** Where a source could not be had, the same with the package that needs it: a URL alone does not tell. */
export function namingPackage<E>(error: E, id: string): E | StoreError {
  if (!isSourceFailure(error)) return error;
  const { code, message, hint, details } = error;
  return new StoreError(code, `${id}: ${message}`, {
    ...(hint !== undefined && { hint }),
    details: { ...details, package: id },
    cause: error,
  });
}

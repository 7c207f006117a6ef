import { StoreError } from "../errors.ts";

/**
 * What `read` gives. What it refuses is told with the name of the option, variable or setting that it stands in.
 * @throws StoreError INVALID_INPUT with `more` among its details; whatever else `read` throws
 */
export function readAs<T>(name: string, read: () => T, more: Readonly<Record<string, unknown>> = {}): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "INVALID_INPUT") throw error;
    const { message, hint, details } = error;
    throw new StoreError("INVALID_INPUT", `${name}: ${message}`, {
      ...(hint !== undefined && { hint }),
      details: { ...details, ...more },
      cause: error,
    });
  }
}

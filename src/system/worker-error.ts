import { type ErrorCode, StoreError } from "../errors.ts";

/** A StoreError or system error in a form that keeps its members on the way between threads. */
export interface PackedError {
  readonly message: string;
  readonly code: string | undefined;
  readonly store: boolean;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export function packError(error: unknown): PackedError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreError) {
    return { message, code: error.code, store: true, hint: error.hint, details: error.details };
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return { message, code, store: false, hint: undefined, details: {} };
}

/** The error that was packed; what is not packed comes back as it is. */
export function unpackError(packed: unknown): unknown {
  if (!isPacked(packed)) return packed;
  const { message, code, store, hint, details } = packed;
  if (store) return new StoreError(code as ErrorCode, message, { ...(hint !== undefined && { hint }), details });
  return Object.assign(new Error(message), { code });
}

function isPacked(value: unknown): value is PackedError {
  return typeof value === "object" && value !== null && "store" in value && "message" in value;
}

import { StoreError } from "../../../errors.ts";
import type { Diagnosis } from "../../../model/diagnosis.ts";
import { explainSystemError } from "../../../model/explain-system-error.ts";

/** What a check finds; what keeps it from looking is a finding, too, and keeps no other check from it. */
export function told(topic: string, check: () => Diagnosis): Diagnosis {
  try {
    return check();
  } catch (error) {
    return toldError(topic, error);
  }
}

/** @throws what is neither an error of the store nor of the system */
export function toldError(topic: string, error: unknown, state: "warn" | "bad" = "bad"): Diagnosis {
  const known = error instanceof StoreError ? error : explainSystemError(error);
  if (!known) throw error;
  return { topic, state, text: known.message, ...(known.hint !== undefined && { advice: known.hint }) };
}

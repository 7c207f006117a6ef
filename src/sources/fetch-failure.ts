import { type ErrorCode, StoreError } from "../errors.ts";

/** What counts most among several failures. */
const ORDER: readonly ErrorCode[] = ["INTEGRITY", "LIMIT", "NETWORK", "NOT_FOUND", "INVALID_INPUT", "OFFLINE"];

/** One error for several failures to get `subject`: the only one itself, or a list of all. */
export function fetchFailure(subject: string, failures: readonly StoreError[]): StoreError {
  const [worst] = [...failures].sort((a, b) => ORDER.indexOf(a.code) - ORDER.indexOf(b.code));
  if (!worst) return new StoreError("INVALID_INPUT", `there is no URL for ${subject}`);
  if (failures.length === 1) return worst;
  const contents = new Set(
    failures.flatMap(({ details }) => (typeof details.actual === "string" ? details.actual : [])),
  );
  const hint =
    contents.size > 1
      ? "The places disagree: find out which content is right before you write its integrity."
      : worst.hint;
  const lines = failures.map((failure) => `\n  ${failure.message.replaceAll("\n", "\n  ")}`);
  return new StoreError(worst.code, `cannot fetch ${subject}:${lines.join("")}`, {
    ...(hint !== undefined && { hint }),
    details: {
      ...worst.details,
      failures: failures.map(({ code, message, details }) => ({ ...details, code, message })),
    },
    cause: worst,
  });
}

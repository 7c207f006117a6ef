import { withoutCredentials } from "../../model/without-credentials.ts";
import type { Output } from "../output/output.ts";
import { EXIT_STATUS, type ExitStatus } from "./exit-status.ts";
import { explainError, type Situation } from "./explain-error.ts";
import { readableStack } from "./readable-stack.ts";

/** Tells a person or a program what went wrong; gives the exit status. */
export function printError(
  thrown: unknown,
  output: Output,
  { isVerbose, ...situation }: Situation & { readonly isVerbose: boolean },
): ExitStatus {
  const { error, isBug } = explainError(thrown, situation);
  const { code, message, hint, details } = error;
  output.error({ code, message, hint: hint ?? null, details });
  if (isVerbose) output.trace(withoutCredentials(stackOf(isBug && error.cause !== undefined ? error.cause : error)));
  return EXIT_STATUS[code];
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${readableStack(error.stack ?? error.message)}${cause}`;
}

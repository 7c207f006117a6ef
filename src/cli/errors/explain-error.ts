import { StoreError } from "../../errors.ts";
import { explainFailure, firstFailure } from "../../model/explain-failure.ts";
import type { OptionSpecs } from "../command.ts";

/** An error as a person is told of it: always with a code, and whether it is a fault of the program itself. */
export interface Explained {
  readonly error: StoreError;
  readonly isBug: boolean;
}

export interface Situation {
  /** Where the store lies: what is said to be full when nobody knows which file it was. */
  readonly root?: string | undefined;
  /** Of the command that failed. */
  readonly options?: OptionSpecs | undefined;
}

export function explainError(thrown: unknown, { root, options = {} }: Situation = {}): Explained {
  const known = explainFailure(thrown, root);
  if (known) return { error: withFlag(known, options), isBug: false };
  const error = firstFailure(thrown);
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

const FLAGS: ReadonlyMap<unknown, string> = new Map([
  ["maxBytes", "max-bytes"],
  ["maxRatio", "max-ratio"],
  ["maxEntries", "max-entries"],
]);

/** Operations name a limit; what raises it here is an option, of the commands that have it. */
function withFlag(error: StoreError, options: OptionSpecs): StoreError {
  const flag = error.code === "LIMIT" ? FLAGS.get(error.details.limit) : undefined;
  const option = flag === undefined ? undefined : options[flag];
  if (option?.type !== "string") return error;
  const { code, message, hint = "", details, cause } = error;
  const way = `If you trust it, raise the limit with --${flag} ${option.value}.`;
  return new StoreError(code, message, { hint: `${hint} ${way}`.trim(), details, cause });
}

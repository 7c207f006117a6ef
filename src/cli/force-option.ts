import { StoreError } from "../errors.ts";

/** For commands that refuse to act when later changes depend on what they take back. */
export const FORCE_OPTION = {
  force: {
    type: "string",
    value: "KIND",
    many: true,
    choices: ["sequence"],
    describe: "Do it although it is refused as unsafe; KIND is sequence: later changes depend on it",
  },
} as const;

/** Whether `--force=sequence` was given. */
export function isOutOfSequence({ force }: { readonly force: readonly string[] }): boolean {
  return force.includes("sequence");
}

/**
 * The number of a transaction: `57` or `#57`.
 * @throws StoreError USAGE
 */
export function parseTransaction(text: string): number {
  const number = Number(/^#?(\d+)$/.exec(text)?.[1] ?? 0);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new StoreError("USAGE", `'${text}' is not a transaction`, {
    hint: "Write 57 or '#57' (in quotes: a bare # begins a comment in a shell). `store log` lists them.",
  });
}

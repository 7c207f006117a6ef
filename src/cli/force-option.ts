import { StoreError } from "../errors.ts";

const KINDS = { sequence: "although later changes depend on what is taken back or done again" } as const;

type ForceKind = keyof typeof KINDS;

/** For commands that refuse to act when later changes depend on what they take back. Never bare: a reason is named. */
export const FORCE_OPTION = {
  force: {
    type: "string",
    value: "KIND",
    many: true,
    completes: Object.keys(KINDS),
    parse: parseKind,
    describe: "Do it although it is refused as unsafe; KIND is sequence: later changes depend on it",
  },
} as const;

function parseKind(text: string): ForceKind {
  if (Object.hasOwn(KINDS, text)) return text as ForceKind;
  const known = Object.entries(KINDS).map(([kind, what]) => `--force=${kind} does it ${what}`);
  throw new StoreError("USAGE", `--force=${text}: there is no kind '${text}'`, {
    hint: `${known.join("; ")}. There is no force for everything.`,
    details: { option: "force", value: text, choices: Object.keys(KINDS) },
  });
}

/** Whether `--force=sequence` was given. */
export function isOutOfSequence({ force }: { readonly force: readonly ForceKind[] }): boolean {
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

import { StoreError } from "../errors.ts";

/** What can be done although it is refused as unsafe. There is no force for everything: a reason is named. */
const KINDS = {
  overwrite: {
    what: "although other packages have files at the same paths: these give way",
    commands: "install, undo, redo, replay and rollback --journal",
  },
  sequence: {
    what: "although later changes depend on what is taken back or done again; files at the same paths give way, too",
    commands: "undo, redo, replay and rollback --journal",
  },
} as const;

export type ForceKind = keyof typeof KINDS;

/** The option of a command that can be told to do what it refuses for these reasons. Never bare. */
export function forceOption<const K extends readonly ForceKind[]>(...kinds: K) {
  return {
    force: {
      type: "string",
      value: "KIND",
      many: true,
      completes: kinds,
      parse: (text: string) => parseKind(text, kinds),
      describe: `Do it although it is refused as unsafe. KIND is ${kinds.map((kind) => `${kind}: ${KINDS[kind].what}`).join("; or ")}`,
    },
  } as const;
}

/** For commands that take changes back, or do them again. */
export const STEPS_FORCE = forceOption("overwrite", "sequence");

interface Forced {
  readonly force: readonly ForceKind[];
}

/** What an operation on steps is told of it. */
export function forcedSteps({ force }: Forced): { readonly outOfSequence: boolean; readonly overwrite: boolean } {
  return { outOfSequence: force.includes("sequence"), overwrite: force.includes("overwrite") };
}

function parseKind<K extends ForceKind>(text: string, kinds: readonly K[]): K {
  const kind = kinds.find((each) => each === text);
  if (kind !== undefined) return kind;
  const other = Object.hasOwn(KINDS, text) ? KINDS[text as ForceKind] : undefined;
  const message = other
    ? `--force=${text} is not for this command, but for ${other.commands}`
    : `--force=${text}: there is no kind '${text}'`;
  throw new StoreError("USAGE", message, {
    hint: `${kinds.map((each) => `--force=${each} does it ${KINDS[each].what}`).join(". ")}. There is no force for everything.`,
    details: { option: "force", value: text, choices: kinds },
  });
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

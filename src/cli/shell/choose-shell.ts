import { basename } from "node:path";
import { StoreError } from "../../errors.ts";

/** `sh` stands for every shell of the Bourne family. */
export const SHELLS = ["bash", "zsh", "fish", "sh"] as const;
export type Shell = (typeof SHELLS)[number];

const BOURNE = ["sh", "dash", "ash", "ksh", "mksh", "ksh93"];

/**
 * The shell that $SHELL names.
 * @throws StoreError INVALID_INPUT for one that needs another language
 */
export function chooseShell(env: Readonly<Record<string, string | undefined>>): Shell {
  const name = basename(env.SHELL || "sh");
  const known = SHELLS.find((shell) => shell === name);
  if (known) return known;
  if (BOURNE.includes(name)) return "sh";
  throw new StoreError("INVALID_INPUT", `there are no commands for the shell ${name}`, {
    hint: `Choose one with --shell: ${SHELLS.join(", ")}.`,
    details: { shell: env.SHELL },
  });
}

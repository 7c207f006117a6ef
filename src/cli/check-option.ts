import { StoreError } from "../errors.ts";
import type { GenerationCheck } from "../operations/profiles/check-generation.ts";
import type { OptionSpecs, Values } from "./command.ts";
import type { CommandContext } from "./context.ts";

/** For commands that make a generation. */
export const CHECK_OPTION = {
  check: {
    type: "string",
    value: "COMMAND",
    describe: "Run the shell COMMAND in the new generation first; unless it ends with 0, nothing changes",
  },
} as const satisfies OptionSpecs;

/** @throws StoreError USAGE when there is nothing to check, or nothing to check it with */
export function generationCheck(
  args: Values<Record<never, never>, typeof CHECK_OPTION> & { readonly "dry-run": boolean },
  { cwd }: Pick<CommandContext, "cwd">,
): GenerationCheck | undefined {
  const { check: command } = args;
  if (command === undefined) return undefined;
  if (command.trim() === "")
    throw new StoreError("USAGE", "--check has no command", { hint: "Write --check './smoke.sh'." });
  if (!args["dry-run"]) return { command, cwd };
  throw new StoreError("USAGE", "--check and --dry-run exclude each other: a dry run makes nothing to check", {
    hint: "Leave one of them out.",
  });
}

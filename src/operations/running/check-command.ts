import { StoreError } from "../../errors.ts";
import type { CommandRequest } from "./run-command.ts";

/**
 * The program and the arguments of a command.
 * @throws StoreError INVALID_INPUT where there is none, or where it holds a NUL, which no process can be given
 */
export function splitCommand({ command }: Pick<CommandRequest, "command">): readonly [string, ...string[]] {
  const [name, ...args] = command;
  if (!name)
    throw new StoreError("INVALID_INPUT", "command names no program", { hint: "Give the program and its arguments." });
  if (command.some((word) => word.includes("\0")))
    throw new StoreError("INVALID_INPUT", "command holds a NUL character", { hint: "Pass such data in a file." });
  return [name, ...args];
}

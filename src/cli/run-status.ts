import { isErrno, StoreError } from "../errors.ts";
import type { CommandContext } from "./context.ts";
import { printError } from "./errors/print-error.ts";

/** The exit status of a command that is run; where it could not be started, that of env(1): 127 or 126. */
export async function statusOf(context: CommandContext, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const status = startFailure(error);
    if (status === undefined) throw error;
    printError(error, context.output, { isVerbose: context.global.verbose });
    return status;
  }
}

function startFailure(error: unknown): 126 | 127 | undefined {
  if (!(error instanceof StoreError)) return undefined;
  if (isErrno(error.cause, "ENOENT")) return 127;
  return isErrno(error.cause, "EACCES", "ENOEXEC", "EISDIR", "ENOTDIR") ? 126 : undefined;
}

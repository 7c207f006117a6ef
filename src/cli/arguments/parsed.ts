import type { Command } from "../command.ts";
import type { GlobalValues } from "../global-options.ts";

/** A command line that was understood. */
export interface Parsed {
  readonly command: Command;
  readonly global: GlobalValues;
  /** Values of the command's positionals and options by name, and `rest`; fits its `run`. */
  readonly args: Parameters<Command["run"]>[1];
}

import type { ProfileName } from "../model/ids.ts";
import type { OpenStoreOptions } from "../operations/open-store.ts";
import type { RunOptions } from "../operations/run-options.ts";
import type { Store } from "../store/open-store.ts";
import type { GlobalValues } from "./global-options.ts";
import type { Output } from "./output/output.ts";

/** What a command has besides its arguments. */
export interface CommandContext {
  readonly global: GlobalValues;
  readonly profile: ProfileName;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly output: Output;
  /** What operations are run with. */
  readonly run: RunOptions;
  readonly now: () => Date;
  /** Opens the store; only with `create` a missing one is made. */
  openStore(options?: Pick<OpenStoreOptions, "create" | "width" | "allowUnsafeRoot">): Promise<Store>;
}

import { type ProfileName, parseProfileName } from "../model/ids.ts";
import { withoutCredentials } from "../model/without-credentials.ts";
import type { RunOptions } from "../operations/run-options.ts";
import type { CommandContext } from "./context.ts";
import type { Debug } from "./debug.ts";
import type { GlobalValues } from "./global-options.ts";
import type { Output } from "./output/output.ts";

export interface ContextParts {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
  readonly debug: Debug;
  readonly run: RunOptions;
}

/** @throws StoreError INVALID_INPUT when $STORE_PROFILE is no name */
export function createContext(global: GlobalValues, { argv, env, output, debug, run }: ContextParts): CommandContext {
  return {
    global,
    env,
    output,
    run,
    profile: global.profile ?? profileFrom(env),
    now: () => new Date(),
    get cwd() {
      return process.cwd();
    },
    async openStore({ create = false, width, allowUnsafeRoot } = {}) {
      const { openStore } = await import("../operations/open-store.ts");
      const store = await openStore({
        root: global.root,
        adminDir: global.admindir,
        instDir: global.instdir,
        create,
        width,
        allowUnsafeRoot,
        env,
        // It stands in the log, and before those who wait for a lock.
        command: ["store", ...argv.map((word) => withoutCredentials(word))],
        wait: global.wait,
        notice: ({ message, hint, isWarning }) =>
          isWarning
            ? run.onEvent?.({ kind: "warning", message, ...(hint !== undefined && { hint }) })
            : output.note(() => message),
        trace: debug.trace,
      });
      debug.time("store opened");
      return store;
    },
  };
}

function profileFrom(env: NodeJS.ProcessEnv): ProfileName {
  return parseProfileName(env.STORE_PROFILE || "default");
}

import type { FetchContext } from "../sources/fetch-context.ts";
import type { Store } from "../store/open-store.ts";
import type { RunOptions } from "./run-options.ts";

/** How this store fetches sources. */
export function createFetchContext(
  store: Store,
  input: { readonly cwd: string; readonly offline?: boolean | undefined },
  run: RunOptions,
): FetchContext {
  return {
    directory: store.layout.sources,
    offline: input.offline ?? false,
    env: store.context.env,
    cwd: input.cwd,
    now: store.context.now,
    signal: run.signal,
    onEvent: (event) => run.onEvent?.({ kind: "fetching", event }),
  };
}

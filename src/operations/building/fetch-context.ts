import { type Mirror, parseMirrors } from "../../model/mirror.ts";
import type { FetchContext } from "../../sources/fetch-context.ts";
import { readSetting } from "../../store/config-file.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";

/** What a command says about fetching. */
export interface FetchSettings {
  /** What relative paths start from, and where npm looks for a project's `.npmrc`. */
  readonly cwd: string;
  readonly offline?: boolean | undefined;
  /** Asked before those of `$STORE_MIRRORS` and of the store's settings. */
  readonly mirrors?: readonly Mirror[] | undefined;
  /** Most bytes of a file from a server. */
  readonly maxBytes?: number | undefined;
}

/**
 * How this store fetches sources.
 * @throws StoreError INVALID_INPUT for a mirror that is none
 */
export function createFetchContext(store: Store, input: FetchSettings, run: RunOptions): FetchContext {
  return {
    directory: store.layout.sources,
    offline: input.offline ?? false,
    env: store.context.env,
    cwd: input.cwd,
    mirrors: [
      ...(input.mirrors ?? []),
      ...parseMirrors("$STORE_MIRRORS", store.context.env.STORE_MIRRORS ?? ""),
      ...readSetting(store, "mirrors"),
    ],
    maxBytes: input.maxBytes,
    unreachable: new Map(),
    now: store.context.now,
    signal: run.signal,
    onEvent: (event) => run.onEvent?.({ kind: "fetching", event }),
  };
}

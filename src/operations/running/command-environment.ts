import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { searchPathsInto, withSearchPaths } from "../../model/search-paths.ts";
import { livePath } from "../../store/instdir.ts";
import { profilePath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { undecodableVariables } from "../../system/undecodable.ts";

/**
 * The environment of a command that is run in a forest of a profile: as `store shellenv` would give it for `top`, with
 * $STORE_ROOT and $STORE_PROFILE, $STORE_GENERATION where `top` is a generation, and $STORE_PATH, which is `top`.
 */
export function commandEnvironment(
  store: Store,
  profile: ProfileName,
  { top, generation }: { readonly top: string; readonly generation?: GenerationNumber | undefined },
): Readonly<Record<string, string>> {
  const { STORE_GENERATION: _, ...env } = store.context.env;
  warnOfChanged(store, env);
  return {
    ...withSearchPaths(env, searchPathsInto(top), {
      hidden: [profilePath(store.layout, profile), livePath(store, profile)],
    }),
    STORE_ROOT: store.layout.root,
    STORE_PROFILE: profile,
    STORE_PATH: top,
    ...(generation !== undefined && { STORE_GENERATION: `gen-${generation}` }),
  };
}

const warned = new WeakSet<Store>();

/** Once, however many commands are run. */
function warnOfChanged(store: Store, env: Readonly<Record<string, string | undefined>>): void {
  if (warned.has(store)) return;
  warned.add(store);
  const names = undecodableVariables(env);
  if (names.length === 0) return;
  store.context.notice?.({
    message: `commands get U+FFFD for what is not UTF-8 in the environment: ${names.join(", ")}`,
    hint: "Set these variables to UTF-8, or unset them.",
    isWarning: true,
  });
}

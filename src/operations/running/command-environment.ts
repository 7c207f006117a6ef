import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { searchPathsInto, withSearchPaths } from "../../model/search-paths.ts";
import { livePath } from "../../store/instdir.ts";
import { objectPath, profilePath } from "../../store/layout.ts";
import { objectAt } from "../../store/manifests.ts";
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
  const paths = searchPathsInto(top);
  const listed = paths.flatMap(({ variable }) => env[variable]?.split(":") ?? []);
  return {
    ...withSearchPaths(env, paths, {
      hidden: [profilePath(store.layout, profile), livePath(store, profile), ...forestsIn(store, profile, listed)],
    }),
    STORE_ROOT: store.layout.root,
    STORE_PROFILE: profile,
    STORE_PATH: top,
    ...(generation !== undefined && { STORE_GENERATION: `gen-${generation}` }),
  };
}

/** Forests of the profile among these directories: a command that is run in another generation has that one's. */
function forestsIn(store: Store, profile: ProfileName, directories: readonly string[]): readonly string[] {
  const objects = directories.flatMap((directory) => objectAt(store, directory, "/") ?? []);
  return objects
    .filter((object) => object.endsWith(`-profile-${profile}`))
    .map((object) => objectPath(store.layout, object));
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

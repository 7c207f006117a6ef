import type { ProfileName } from "../../model/ids.ts";
import { type SearchPath, searchPathsInto } from "../../model/search-paths.ts";
import { livePath } from "../../store/instdir.ts";
import type { Store } from "../../store/open-store.ts";

/**
 * The search paths of a profile. They lead through the live link, or the link to that in the instdir, so they hold after every switch, and they are given
 * whether or not the directories exist now.
 */
export function shellEnvironment(store: Store, profile: ProfileName): readonly SearchPath[] {
  return searchPathsInto(livePath(store, profile));
}

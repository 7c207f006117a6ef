import type { ProfileName } from "../model/ids.ts";
import { type SearchPath, searchPathsInto } from "../model/search-paths.ts";
import { currentPath } from "../store/layout.ts";
import type { Store } from "../store/open-store.ts";

/**
 * The search paths of a profile. They lead through the live link, so they hold after every switch, and they are given
 * whether or not the directories exist now.
 */
export function shellEnvironment(store: Store, profile: ProfileName): readonly SearchPath[] {
  return searchPathsInto(currentPath(store.layout, profile));
}

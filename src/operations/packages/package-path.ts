import type { ProfileName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { livePath } from "../../store/instdir.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { checkInstalled } from "../profiles/remove.ts";

/** The absolute path of an installed package's object; without a name where the profile is live. */
export function packagePath(store: Store, profile: ProfileName, name?: string): string {
  const { current } = readProfile(store, profile);
  if (name === undefined) return livePath(store, profile);
  const generation = readGeneration(store, profile, current);
  checkInstalled(generation, [name]);
  const found = generation.packages.find((item) => item.name === name);
  return objectPath(store.layout, (found as NonNullable<typeof found>).path);
}

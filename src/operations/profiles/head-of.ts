import type { Generation } from "../../model/generation.ts";
import { type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { isUnmade } from "../../store/lost-profiles.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";

/** The live generation; of a profile that is not there yet, an empty one. */
export function headOf(store: Store, profile: ProfileName): Generation {
  if (!isUnmade(store, profile)) return readGeneration(store, profile, readProfile(store, profile).current);
  const zero = parseGenerationNumber(0);
  const nothing = { created: "", parent: undefined, reason: "empty", transaction: 0, packages: [], unknown: {} };
  return { generation: zero, profile, path: "" as Generation["path"], ...nothing };
}

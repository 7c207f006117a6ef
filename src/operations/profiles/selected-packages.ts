import { type InstalledPackage, parseInstalledPackage } from "../../model/generation.ts";
import type { ProfileName } from "../../model/ids.ts";
import { hasGenerationRecord, readGeneration } from "../../store/generation-records.ts";
import type { Store } from "../../store/open-store.ts";
import type { Selected } from "./select-generation.ts";

/** What the log tells of a generation whose record is gone. `undefined` when there is a record, or the log tells nothing. */
export function recalledPackages(
  store: Store,
  profile: ProfileName,
  { generation, told }: Pick<Selected, "generation" | "told">,
): readonly InstalledPackage[] | undefined {
  if (told?.packages === undefined || hasGenerationRecord(store, profile, generation)) return undefined;
  return told.packages.map((item) => parseInstalledPackage(item, "the log"));
}

/**
 * The packages of a generation, also of one that was deleted since.
 * @throws StoreError NOT_FOUND, DAMAGED, NEWER_FORMAT
 */
export function selectedPackages(store: Store, profile: ProfileName, selected: Selected): readonly InstalledPackage[] {
  return recalledPackages(store, profile, selected) ?? readGeneration(store, profile, selected.generation).packages;
}

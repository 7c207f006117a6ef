import { StoreError } from "../errors.ts";
import { packageToJson } from "../model/generation.ts";
import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import type { LogPackage } from "../model/log-event.ts";
import { readTextIfPresent } from "../system/atomic-file.ts";
import { readGeneration } from "./generation-records.ts";
import { generationFile } from "./layout.ts";
import type { RecordedGeneration } from "./log/compose.ts";
import type { Store } from "./open-store.ts";
import { listGenerations, listProfiles, readProfileParts } from "./profiles.ts";

/** What all generation records tell of the changes that made them; those that cannot be read are left out. */
export function* recordedGenerations(store: Store): Generator<RecordedGeneration, void> {
  for (const profile of listProfiles(store))
    for (const number of listGenerations(store, readProfileParts(store, profile))) {
      const recorded = recordedGeneration(store, profile, number);
      if (recorded) yield recorded;
    }
}

function recordedGeneration(
  store: Store,
  profile: ProfileName,
  number: GenerationNumber,
): RecordedGeneration | undefined {
  try {
    const { generation, parent, path, reason, packages, created, transaction } = readGeneration(store, profile, number);
    const logged = packages.map((item) => packageToJson(item) as LogPackage);
    return { profile, generation, parent: parent ?? null, path, reason, packages: logged, created, transaction };
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/**
 * The number of the transaction that made the newest generation of a profile; 0 where there is none, or nothing can be
 * told. A log that does not know it has lost its end.
 */
export function newestTransaction(store: Store, profile: ProfileName): number {
  try {
    const { last, current } = readProfileParts(store, profile);
    return transactionOf(store, profile, last) ?? (current && transactionOf(store, profile, current)) ?? 0;
  } catch (error) {
    // A profile that is new or damaged: whoever needs more of it tells.
    if (error instanceof StoreError) return 0;
    throw error;
  }
}

/** The record of a large profile has hundreds of kilobytes: one member of it is looked for in its text. */
function transactionOf(store: Store, profile: ProfileName, number: GenerationNumber): number | undefined {
  const text = readTextIfPresent(generationFile(store.layout, profile, number));
  if (text === undefined) return undefined;
  const found = /^ "transaction": (\d{1,15}),$/m.exec(text)?.[1];
  return found === undefined ? readGeneration(store, profile, number).transaction : Number(found);
}

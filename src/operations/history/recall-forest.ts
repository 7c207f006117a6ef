import { StoreError } from "../../errors.ts";
import { type BaseName, type GenerationNumber, type ProfileName, parseBaseName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { openJournal } from "../../store/journal.ts";
import { readTransactions } from "../../store/log/transactions.ts";
import type { Store } from "../../store/open-store.ts";

/**
 * The forest of a generation, also of one that was deleted since.
 * @throws StoreError NOT_FOUND when the log does not tell of its making either
 */
export function recallForest(store: Store, profile: ProfileName, generation: GenerationNumber): BaseName {
  try {
    return readGeneration(store, profile, generation).path;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "NOT_FOUND") throw error;
    return loggedForest(store, profile, generation) ?? untold(profile, generation, error);
  }
}

function loggedForest(store: Store, profile: ProfileName, generation: GenerationNumber): BaseName | undefined {
  for (const each of readTransactions(openJournal(store))) {
    if (!("tx" in each) || each.profile !== profile) continue;
    for (const { event } of each.records)
      if (event.type === "generation" && event.generation === generation) return parseBaseName(event.path);
  }
  return undefined;
}

function untold(profile: ProfileName, generation: GenerationNumber, cause: StoreError): never {
  const message = `gen-${generation} of profile '${profile}' was deleted, and the log no longer tells of its making`;
  throw new StoreError("NOT_FOUND", message, { details: { profile, generation }, cause });
}

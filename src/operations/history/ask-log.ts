import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { openJournal } from "../../store/journal.ts";
import type { Live } from "../../store/log/history.ts";
import { readTail, requireEnd } from "../../store/log/tail.ts";
import type { TransactionLog } from "../../store/log/transaction-log.ts";
import { unloggedSwitch } from "../../store/open-intents.ts";
import type { Store } from "../../store/open-store.ts";
import { liveGeneration } from "../../store/profiles.ts";
import { newestTransaction } from "../../store/recorded-generations.ts";

/**
 * An answer of the log. A switch that was made and whose end is not logged counts: whoever comes next completes the log.
 * @throws StoreError DAMAGED when it has lost its end: a generation tells of a transaction, or the live link of a switch,
 *   that it does not know
 */
export function askLog<T extends Live | undefined>(
  store: Store,
  profile: ProfileName,
  ask: (log: TransactionLog) => T,
): T {
  const log = openJournal(store);
  // The disk first: whoever changes a profile now writes to the log before.
  const expects = newestTransaction(store, profile);
  let current = liveGeneration(store, profile);
  for (let attempt = 0; ; attempt++) {
    requireEnd(log, expects);
    const live = withUnlogged(store, ask(log), { profile, current });
    const told = endsWith(log, live, profile);
    if (told === undefined || current === undefined || told === current) return live;
    // A switch may have come in between.
    if (attempt === 3) throw contradicted(profile, told, current);
    current = liveGeneration(store, profile);
  }
}

function withUnlogged<T extends Live | undefined>(
  store: Store,
  live: T,
  { profile, current }: { readonly profile: ProfileName; readonly current: GenerationNumber | undefined },
): T {
  if (live?.kind !== "live" || current === undefined || live.state.current === current) return live;
  const made = unloggedSwitch(store, profile, { current, seq: live.record.seq });
  if (!made) return live;
  const unknown = { packages: undefined, since: undefined, uncertain: false };
  return { ...live, state: { ...live.state, ...unknown, current, previous: made.from } };
}

/** What is live now as the log tells; `undefined` when the answer does not depend on its end. */
function endsWith(log: TransactionLog, live: Live | undefined, profile: ProfileName) {
  const last = readTail(log).last?.record;
  if (live?.kind !== "live" || live.record.seq !== last?.seq) return undefined;
  return last.carry.intents?.some((intent) => intent.profile === profile) ? undefined : live.state.current;
}

function contradicted(profile: ProfileName, told: number, current: number): StoreError {
  return new StoreError("DAMAGED", `the log ends at gen-${told} of profile '${profile}', but gen-${current} is live`, {
    hint: "Its last records are lost, or the link was changed by hand: `store log repair` notes what is live.",
    details: { profile, told, current },
  });
}

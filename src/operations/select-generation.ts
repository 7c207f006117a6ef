import { StoreError } from "../errors.ts";
import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import { parseGenerationNumber } from "../model/ids.ts";
import { parseSelector, pickGeneration, type Selector } from "../model/selector.ts";
import { openJournal } from "../store/journal.ts";
import type { Live } from "../store/log/history.ts";
import type { Store } from "../store/open-store.ts";
import { readPins } from "../store/pins.ts";
import { listGenerations, type ProfileState } from "../store/profiles.ts";

/** A generation that a SEL names, and for a time the instant that it stands for. */
export interface Selected {
  readonly generation: GenerationNumber;
  /** Milliseconds since 1970, UTC: the last instant that the expression covers. */
  readonly instant: number | undefined;
}

/**
 * Finds the generation that a person means by `text`.
 * @throws StoreError INVALID_INPUT for no SEL, NOT_FOUND for one that names nothing
 */
export async function selectGeneration(store: Store, state: ProfileState, text: string): Promise<Selected> {
  const selector = parseSelector(text);
  switch (selector.kind) {
    case "generation":
    case "relative":
    case "previous": {
      const line = { existing: listGenerations(store, state), current: state.current, previous: state.previous };
      return { generation: pickGeneration(selector, line), instant: undefined };
    }
    case "tag":
      return { generation: tagged(store, state.profile, selector.name), instant: undefined };
    case "transaction":
      return { generation: await liveAfter(store, state.profile, selector), instant: undefined };
    case "time":
      return liveAt(store, state.profile, selector);
  }
}

function tagged(store: Store, profile: ProfileName, name: string): GenerationNumber {
  const { tags } = readPins(store, profile);
  const generation = tags.get(name);
  if (generation !== undefined) return generation;
  const known = [...tags.keys()].sort().join(", ");
  throw new StoreError("NOT_FOUND", `profile '${profile}' has no checkpoint '${name}'`, {
    hint: known === "" ? "Make one with `store checkpoint NAME`." : `There is ${known}.`,
    details: { profile, name },
  });
}

async function liveAfter(
  store: Store,
  profile: ProfileName,
  selector: Selector & { kind: "transaction" },
): Promise<GenerationNumber> {
  const { findAfterTransaction } = await import("../store/log/history.ts");
  const live = findAfterTransaction(openJournal(store), selector.transaction, profile);
  if (live) return generationOf(live, `when #${selector.transaction} was done`, profile);
  throw new StoreError("NOT_FOUND", `there is no transaction #${selector.transaction}`, {
    hint: "`store generations` shows which transaction made each generation.",
    details: { transaction: selector.transaction },
  });
}

async function liveAt(store: Store, profile: ProfileName, selector: Selector & { kind: "time" }): Promise<Selected> {
  const { resolveTime } = await import("../model/resolve-time.ts");
  const { findAt } = await import("../store/log/history.ts");
  const { now, timeZone } = store.context;
  const { instant } = resolveTime(selector.expression, { now: now().getTime(), timeZone });
  const live = findAt(openJournal(store), instant, profile);
  return { generation: generationOf(live, `at ${new Date(instant).toISOString()}`, profile), instant };
}

function generationOf(live: Live, when: string, profile: ProfileName): GenerationNumber {
  switch (live.kind) {
    case "live":
      return parseGenerationNumber(live.state.current);
    case "no-profile":
      throw new StoreError("NOT_FOUND", `profile '${profile}' did not exist ${when}`, {
        hint: "gen-0 is the empty generation it began with: `store switch gen-0`.",
      });
    case "before-history": {
      const begins = live.begins ? `history begins ${live.begins.time}` : "nothing was changed yet";
      throw new StoreError("NOT_FOUND", `the log does not tell what was live ${when}: ${begins}`, {
        hint: "List what there is with `store generations`.",
      });
    }
  }
}

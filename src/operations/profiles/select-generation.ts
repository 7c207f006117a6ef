import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { parseGenerationNumber } from "../../model/ids.ts";
import { profileOption } from "../../model/profile-option.ts";
import { parseSelector, pickGeneration, type Selector } from "../../model/selector.ts";
import { type Precision, precisionFor, zonedText } from "../../model/zoned-text.ts";
import { readMarks } from "../../store/journal.ts";
import type { Live } from "../../store/log/history.ts";
import { unloggedSwitch } from "../../store/open-intents.ts";
import type { Store } from "../../store/open-store.ts";
import { hasGeneration, listGenerations, type ProfileState } from "../../store/profiles.ts";
import { askLog } from "../history/ask-log.ts";

/** A generation that a SEL names, and for a time the instant that it stands for. */
export interface Selected {
  readonly generation: GenerationNumber;
  /** Milliseconds since 1970, UTC: the last instant that the expression covers; of a transaction when it was done. */
  readonly instant: number | undefined;
  /** What the log tells of the profile then, where it was asked. */
  readonly told?: LiveState | undefined;
}

type LiveState = Extract<Live, { kind: "live" }>["state"];

/** The live generation, for those who are not asked which. */
export function liveOf({ current }: ProfileState): Selected {
  return { generation: current, instant: undefined };
}

/**
 * Finds the generation that a person means by `text`.
 * @throws StoreError INVALID_INPUT for no SEL, NOT_FOUND for one that names nothing
 */
export async function selectGeneration(store: Store, state: ProfileState, text: string): Promise<Selected> {
  const selector = parseSelector(text);
  switch (selector.kind) {
    case "generation":
      if (hasGeneration(store, state, selector.generation))
        return { generation: selector.generation, instant: undefined };
      return (await recalled(store, state, selector.generation)) ?? picked(store, state, selector);
    case "relative":
    case "previous":
      return picked(store, state, selector);
    case "tag":
      return { generation: tagged(store, state.profile, selector.name), instant: undefined };
    case "transaction":
      return liveAfter(store, state.profile, selector);
    case "time":
      return liveAt(store, state.profile, selector);
  }
}

/** One that was deleted, as far as the log tells of it. */
async function recalled(
  store: Store,
  { profile, last }: ProfileState,
  generation: GenerationNumber,
): Promise<Selected | undefined> {
  if (generation > last) return undefined;
  const { recallGeneration } = await import("./recall-generation.ts");
  const found = recallGeneration(store, profile, generation);
  return found && { generation, instant: undefined, told: found.told };
}

function picked(store: Store, state: ProfileState, selector: Parameters<typeof pickGeneration>[0]): Selected {
  const previous = selector.kind === "previous" ? previousOf(store, state) : state.previous;
  const line = { existing: listGenerations(store, state), current: state.current, previous };
  return { generation: pickGeneration(selector, line), instant: undefined };
}

/** The link to it is written behind the switch, and can be one switch late. */
function previousOf(store: Store, { profile, current, previous }: ProfileState): GenerationNumber | undefined {
  try {
    return unloggedSwitch(store, profile, { current })?.from ?? previous;
  } catch (error) {
    // A log that cannot be read says nothing else.
    if (error instanceof StoreError) return previous;
    throw error;
  }
}

function tagged(store: Store, profile: ProfileName, name: string): GenerationNumber {
  const { tags } = readMarks(store, profile);
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
): Promise<Selected> {
  const { findAfterTransaction } = await import("../../store/log/history.ts");
  const live = askLog(store, profile, (log) => findAfterTransaction(log, selector.transaction, profile));
  if (live) {
    const instant = "record" in live ? Date.parse(live.record.time) : undefined;
    return selectedBy(store, live, { when: `when #${selector.transaction} was done`, profile, instant });
  }
  throw new StoreError("NOT_FOUND", `there is no transaction #${selector.transaction}`, {
    hint: "`store log` lists them.",
    details: { transaction: selector.transaction },
  });
}

async function liveAt(store: Store, profile: ProfileName, selector: Selector & { kind: "time" }): Promise<Selected> {
  const { resolveTime } = await import("../../model/resolve-time.ts");
  const { findAt } = await import("../../store/log/history.ts");
  const { now, timeZone } = store.context;
  const asked = now().getTime();
  const { instant, note } = resolveTime(selector.expression, { now: asked, timeZone });
  const live = askLog(store, profile, (log) => findAt(log, instant, profile));
  for (const message of remarks(live, {
    note,
    isFuture: instant > asked && selector.expression.kind === "point",
    isNow: selector.expression.kind === "now",
    text: selector.text,
  }))
    store.context.notice?.({ message });
  return selectedBy(store, live, {
    when: `at ${zonedText(instant, timeZone, precisionOf(live, instant))}`,
    profile,
    instant,
  });
}

interface Asked {
  readonly when: string;
  readonly profile: ProfileName;
  readonly instant: number | undefined;
}

function selectedBy(store: Store, live: Live, { when, profile, instant }: Asked): Selected {
  const generation = generationOf(store, live, { when, profile, instant });
  const told = live.kind === "live" ? live.state : undefined;
  if (told?.uncertain)
    store.context.notice?.({
      message: `records of the log are lost: it is uncertain whether gen-${generation} was live ${when}`,
      isWarning: true,
    });
  return { generation, instant, told };
}

/** How exactly the time that was asked for and the beginning of history are told apart. */
function precisionOf(live: Live, instant: number | undefined): Precision {
  const begins = live.kind === "before-history" ? live.begins : undefined;
  return begins && instant !== undefined ? precisionFor(begins.time, instant) : "minute";
}

/** What a person should know of how a time was read. */
function remarks(
  live: Live,
  time: {
    readonly note: string | undefined;
    readonly isFuture: boolean;
    /** What is live now is no question of when the clock showed it. */
    readonly isNow: boolean;
    readonly text: string;
  },
): readonly string[] {
  const { note, isFuture, isNow, text } = time;
  const wentBack = live.kind === "live" && !isNow ? live.clockWentBack : undefined;
  return [
    ...(note === "skipped" ? [`clocks never showed ${text}: the moment at which they were moved counts`] : []),
    ...(note === "repeated" ? [`clocks showed ${text} twice: the later time counts`] : []),
    ...(isFuture ? [`${text} is not over yet: what was live last counts`] : []),
    ...(wentBack === undefined
      ? []
      : [`the clock went back over ${text} (record ${wentBack}): if it was passed twice, the later time counts`]),
  ];
}

function generationOf({ context }: Store, live: Live, { when, profile, instant }: Asked): GenerationNumber {
  switch (live.kind) {
    case "live":
      return parseGenerationNumber(live.state.current);
    case "no-profile":
      throw new StoreError("NOT_FOUND", `profile '${profile}' did not exist ${when}`, {
        hint: `gen-0 is the empty generation it began with: \`store switch gen-0${profileOption(profile)}\`.`,
      });
    case "before-history": {
      const begins = live.begins
        ? `history begins ${zonedText(live.begins.time, context.timeZone, precisionOf(live, instant))}`
        : "nothing was changed yet";
      throw new StoreError("NOT_FOUND", `the log does not tell what was live ${when}: ${begins}`, {
        hint: "List what there is with `store generations`.",
      });
    }
  }
}

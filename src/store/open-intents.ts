import { isTransactionEnd } from "../model/chain.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import { isJsonObject } from "../model/json-object.ts";
import { eventOf, type JsonObject } from "../model/log-event.ts";
import type { OpenIntent } from "../model/log-record.ts";
import { isMark, type MarkEvent } from "../model/marks.ts";
import { announcedBy, openIntents, openJournal } from "./journal.ts";
import { readTransaction } from "./log/history.ts";
import { readForward } from "./log/read.ts";
import type { Store } from "./open-store.ts";

/** From which generation to which an open intent leads, and the change of pins or names that it is there for. */
export interface Intent {
  readonly from: GenerationNumber;
  readonly to: GenerationNumber;
  readonly mark: MarkEvent | undefined;
  /** The generations that it is there to delete. */
  readonly deletes: readonly GenerationNumber[] | undefined;
}

/** `undefined` where the log is damaged. */
export function readIntent(store: Store, intent: OpenIntent): Intent | undefined {
  for (const entry of readForward(openJournal(store), intent.seq)) {
    if (entry.kind !== "record") return undefined;
    const { event, members } = entry.record;
    if (event.type !== "intent") return undefined;
    const [from, to] = [parseGenerationNumber(event.from), parseGenerationNumber(event.to)];
    return { from, to, mark: markIn(members.mark), deletes: deletesIn(members.mark) };
  }
  return undefined;
}

/**
 * The switch to the live generation, where it was made and its end is not logged: its process was killed, or is about to.
 * Only of intents up to the record `seq`.
 */
export function unloggedSwitch(
  store: Store,
  profile: ProfileName,
  { current, seq = Number.POSITIVE_INFINITY }: { readonly current: GenerationNumber; readonly seq?: number },
): Intent | undefined {
  return openIntents(store, profile)
    .filter((open) => open.seq <= seq)
    .map((open) => readIntent(store, open))
    .find((intent) => intent?.to === current && intent.from !== current);
}

function markIn(value: unknown): MarkEvent | undefined {
  const event = isJsonObject(value) ? eventOf(value as JsonObject) : "nothing";
  return typeof event !== "string" && isMark(event) ? event : undefined;
}

function deletesIn(value: unknown): readonly GenerationNumber[] | undefined {
  const event = isJsonObject(value) ? eventOf(value as JsonObject) : "nothing";
  return typeof event !== "string" && event.type === "delete"
    ? event.generations.map(parseGenerationNumber)
    : undefined;
}

/** The generation that a change with an open intent announced; `undefined` when it leads to one that was there. */
export function readAnnounced(store: Store, intent: OpenIntent): GenerationNumber | undefined {
  const found = announcedBy(store, intent);
  return found && parseGenerationNumber(found.generation);
}

/** Whether the end of a transaction is logged. */
export function isEnded(store: Store, tx: number): boolean {
  return isTransactionEnd(readTransaction(openJournal(store), tx).map(({ event }) => event.type));
}

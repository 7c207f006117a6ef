import type { Stamp } from "../../model/chain.ts";
import type { JsonObject } from "../../model/log-event.ts";
import { LOG_VERSION, type LogRecord, ZERO_SUM } from "../../model/log-record.ts";
import type { SnapshotState } from "../../model/log-state.ts";

/** Records that are lost: from `first` to `last`, between two valid ones. */
export interface Gap {
  readonly first: number;
  readonly last: number;
  readonly before: LogRecord | undefined;
  readonly next: LogRecord | undefined;
}

/** What a record tells of what was live just before it (`commit`, `intent`) or with it (`snapshot`). */
export interface LiveFact {
  readonly seq: number;
  readonly profile: string;
  readonly generation: number;
}

export function factsOf(record: LogRecord): readonly LiveFact[] {
  const { seq, profile, event } = record;
  if ((event.type === "commit" || event.type === "intent") && profile !== undefined)
    return [{ seq, profile, generation: event.from }];
  if (event.type === "snapshot")
    return Object.entries(event.profiles).map(([name, state]) => ({ seq, profile: name, generation: state.current }));
  return [];
}

/** What was live after a gap: each profile's first fact behind it, or, when nothing follows, its present state. */
export function liveTold(
  facts: readonly LiveFact[],
  gap: Gap,
  state: Iterable<SnapshotState>,
): { readonly [profile: string]: number } {
  const live = new Map<string, number>();
  for (const fact of facts) if (fact.seq > gap.last && !live.has(fact.profile)) live.set(fact.profile, fact.generation);
  for (const { profile, current } of state) if (!live.has(profile)) live.set(profile, current);
  return Object.fromEntries(live);
}

/**
 * Members of the record that stands in for a gap, without its sum. Its time and carry fit between its neighbours, so
 * that the log can still be searched by number, transaction and time.
 */
export function standIn(gap: Gap, live: { readonly [profile: string]: number }, stamp: Stamp): JsonObject {
  const { first, last, before, next } = gap;
  const eraLost = next !== undefined && next.carry.era >= first && next.carry.era <= last;
  const near = eraLost ? next : (before ?? next);
  const lastTx = (before?.carry.lastTx ?? 0) + (next ? 0 : last - first + 1);
  const due = before?.carry.due ?? next?.carry.due ?? [0, 0];
  return {
    v: LOG_VERSION,
    seq: last,
    time: near?.time ?? stamp.time,
    zone: near?.zone ?? stamp.zone,
    tx: 0,
    type: "recover",
    what: "lost",
    live,
    replaces: { first, last, sum: next?.prev },
    prev: before ? (before.replaces?.sum ?? before.sum) : ZERO_SUM,
    carry: { ...before?.carry, era: near?.carry.era ?? 1, lastTx, due } as unknown as JsonObject,
  };
}

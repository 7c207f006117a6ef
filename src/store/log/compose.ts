import {
  type ChainedRecord,
  chainRecords,
  EMPTY_LOG,
  endAfter,
  type LogEnd,
  type NewRecord,
  type Stamp,
} from "../../model/chain.ts";
import { packageChange } from "../../model/log-change.ts";
import type { LogPackage } from "../../model/log-event.ts";
import { type SnapshotState, toSnapshot } from "../../model/log-state.ts";

/** What a generation record tells of the change that made it. */
export interface RecordedGeneration {
  readonly profile: string;
  readonly generation: number;
  readonly parent: number | null;
  readonly path: string;
  readonly reason: string;
  readonly packages: readonly LogPackage[];
  /** UTC, RFC 3339. */
  readonly created: string;
  readonly transaction: number;
}

export interface Sources {
  /** All that exist. */
  readonly generations: Iterable<RecordedGeneration>;
  readonly state: Iterable<SnapshotState>;
  /** What is kept of the lines that are lost, below the directory of the log. */
  readonly files: readonly string[];
  /** Where the log ends that is gone on with; without it a log begins. */
  readonly end?: LogEnd;
  /** What was live at that end, by profile. */
  readonly live?: ReadonlyMap<string, number>;
}

/**
 * Records in place of those that are lost, behind `end`: one that stands in for them, then each generation that the log
 * does not know as a transaction at the time of its making, a switch to what is live now, and a snapshot.
 */
export function composeLost(sources: Sources, now: Stamp): readonly ChainedRecord[] {
  let end = sources.end ?? EMPTY_LOG;
  const { lastTx } = end.carry;
  const [generations, state] = [[...sources.generations], [...sources.state]];
  const told = generations
    .filter(({ generation, transaction }) => generation > 0 && transaction > lastTx)
    .sort(byTransaction);
  const timeOf = ({ created }: RecordedGeneration): string =>
    Number.isNaN(Date.parse(created)) ? now.time : new Date(created).toISOString();
  const chained: ChainedRecord[] = [];
  const add = (drafts: readonly NewRecord[], stamp = now) => {
    const next = chainRecords(drafts, end, stamp);
    chained.push(...next);
    end = next.reduce((_, { record, line }): LogEnd => endAfter(record, Buffer.byteLength(line)), end);
  };
  const lost = Math.max(1, ...told.map(({ transaction }) => transaction - lastTx));
  const live = new Map(sources.live);
  const packages = new Map(generations.map((item) => [`${item.profile} ${item.generation}`, item.packages]));
  const replaces = { first: end.seq + 1, last: end.seq + lost };
  add([{ tx: 0, event: { type: "recover", what: "rebuilt" }, replaces, extra: { files: sources.files } }], {
    ...now,
    time: told[0] ? timeOf(told[0]) : now.time,
  });
  for (const item of told) {
    end = { ...end, carry: { ...end.carry, lastTx: Math.max(end.carry.lastTx, item.transaction - 1) } };
    const parents = item.parent === 0 ? [] : packages.get(`${item.profile} ${item.parent}`);
    add(recordsOf(item, live.get(item.profile) ?? 0, parents), { ...now, time: timeOf(item) });
    live.set(item.profile, item.generation);
  }
  for (const { profile, current } of state) {
    const from = live.get(profile) ?? 0;
    if (from !== current) add([switchOf(profile, from, current)]);
  }
  add([{ tx: 0, event: toSnapshot(state) }]);
  return chained;
}

function byTransaction(a: RecordedGeneration, b: RecordedGeneration): number {
  return a.transaction - b.transaction || a.generation - b.generation;
}

/** `before`: packages of its parent, when that exists still. */
function recordsOf(
  item: RecordedGeneration,
  from: number,
  before: readonly LogPackage[] | undefined,
): readonly NewRecord[] {
  const { profile, generation, parent, path, reason, packages, transaction } = item;
  const common = { tx: transaction, profile, extra: { rebuilt: true } };
  const content = before ? { change: packageChange(before, packages) } : { packages };
  return [
    { ...common, event: { type: "generation", generation, parent, path, reason, ...content } },
    { ...common, event: { type: "commit", from, to: generation, changed: true } },
  ];
}

function switchOf(profile: string, from: number, to: number): NewRecord {
  return { tx: "new", profile, event: { type: "commit", from, to, changed: true }, extra: { rebuilt: true } };
}

import { mkdirSync, readFileSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import {
  type ChainedRecord,
  chainRecords,
  EMPTY_LOG,
  endAfter,
  type LogEnd,
  type NewRecord,
} from "../../model/chain.ts";
import { packageChange } from "../../model/log-change.ts";
import type { LogPackage } from "../../model/log-event.ts";
import type { LogRecord } from "../../model/log-record.ts";
import { type SnapshotState, toSnapshot } from "../../model/log-state.ts";
import { writeFileAtomic } from "../../system/atomic-file.ts";
import { lockLog } from "./append.ts";
import { markReported, moveAside, unreported } from "./aside.ts";
import { damagedLog } from "./entries.ts";
import { liveSegments, readForward } from "./read.ts";
import { segmentAt, segmentName, segmentNumber, TRIM_MARKER } from "./segments.ts";
import { tidyLog } from "./tidy.ts";
import type { TransactionLog } from "./transaction-log.ts";

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

/**
 * Writes a log anew, when there is none or no line of it is valid, from what the profiles know: each generation as a
 * transaction at the time of its making, then the present state. Switches between generations, failed changes and
 * commands are lost. What lies in the log's directory is moved aside.
 * @throws StoreError CONFLICT when the log still has valid records
 */
export async function rebuildLog(
  log: TransactionLog,
  generations: Iterable<RecordedGeneration>,
  state: Iterable<SnapshotState>,
): Promise<readonly LogRecord[]> {
  using _ = await lockLog(log);
  refuseIfAlive(log);
  const old = liveSegments(log);
  const lines = old.map((segment) => ({ segment, bytes: readFileSync(segment.path) }));
  for (const { segment, bytes } of lines)
    if (bytes.length > 0) moveAside(log, { what: "damaged", segment, offset: 0, bytes });
  const files = unreported(log);
  const last = old.at(-1);
  const name = segmentName(last ? segmentNumber(last) + 1 : 1);
  const chained = compose(log, { generations: [...generations], state: [...state], files });
  mkdirSync(log.directory, { recursive: true });
  writeFileAtomic(segmentAt(log.directory, TRIM_MARKER).path, `${name}\n`);
  writeFileAtomic(segmentAt(log.directory, name).path, chained.map(({ line }) => `${line}\n`).join(""));
  tidyLog(log);
  markReported(log, files);
  return chained.map(({ record }) => record);
}

function refuseIfAlive(log: TransactionLog): void {
  for (const entry of readForward(log)) {
    if (entry.kind === "fault" && entry.fault === "newer") throw damagedLog(entry);
    if (entry.kind === "fault") continue;
    throw new StoreError("CONFLICT", `the log in ${log.directory} is not lost: record ${entry.record.seq} is valid`, {
      hint: "Run `store log repair`, which loses no valid record.",
      details: { directory: log.directory, seq: entry.record.seq },
    });
  }
}

interface Sources {
  readonly generations: readonly RecordedGeneration[];
  readonly state: readonly SnapshotState[];
  readonly files: readonly string[];
}

function compose(log: TransactionLog, { generations, state, files }: Sources): readonly ChainedRecord[] {
  const told = generations.filter(({ generation }) => generation > 0).sort(byTransaction);
  const now = { time: log.now().toISOString(), zone: log.zone };
  const timeOf = ({ created }: RecordedGeneration): string =>
    Number.isNaN(Date.parse(created)) ? now.time : new Date(created).toISOString();
  const chained: ChainedRecord[] = [];
  let end = EMPTY_LOG;
  const add = (drafts: readonly NewRecord[], stamp = now) => {
    const next = chainRecords(drafts, end, stamp);
    chained.push(...next);
    end = next.reduce((_, { record, line }): LogEnd => endAfter(record, Buffer.byteLength(line)), end);
  };
  const lost = Math.max(1, ...told.map(({ transaction }) => transaction));
  const live = new Map<string, number>();
  const packages = new Map(told.map((item) => [`${item.profile} ${item.generation}`, item.packages]));
  add([{ tx: 0, event: { type: "recover", what: "rebuilt" }, replaces: { first: 1, last: lost }, extra: { files } }], {
    ...now,
    time: told[0] ? timeOf(told[0]) : now.time,
  });
  for (const item of told) {
    end = { ...end, carry: { ...end.carry, lastTx: Math.max(end.carry.lastTx, item.transaction - 1) } };
    const parents = item.parent === 0 ? [] : packages.get(`${item.profile} ${item.parent}`);
    add(recordsOf(item, live.get(item.profile) ?? 0, parents), { time: timeOf(item), zone: log.zone });
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

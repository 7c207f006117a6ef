import { describe, expect, it } from "vitest";
import {
  carryOf,
  chainRecords,
  EMPTY_LOG,
  endAfter,
  isSnapshotDue,
  isTransactionEnd,
  type NewRecord,
} from "../../src/model/chain.ts";
import { linkFault } from "../../src/model/log-record.ts";
import { caught } from "../helpers/caught.ts";

const STAMP = { time: "2026-11-20T18:00:00.000Z", zone: "UTC" };
const EARLIER = { time: "2026-11-20T17:00:00.000Z", zone: "UTC" };
const profile = "default";
const begin: NewRecord = { tx: "new", profile, event: { type: "begin", command: ["store"], user: "ada" } };
const intent: NewRecord = { tx: "new", profile, event: { type: "intent", from: 0, to: 1 } };

function chain(drafts: readonly NewRecord[], from = EMPTY_LOG, stamp = STAMP) {
  const chained = chainRecords(drafts, from, stamp);
  const last = chained.at(-1);
  return { records: chained.map(({ record }) => record), end: last ? endAfter(last.record, last.line.length) : from };
}

describe("chainRecords", () => {
  it("gives numbers, one transaction for all that are new, and a chain", () => {
    const { records, end } = chain([begin, intent]);
    expect(records.map(({ seq, tx }) => [seq, tx])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(linkFault(records[0], records[1] as never)).toBeUndefined();
    expect(chain([begin], end).records[0]).toMatchObject({ seq: 3, tx: 2 });
  });

  it("knows the highest transaction also when a lower one is written later", () => {
    const one = chain([begin]);
    const two = chain([begin], one.end);
    const commit: NewRecord = { tx: 1, profile, event: { type: "commit", from: 0, to: 0, changed: false } };
    const three = chain([commit], two.end);
    expect(three.records[0]?.carry.lastTx).toBe(2);
    expect(chain([begin], three.end).records[0]?.tx).toBe(3);
  });

  it("counts a new era when the clock went back, and none when it stood still", () => {
    const one = chain([begin]);
    const still = chain([begin], one.end);
    const back = chain([begin], still.end, EARLIER);
    const on = chain([begin], back.end, STAMP);
    expect([one, still, back, on].map(({ records }) => records[0]?.carry.era)).toEqual([1, 1, 3, 3]);
  });

  it("carries open intents until they are settled", () => {
    const one = chain([begin, intent]);
    expect(one.records.at(-1)?.carry.intents).toEqual([{ tx: 1, seq: 2, profile }]);
    const other = chain([{ ...begin, profile: "work" }], one.end);
    expect(other.records[0]?.carry.intents).toHaveLength(1);
    const commit: NewRecord = { tx: 1, profile, event: { type: "commit", from: 0, to: 1, changed: true } };
    expect(chain([commit], other.end).records[0]?.carry.intents).toBeUndefined();
    const abort: NewRecord = { tx: 1, event: { type: "abort", reason: { code: "FAILED", message: "no" } } };
    expect(chain([abort], other.end).records[0]?.carry.intents).toBeUndefined();
    expect(chain([{ ...commit, tx: 2 }], other.end).records[0]?.carry.intents).toHaveLength(1);
  });

  it("carries the number of the last critical record", () => {
    const critical = chain([{ ...begin, extra: { crit: true } }]);
    expect(critical.records[0]).toMatchObject({ members: { crit: true }, carry: { crit: 1 } });
    expect(chain([begin], critical.end).records[0]?.carry.crit).toBe(1);
  });

  it("does not let further members change what the record says", () => {
    const { records } = chain([{ ...begin, extra: { seq: 99, type: "commit", note: "kept" } }]);
    expect(records[0]).toMatchObject({ seq: 1, event: { type: "begin" }, members: { note: "kept" } });
  });

  it("refuses what no reader would accept", () => {
    const wrong = { tx: "new", profile, event: { type: "pin", generation: -1 } } as const;
    expect(caught(() => chain([wrong]))).toMatchObject({ code: "INVALID_INPUT" });
    const homeless = { tx: "new", event: { type: "pin", generation: 1 } } as const;
    expect(caught(() => chain([homeless]))).toMatchObject({ code: "INVALID_INPUT" });
    // Whoever goes on with a transaction began it in another log.
    expect(caught(() => chain([{ ...begin, tx: 9 }]))).toMatchObject({ code: "DAMAGED", details: { transaction: 9 } });
    expect(caught(() => chain([begin], EMPTY_LOG, { ...STAMP, time: "today" }))).toMatchObject({
      code: "INVALID_INPUT",
    });
  });
});

describe("isSnapshotDue", () => {
  const done: NewRecord = { tx: "new", event: { type: "gc", deleted: 0, freedBytes: 0 } };

  it("comes with the 64th transaction, behind its end", () => {
    let end = EMPTY_LOG;
    for (let tx = 1; tx < 64; tx += 1) {
      const { records, end: next } = chain([done], end);
      expect(isSnapshotDue(records[0] as never)).toBe(false);
      end = next;
    }
    expect(isSnapshotDue(chain([begin], end).records[0] as never)).toBe(false);
    expect(isSnapshotDue(chain([done], end).records[0] as never)).toBe(true);
  });

  it("comes at the same moment when the snapshot is chained anew", () => {
    const { end } = chain([begin, { ...begin, tx: 1 }]);
    const [snapshot] = chain([{ tx: 0, event: { type: "snapshot", profiles: {} } }], end).records;
    expect(carryOf(snapshot as never, end)).toEqual(snapshot?.carry);
  });

  it("comes when more was written than a snapshot is long", () => {
    const large = { ...done, extra: { note: "x".repeat(300_000) } };
    const one = chain([large]);
    expect(isSnapshotDue(one.records[0] as never)).toBe(false);
    const two = chain([done], one.end);
    expect(isSnapshotDue(two.records[0] as never)).toBe(true);
    const snapshot = chain([{ tx: 0, event: { type: "snapshot", profiles: {} }, extra: {} }], two.end);
    expect(isSnapshotDue(chain([done], snapshot.end).records[0] as never)).toBe(false);
  });
});

it.each([
  [["begin"], false],
  [["begin", "generation", "intent"], false],
  [["begin", "generation", "intent", "commit"], true],
  [["begin", "abort"], true],
  [["begin", "pin"], false],
  [["begin", "pin", "commit"], true],
  [["pin"], true],
  [["unknown"], true],
  [["generation", "commit"], true],
  [[], false],
] as const)("isTransactionEnd of %j is %s", (types, expected) => {
  expect(isTransactionEnd(types)).toBe(expected);
});

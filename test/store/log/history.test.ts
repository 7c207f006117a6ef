import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NewRecord } from "../../../src/model/chain.ts";
import type { LogRecord } from "../../../src/model/log-record.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import {
  findAfterTransaction,
  findAt,
  historyBegins,
  readTransaction,
  stateAfter,
} from "../../../src/store/log/history.ts";
import { readBackward, readForward } from "../../../src/store/log/read.ts";
import { readTransactions } from "../../../src/store/log/transactions.ts";
import { caught } from "../../helpers/caught.ts";
import { DURABLE, type LogWorld, openLogWorld, pack, recordsOf, START, segmentBytes } from "../../helpers/log-world.ts";

const HOUR = 3_600_000;
const GC: NewRecord = { tx: "new", event: { type: "gc", deleted: 1, freedBytes: 2 } };

/** What was live, found by reading everything: the last record that is not later, and the last commit up to it. */
function naiveAt(records: readonly LogRecord[], instant: number, profile: string): number | undefined {
  const last = records.findLastIndex(({ time }) => Date.parse(time) <= instant);
  const upTo = records.slice(0, last + 1);
  const commit = upTo.findLast(({ event, profile: name }) => event.type === "commit" && name === profile);
  return commit?.event.type === "commit" ? commit.event.to : undefined;
}

function liveAt(world: LogWorld, instant: number, profile = "default") {
  const live = findAt(world.log, instant, profile);
  return live.kind === "live" ? live.state : undefined;
}

describe("findAt", () => {
  it("tells the last state that is not later than the instant", async () => {
    using world = openLogWorld();
    for (const version of ["1", "2", "3"]) {
      world.clock.now += HOUR;
      await world.install([pack("a", version)]);
    }
    expect(liveAt(world, START + 2 * HOUR)).toMatchObject({ current: 2, previous: 1, packages: [pack("a", "2")] });
    expect(liveAt(world, START + 2 * HOUR - 1)?.current).toBe(1);
    expect(liveAt(world, START + 99 * HOUR)?.current).toBe(3);
    const before = { kind: "before-history", begins: { seq: 1, transaction: 1, trimmed: false } };
    expect(findAt(world.log, START, "default")).toMatchObject(before);
    expect(findAt(world.log, Number.NEGATIVE_INFINITY, "default")).toMatchObject(before);
    expect(findAt(world.log, Number.POSITIVE_INFINITY, "default")).toMatchObject({ kind: "live" });
    expect(findAt(world.log, START + 9 * HOUR, "work")).toMatchObject({ kind: "no-profile" });
  });

  it("answers for an empty log", () => {
    using world = openLogWorld();
    expect(findAt(world.log, START, "default")).toEqual({ kind: "before-history", begins: undefined });
    expect(historyBegins(world.log)).toBeUndefined();
    expect([...readBackward(world.log)]).toEqual([]);
  });

  it("goes by number, not by clock, and tells that the clock went back", async () => {
    using world = openLogWorld();
    for (const [version, hours] of [
      ["1", 10],
      ["2", 20],
      ["3", 15],
      ["4", 25],
    ] as const) {
      world.clock.now = START + hours * HOUR;
      await world.install([pack("a", version)]);
    }
    expect(liveAt(world, START + 12 * HOUR)?.current).toBe(1);
    expect(liveAt(world, START + 17 * HOUR)?.current).toBe(3);
    expect(liveAt(world, START + 22 * HOUR)?.current).toBe(3);
    expect(findAt(world.log, START + 17 * HOUR, "default")).toMatchObject({ clockWentBack: 9 });
    expect(findAt(world.log, START + 12 * HOUR, "default")).toMatchObject({ clockWentBack: undefined });
    expect(findAt(world.log, START + 25 * HOUR, "default")).toMatchObject({ clockWentBack: undefined });
  });

  it.each([
    ["whose era began behind it", [100, 15, 25], undefined],
    ["that the era before the last one did not reach", [10, 30, 16, 12, 40], 9],
  ] as const)(
    "tells of a clock that went back over a time only when it can have shown it twice: one %s",
    async (...row) => {
      const [, hours, clockWentBack] = row;
      using world = openLogWorld();
      for (const [at, hour] of hours.entries()) {
        world.clock.now = START + hour * HOUR;
        await world.install([pack("a", `${at}`)]);
      }
      expect(findAt(world.log, START + 17 * HOUR, "default")).toMatchObject({ kind: "live", clockWentBack });
    },
  );

  it("agrees with a reader of everything, however clocks jump and segments are cut", async () => {
    const jump = fc.oneof(
      { weight: 5, arbitrary: fc.nat(3) },
      { weight: 1, arbitrary: fc.integer({ min: -8, max: 8 }) },
    );
    const step = fc.record({ hours: jump, work: fc.boolean(), back: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 90 }), fc.integer({ min: 500, max: 60_000 }), check),
      { numRuns: 12 },
    );
    async function check(steps: readonly { hours: number; work: boolean; back: boolean }[], bytes: number) {
      using world = openLogWorld({ segmentBytes: bytes });
      for (const [at, { hours, work, back }] of steps.entries()) {
        world.clock.now += hours * HOUR;
        const profile = work ? "work" : "default";
        const { current, last } = world.profiles.get(profile) ?? { current: 0, last: 0 };
        if (back && last > 2) await world.switchTo(current === 1 ? 2 : 1, profile);
        else await world.install([pack("a", `${at}`), pack("b")], profile);
      }
      const records = recordsOf(world.log);
      const times = new Set(records.map(({ time }) => Date.parse(time)));
      for (const time of times)
        for (const instant of [time - 1, time, time + HOUR / 2])
          for (const profile of ["default", "work"]) {
            const state = liveAt(world, instant, profile);
            const expected = naiveAt(records, instant, profile);
            expect(state?.current ?? 0).toBe(expected ?? 0);
            const truth = world.profiles.get(profile)?.generations.get(expected ?? 0);
            if (expected !== undefined) expect(state?.packages).toEqual(truth);
          }
    }
  });

  it("reads the end of the log and one place in it, not all", async () => {
    using world = openLogWorld({ segmentBytes: 100_000 });
    for (let at = 0; at < 400; at += 1) {
      world.clock.now += HOUR;
      await world.install([pack("a", `${at}`)]);
    }
    expect(segmentBytes(world.directory).size).toBeGreaterThan(3);
    const first = join(world.directory, "000001.jsonl");
    writeFileSync(first, readFileSync(first, "latin1").replaceAll('"type":"begin"', '"type":"BEGIN"'), "latin1");
    expect(liveAt(world, START + 350 * HOUR)?.current).toBe(350);
    expect(readTransaction(world.log, 350)).toHaveLength(4);
    const newest = readBackward(world.log);
    for (let count = 0; count < 100; count += 1) expect(newest.next().value).toMatchObject({ kind: "record" });
    expect(caught(() => findAt(world.log, START + 5 * HOUR, "default"))).toMatchObject({ code: "DAMAGED" });
  });

  it("refuses an answer that hangs on a damaged line, and names the line", async () => {
    using world = openLogWorld();
    for (const version of ["1", "2", "3"]) {
      world.clock.now += HOUR;
      await world.install([pack("a", version)]);
    }
    const path = join(world.directory, "000001.jsonl");
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.map((line, at) => (at === 7 ? line.replace('"to":2', '"to":1') : line)).join("\n"));
    expect(caught(() => findAt(world.log, START + 2 * HOUR, "default"))).toMatchObject({
      code: "DAMAGED",
      message: "the log is damaged at line 8 of 000001.jsonl: its sum is that of other content",
      details: { file: "000001.jsonl", line: 8, seq: 8 },
    });
    expect(liveAt(world, START + HOUR)?.current).toBe(1);
  });

  it("does not take the rest of a write that did not end for a record", async () => {
    using world = openLogWorld();
    await world.install([pack("a")]);
    appendFileSync(join(world.directory, "000001.jsonl"), '{"torn');
    expect(liveAt(world, START)?.current).toBe(1);
    expect(stateAfter(world.log).get("default")?.current).toBe(1);
  });
});

describe("transactions", () => {
  async function interleaved() {
    const world = openLogWorld({ segmentBytes: 900 });
    const profile = "default";
    const begin: NewRecord = { tx: "new", profile, event: { type: "begin", command: ["store", "x"], user: "ada" } };
    const commit: NewRecord = { tx: 1, profile, event: { type: "commit", from: 0, to: 1, changed: true } };
    await appendRecords(world.log, [begin], DURABLE);
    await appendRecords(world.log, [begin], DURABLE);
    await appendRecords(world.log, [{ ...commit, tx: 2 }], DURABLE);
    await appendRecords(world.log, [GC], DURABLE);
    await appendRecords(world.log, [{ ...commit, event: { ...commit.event, from: 1, to: 2 } as never }], DURABLE);
    await appendRecords(world.log, [begin], DURABLE);
    return world;
  }

  it("are found by number, also when they overlap or did not end", async () => {
    using world = await interleaved();
    const seqs = (tx: number) => readTransaction(world.log, tx).map(({ seq }) => seq);
    expect([1, 2, 3, 4, 5, 0].map(seqs)).toEqual([[1, 5], [2, 3], [4], [6], [], []]);
  });

  it("tell what was live when they were done", async () => {
    using world = await interleaved();
    const live = (tx: number) => findAfterTransaction(world.log, tx, "default");
    expect(live(2)).toMatchObject({ kind: "live", state: { current: 1 } });
    expect(live(1)).toMatchObject({ kind: "live", state: { current: 2 } });
    expect(live(3)).toMatchObject({ kind: "live", state: { current: 1 } });
    expect(live(9)).toBeUndefined();
    expect(live(0)).toBeUndefined();
  });

  it("are listed newest first", async () => {
    using world = await interleaved();
    const listed = [...readTransactions(world.log)].map((item) =>
      "tx" in item ? [item.tx, item.action, item.outcome, item.records.length] : item,
    );
    expect(listed).toEqual([
      [4, "x", "unfinished", 1],
      [3, "gc", "done", 1],
      [2, "x", "done", 2],
      [1, "x", "done", 2],
    ]);
  });

  it("show damage where it is", async () => {
    using world = await interleaved();
    const path = join(world.directory, "000001.jsonl");
    writeFileSync(path, readFileSync(path, "utf8").replace('"user":"ada"', '"user":"eve"'));
    const faults = [...readTransactions(world.log)].filter((item) => "kind" in item);
    expect(faults).toMatchObject([{ fault: "edited", reason: expect.stringContaining("sum") }]);
  });
});

describe("readForward and readBackward", () => {
  it("give the same records in opposite order, from any record on", async () => {
    using world = openLogWorld({ segmentBytes: 3000 });
    for (let at = 0; at < 30; at += 1) await world.install([pack("a", `${at}`)]);
    const forward = [...readForward(world.log)];
    expect([...readBackward(world.log)].reverse()).toEqual(forward.map((entry) => withoutLine(entry)));
    for (const seq of [1, 2, 50, 119, 120, 121])
      expect([...readForward(world.log, seq)].map((entry) => entry.record?.seq)).toEqual(
        forward.map((entry) => entry.record?.seq).filter((number) => (number ?? 0) >= seq),
      );
  });
});

function withoutLine<T extends { readonly place: object }>(entry: T) {
  return { ...entry, place: { ...entry.place, line: undefined } };
}

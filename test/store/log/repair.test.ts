import { appendFileSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../../src/errors.ts";
import type { NewRecord } from "../../../src/model/chain.ts";
import { type LogRecord, sealLine } from "../../../src/model/log-record.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import {
  findAfterTransaction,
  findAt,
  historyBegins,
  readTransaction,
  stateAfter,
} from "../../../src/store/log/history.ts";
import { type RepairResult, repairLog } from "../../../src/store/log/repair.ts";
import { verifyLog } from "../../../src/store/log/verify.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import {
  DURABLE,
  type LogWorld,
  openLogWorld,
  pack,
  recordsOf,
  restoreSegments,
  START,
  segmentBytes,
} from "../../helpers/log-world.ts";
import { runs } from "../../helpers/runs.ts";

const HOUR = 3_600_000;
const FIRST = "000001.jsonl";
const GC: NewRecord = { tx: "new", event: { type: "gc", deleted: 1, freedBytes: 2 } };

/** 1, 2, 3 … are installed at 1, 2, 3 … hours, four records each. */
async function installed(count: number, segmentBytes?: number): Promise<LogWorld> {
  const world = openLogWorld(segmentBytes === undefined ? {} : { segmentBytes });
  for (let at = 1; at <= count; at += 1) {
    world.clock.now = START + at * HOUR;
    await world.install([pack("a", `${at}`)]);
  }
  return world;
}

function editLines(world: LogWorld, edit: (lines: string[]) => void, name = FIRST): void {
  const path = join(world.directory, name);
  const lines = readFileSync(path, "utf8").split("\n");
  edit(lines);
  writeFileSync(path, lines.join("\n"));
}

function liveAt(world: LogWorld, instant: number) {
  const live = findAt(world.log, instant, "default");
  return live.kind === "live" ? live.state : undefined;
}

describe("repairLog", () => {
  it("keeps what stands around damage as it is, also of a type that it does not know", async () => {
    using world = await installed(2);
    const { seq, sum: prev, carry, time, zone, members } = recordsOf(world.log).at(-1) as LogRecord;
    const unknown = { v: members.v, seq: seq + 1, time, zone, tx: 0, prev, type: "teleport", where: { to: ["mars"] } };
    const line = sealLine({ ...unknown, carry: { ...carry, due: [...carry.due], intents: [] } });
    appendFileSync(join(world.directory, FIRST), `${line}\n`);
    await world.install([pack("b")]);
    editLines(world, (lines) => {
      lines[2] = "damaged";
    });
    const before = readFileSync(join(world.directory, FIRST), "utf8").split("\n");
    expect(await repairLog(world.log)).toMatchObject({ lost: [[3, 3]] });
    const after = readFileSync(join(world.directory, FIRST), "utf8").split("\n");
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1).with(2, expect.stringContaining("recover")));
    expect(after).toContain(line);
    expect(verifyLog(world.log).findings).toEqual([]);
  });

  it("does nothing to a log that is whole", async () => {
    using world = await installed(3);
    const before = segmentBytes(world.directory);
    expect(await repairLog(world.log)).toEqual({ findings: [], lost: [], files: [], remaining: [] });
    expect(segmentBytes(world.directory)).toEqual(before);
  });

  it("goes on without a damaged record, and says from when to when the answer is uncertain", async () => {
    using world = await installed(4);
    const before = recordsOf(world.log);
    editLines(world, (lines) => {
      lines[7] = `${lines[7]?.slice(1)}x`; // the commit of gen-2
    });
    const result = await repairLog(world.log, world.states());
    expect(result).toMatchObject({ findings: [{ line: 8, fault: "damaged" }], lost: [[8, 8]], remaining: [] });
    expect(recordsOf(world.log).filter(({ event }) => event.type !== "recover")).toEqual(
      before.filter(({ seq }) => seq !== 8),
    );
    expect(liveAt(world, START + HOUR)).toMatchObject({ current: 1, uncertain: false });
    expect(liveAt(world, START + 2 * HOUR)).toMatchObject({ current: 2, uncertain: true });
    expect(liveAt(world, START + 3 * HOUR)).toMatchObject({ current: 3, uncertain: false, packages: [pack("a", "3")] });
    const [file] = result.files;
    expect(readFileSync(join(world.directory, file ?? ""), "utf8")).toMatch(/x$/);
    expect(recordsOf(world.log).at(-1)?.event).toMatchObject({ type: "recover", what: "damaged", file });
    expect((await appendRecords(world.log, [GC], DURABLE)).records[0]?.tx).toBe(5);
  });

  it.each<[string, (lines: string[]) => void]>([
    ["whose end is lost", (lines) => (lines[7] = "half")],
    ["of which nothing is left", (lines) => lines.fill("half", 4, 8)],
  ])("says of a transaction %s that what was live then is uncertain", async (_, edit) => {
    using world = await installed(4);
    editLines(world, edit);
    await repairLog(world.log, world.states());
    const live = (tx: number) => findAfterTransaction(world.log, tx, "default");
    expect(live(1)).toMatchObject({ state: { current: 1, uncertain: false } });
    expect(live(2)).toMatchObject({ kind: "live", state: { current: 2, uncertain: true } });
    expect(live(3)).toMatchObject({ state: { current: 3, uncertain: false } });
  });

  it("does not reuse numbers that damaged lines at the end may have had", async () => {
    using world = await installed(2);
    editLines(world, (lines) => {
      lines[6] = "half";
      lines[7] = "{}";
    });
    expect(await repairLog(world.log, world.states())).toMatchObject({ lost: [[7, 8]], remaining: [] });
    expect(stateAfter(world.log).get("default")).toMatchObject({ current: 2, packages: [pack("a", "2")] });
    const { records } = await appendRecords(world.log, [GC], DURABLE);
    expect(records[0]?.seq).toBeGreaterThan(9);
    expect(records[0]?.tx).toBeGreaterThan(2);
  });

  it("keeps both records of lines whose line feed was overwritten", async () => {
    using world = await installed(2);
    const before = recordsOf(world.log);
    const path = join(world.directory, FIRST);
    const bytes = readFileSync(path);
    const feed = bytes.indexOf(10, bytes.indexOf(10) + 1);
    bytes[feed] = 0x41;
    writeFileSync(path, bytes);
    expect(await repairLog(world.log)).toMatchObject({ lost: [], remaining: [] });
    expect(recordsOf(world.log).slice(0, 8)).toEqual(before);
  });

  it("mends what was deleted, also a whole segment and the beginning", async () => {
    using world = await installed(12, 4000);
    expect(segmentBytes(world.directory).size).toBeGreaterThan(3);
    const inSecond = recordsOf(world.log).filter(({ seq }) => seq >= 1);
    unlinkSync(join(world.directory, "000002.jsonl"));
    editLines(world, (lines) => lines.splice(0, 2));
    const result = await repairLog(world.log, world.states());
    expect(result.lost[0]).toEqual([1, 2]);
    expect(result.lost).toHaveLength(2);
    expect(result.remaining).toEqual([]);
    expect(historyBegins(world.log)).toMatchObject({ seq: 2, trimmed: true });
    const kept = recordsOf(world.log).filter(({ event }) => event.type !== "recover");
    expect(inSecond.filter(({ seq }) => kept.some((record) => record.seq === seq))).toEqual(kept);
    expect(liveAt(world, START + 12 * HOUR)).toMatchObject({ current: 12, uncertain: false });
  });

  it("takes out lines that stand twice, and garbage between lines", async () => {
    using world = await installed(2);
    const before = recordsOf(world.log);
    editLines(world, (lines) => lines.splice(3, 0, lines[1] as string, "what is this"));
    const result = await repairLog(world.log);
    expect(result).toMatchObject({ lost: [], remaining: [] });
    expect(result.files).toHaveLength(2);
    expect(recordsOf(world.log).slice(0, 8)).toEqual(before);
  });

  it("goes on from the profiles when no line is valid", async () => {
    using world = await installed(2);
    writeFileSync(join(world.directory, FIRST), "all\nis\nlost\n");
    expect(await repairLog(world.log, world.states())).toMatchObject({ lost: [[1, 3]], remaining: [] });
    expect(stateAfter(world.log).get("default")).toMatchObject({ current: 2, lastGeneration: 2 });
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
  });

  it("leaves to reseal what was edited and sealed by hand", async () => {
    using world = await installed(2);
    editLines(world, (lines) => {
      lines[4] = sealLine({ ...JSON.parse(lines[4] as string), user: "eve" });
    });
    const { remaining } = await repairLog(world.log);
    expect(remaining).toMatchObject([{ fault: "link", line: 6 }]);
  });

  it("does not touch a log that only a newer program may write to", async () => {
    using world = await installed(1);
    const [last] = recordsOf(world.log).slice(-1);
    const next = { ...last?.members, seq: 5, prev: last?.sum, type: "teleport", crit: true };
    appendFileSync(join(world.directory, FIRST), `${sealLine(next)}\ngarbage\n${sealLine({ ...next, v: 2 })}\n`);
    const before = segmentBytes(world.directory);
    expect(await caughtAsync(repairLog(world.log))).toMatchObject({ code: "NEWER_FORMAT" });
    expect(segmentBytes(world.directory)).toEqual(before);
  });

  it("can be searched by time and number where an era or a begin was lost", async () => {
    using world = openLogWorld();
    for (const [version, hours] of [
      ["1", 10],
      ["2", 20],
      ["3", 5],
      ["4", 30],
    ] as const) {
      world.clock.now = START + hours * HOUR;
      await world.install([pack("a", version)]);
    }
    editLines(world, (lines) => {
      lines[8] = "the clock went back here, and #3 began";
    });
    expect(await repairLog(world.log)).toMatchObject({ lost: [[9, 9]], remaining: [] });
    expect(liveAt(world, START + 6 * HOUR)?.current).toBe(3);
    expect(liveAt(world, START + 25 * HOUR)?.current).toBe(3);
    expect(liveAt(world, START + 30 * HOUR)?.current).toBe(4);
    expect(readTransaction(world.log, 3).map(({ seq }) => seq)).toEqual([10, 11, 12]);
    expect(readTransaction(world.log, 4)).toHaveLength(4);
  });
});

describe("a log in which any single byte is changed", () => {
  const profiles = ["default", "work"];
  const step = fc.record({ hours: fc.integer({ min: -2, max: 4 }), work: fc.boolean(), back: fc.boolean() });
  const flip = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }));
  const flips = fc.array(flip, { minLength: 30, maxLength: 30 });

  it("gives no wrong answer without a word, and repair loses at most the record that was hit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 20 }), flips, async (steps, places) => {
        using world = openLogWorld({ segmentBytes: 3000 });
        for (const [at, item] of steps.entries()) await take(world, item, at);
        const whole = segmentBytes(world.directory);
        const names = [...whole.keys()];
        const before = recordsOf(world.log);
        const truth = answers(world);
        for (const [segment, place, change] of places) {
          const name = names[segment % names.length] as string;
          const bytes = Buffer.from(whole.get(name) as Buffer);
          bytes[place % bytes.length] = (bytes[place % bytes.length] as number) ^ change;
          restoreSegments(world.directory, new Map(whole).set(name, bytes));
          expectNoWrongAnswer(world, truth);
          const { findings } = verifyLog(world.log);
          const { lost } = await repairLog(world.log, world.states());
          expectMended(world, before, lost);
          // What verify does not see says the same as before: a line feed that became a space.
          if (findings.length === 0) expect(recordsOf(world.log)).toEqual(before);
          expect(verifyLog(world.log, world.states()).findings).toEqual([]);
          expectNoWrongAnswer(world, truth);
          const { records } = await appendRecords(world.log, [GC], { durable: false });
          expect(records[0]?.tx).toBeGreaterThan(steps.length);
        }
      }),
      { numRuns: runs(3), endOnFailure: true },
    );
  });

  async function take(
    world: LogWorld,
    { hours, work, back }: { hours: number; work: boolean; back: boolean },
    at: number,
  ) {
    world.clock.now += hours * HOUR;
    const profile = work ? "work" : "default";
    const { current, last } = world.profiles.get(profile) ?? { current: 0, last: 0 };
    if (back && last > 1) await world.switchTo(current === 1 ? 2 : 1, profile);
    else await world.install([pack("a", `${at}`)], profile);
  }

  interface Answer {
    readonly instant: number;
    readonly profile: string;
    readonly current: number | undefined;
  }

  /** What the whole log says at and around every time in it. */
  function answers(world: LogWorld): Answer[] {
    const times = [...new Set(recordsOf(world.log).map(({ time }) => Date.parse(time)))];
    return times.flatMap((time) =>
      [time - 1, time].flatMap((instant) =>
        profiles.map((profile) => {
          const live = findAt(world.log, instant, profile);
          return { instant, profile, current: live.kind === "live" ? live.state.current : undefined };
        }),
      ),
    );
  }

  function expectNoWrongAnswer(world: LogWorld, truth: readonly Answer[]): void {
    for (const { instant, profile, current } of truth) {
      try {
        const live = findAt(world.log, instant, profile);
        if (live.kind === "live" && !live.state.uncertain) expect(live.state.current).toBe(current ?? 0);
        if (live.kind === "no-profile" && live.record.event.type !== "recover") expect(current).toBeUndefined();
        if (live.kind === "before-history" && !live.begins?.trimmed) expect(current).toBeUndefined();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        expect(["DAMAGED", "NEWER_FORMAT"]).toContain(error.code);
      }
    }
  }

  /** All records are as they were, but for one at most; its number is among the lost. */
  function expectMended(world: LogWorld, before: readonly LogRecord[], lost: RepairResult["lost"]): void {
    const kept = new Map(recordsOf(world.log).map((record) => [record.seq, record]));
    const gone = before.filter((record) => kept.get(record.seq)?.sum !== record.sum);
    expect(gone.length).toBeLessThan(2);
    expect(lost.length).toBe(gone.length);
    for (const { seq } of gone) expect(lost[0]?.[0]).toBe(seq);
  }
});

describe("a log of anything", () => {
  it("is read, repaired and written to, or refused with a reason", async () => {
    using world = await installed(6, 2000);
    const valid = [...segmentBytes(world.directory).values()].flatMap((bytes) => bytes.toString().split("\n"));
    const line = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...valid) },
      fc.constantFrom(...valid).chain((text) => fc.nat(text.length).map((end) => text.slice(end))),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.string({ unit: "binary" }),
    );
    const content = fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(lines.join("\n")));
    const segments = fc.dictionary(fc.constantFrom(FIRST, "000002.jsonl", "000007.jsonl"), content);
    await fc.assert(
      fc.asyncProperty(segments, async (files) => {
        restoreSegments(world.directory, new Map(Object.entries(files)));
        const before = new Set(recordsOf(world.log).map(({ sum }) => sum));
        await orReason(async () => findAt(world.log, START + 2 * HOUR, "default"));
        await orReason(async () => readTransaction(world.log, 2));
        await orReason(() => appendRecords(world.log, [], DURABLE));
        const { remaining } = await repairLog(world.log, world.states());
        expect(remaining.filter(({ fault }) => fault !== "link")).toEqual([]);
        for (const { sum } of recordsOf(world.log)) before.delete(sum);
        // Only what stands twice or out of order may go.
        const order = new Set(Object.values(files).flatMap((bytes) => bytes.toString().split("\n")));
        expect(before.size).toBeLessThanOrEqual(order.size);
        await appendRecords(world.log, [GC], { durable: false });
        expect(verifyLog(world.log).findings.filter(({ fault }) => fault !== "link")).toEqual([]);
      }),
      { numRuns: runs(20), endOnFailure: true },
    );
  });

  async function orReason(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError);
      expect((error as StoreError).code).toBe("DAMAGED");
    }
  }
});

describe("verifyLog", () => {
  it("compares the end of the log with the profiles", async () => {
    using world = await installed(2);
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
    const state = world.states().map((item) => ({ ...item, current: 1 }));
    expect(verifyLog(world.log, state).findings).toMatchObject([
      { fault: "state", reason: "profile default: the log ends at gen-2, gen-1 is live" },
    ]);
    const other = world.states().map((item) => ({ ...item, packages: [pack("b")] }));
    expect(verifyLog(world.log, other).findings).toHaveLength(1);
    const unknown = world.states().map((item) => ({ ...item, profile: "work" }));
    expect(verifyLog(world.log, unknown).findings).toMatchObject([
      { reason: expect.stringContaining("does not know") },
    ]);
    const profile = "default";
    await appendRecords(world.log, [{ tx: "new", profile, event: { type: "intent", from: 2, to: 1 } }], DURABLE);
    expect(verifyLog(world.log, state).findings).toEqual([]);
  });

  it("names file and line of all that is wrong", async () => {
    using world = await installed(8, 4000);
    const names = readdirSync(world.directory).filter((name) => name.endsWith(".jsonl"));
    expect(names.length).toBeGreaterThan(1);
    editLines(world, (lines) => lines.splice(1, 1, "", "broken"));
    editLines(world, (lines) => lines.splice(0, 1), "000002.jsonl");
    expect(verifyLog(world.log).findings).toMatchObject([
      { file: FIRST, line: 3, fault: "damaged" },
      { file: "000002.jsonl", line: 1, fault: "link", reason: expect.stringContaining("missing") },
    ]);
  });
});

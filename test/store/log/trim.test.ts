import { appendFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { NewRecord } from "../../../src/model/chain.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import {
  findAfterTransaction,
  findAt,
  historyBegins,
  readTransaction,
  stateAfter,
} from "../../../src/store/log/history.ts";
import { repairLog } from "../../../src/store/log/repair.ts";
import { resealLog } from "../../../src/store/log/reseal.ts";
import { readTransactions } from "../../../src/store/log/transactions.ts";
import { trimLog } from "../../../src/store/log/trim.ts";
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

const HOUR = 3_600_000;
const profile = "default";
const GC: NewRecord = { tx: "new", event: { type: "gc", deleted: 1, freedBytes: 2 } };
const BEGIN: NewRecord = { tx: "new", profile, event: { type: "begin", command: ["store", "x"], user: "ada" } };

async function installed(count: number, bytes = 20_000): Promise<LogWorld> {
  const world = openLogWorld({ segmentBytes: bytes });
  for (let at = 1; at <= count; at += 1) {
    world.clock.now = START + at * HOUR;
    await world.install([pack("a", `${at}`), pack("b", `${at % 5}`)]);
  }
  return world;
}

function size(world: LogWorld): number {
  return [...segmentBytes(world.directory).values()].reduce((sum, bytes) => sum + bytes.length, 0);
}

function liveAt(world: LogWorld, hours: number) {
  const live = findAt(world.log, START + hours * HOUR, profile);
  return live.kind === "live" ? live.state : undefined;
}

describe("trimLog", () => {
  it("keeps the last transactions as they were, the state and the numbers", async () => {
    using world = await installed(500);
    const before = {
      size: size(world),
      records: recordsOf(world.log),
      at: [491, 495, 500].map((at) => liveAt(world, at)),
    };
    const { dropped, begins } = await trimLog(world.log, { keepLast: 10 });
    expect(dropped.transactions).toBe(490);
    expect(size(world)).toBeLessThan(before.size / 10);
    expect(begins).toMatchObject({ transaction: 491, trimmed: true, time: new Date(START + 490 * HOUR).toISOString() });
    const after = recordsOf(world.log);
    expect(after.slice(1, -1)).toEqual(before.records.filter(({ seq }) => seq > dropped.records));
    expect(after[0]?.seq).toBe(dropped.records);
    expect(after.at(-1)).toMatchObject({ tx: 501, event: { type: "trim", first: dropped.records + 1, dropped } });
    expect(after.at(-1)?.seq).toBe((before.records.at(-1)?.seq ?? 0) + 1);
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
    expect([491, 495, 500].map((at) => liveAt(world, at))).toEqual(before.at);
    expect((await appendRecords(world.log, [GC], DURABLE)).records[0]?.tx).toBe(502);
  });

  it("answers older questions with where the history begins", async () => {
    using world = await installed(30);
    await trimLog(world.log, { keepLast: 10 });
    expect(findAt(world.log, START + 3 * HOUR, profile)).toMatchObject({
      kind: "before-history",
      begins: { transaction: 21, trimmed: true, time: new Date(START + 20 * HOUR).toISOString() },
    });
    expect(liveAt(world, 20)).toMatchObject({ current: 20, packages: [pack("a", "20"), pack("b", "0")] });
    expect(readTransaction(world.log, 20)).toEqual([]);
    expect(readTransaction(world.log, 21)).toHaveLength(4);
    expect(findAfterTransaction(world.log, 20, profile)).toMatchObject({ kind: "before-history" });
    expect(findAfterTransaction(world.log, 99, profile)).toBeUndefined();
    expect([...readTransactions(world.log)].map((item) => "tx" in item && item.tx)).toEqual([
      31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21,
    ]);
  });

  it("keeps what is young or among the last, when both are asked", async () => {
    using world = await installed(30);
    const young = START + 26 * HOUR;
    expect((await trimLog(world.log, { before: young, keepLast: 10 })).dropped.transactions).toBe(20);
    expect((await trimLog(world.log, { before: young, keepLast: 3 })).begins?.transaction).toBe(26);
    expect((await trimLog(world.log, { before: young })).dropped).toEqual({ transactions: 0, records: 0 });
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
  });

  it("can be done again and again, down to nothing", async () => {
    using world = await installed(30, 3000);
    for (const keepLast of [20, 20, 5, 1, 0]) await trimLog(world.log, { keepLast });
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
    expect(stateAfter(world.log).get(profile)).toMatchObject({
      current: 30,
      packages: [pack("a", "30"), pack("b", "0")],
    });
    expect(recordsOf(world.log)[0]?.replaces).toMatchObject({ first: 1 });
    await world.install([pack("z")]);
    expect(stateAfter(world.log).get(profile)).toMatchObject({ current: 31, previous: 30, lastGeneration: 31 });
  });

  it("divides no transaction, and keeps those that are not finished", async () => {
    using world = openLogWorld();
    await world.install([pack("a")]);
    await appendRecords(world.log, [BEGIN], DURABLE);
    for (let at = 2; at <= 9; at += 1) await world.install([pack("a", `${at}`)]);
    await trimLog(world.log, { keepLast: 2 });
    expect(historyBegins(world.log)?.transaction).toBe(2);
    world.clock.now += 8 * 24 * HOUR;
    await trimLog(world.log, { keepLast: 2 });
    expect(historyBegins(world.log)?.transaction).toBeGreaterThan(8);
    const intent: NewRecord = { tx: "new", profile, event: { type: "intent", from: 9, to: 3 } };
    const { records } = await appendRecords(world.log, [intent], DURABLE);
    for (let at = 2; at <= 5; at += 1) await appendRecords(world.log, [GC], DURABLE);
    world.clock.now += 99 * 24 * HOUR;
    await trimLog(world.log, { keepLast: 0 });
    expect(historyBegins(world.log)?.transaction).toBe(records[0]?.tx);
  });

  it("keeps overlapping transactions whole", async () => {
    using world = openLogWorld();
    const commit = (tx: number): NewRecord => ({
      tx,
      profile,
      event: { type: "commit", from: 0, to: 0, changed: false },
    });
    await appendRecords(world.log, [GC], DURABLE);
    for (let tx = 2; tx <= 6; tx += 1) await appendRecords(world.log, [BEGIN], DURABLE);
    for (const tx of [3, 2, 4, 6, 5]) await appendRecords(world.log, [commit(tx)], DURABLE);
    await trimLog(world.log, { keepLast: 1 });
    expect(historyBegins(world.log)?.transaction).toBe(2);
    for (let tx = 2; tx <= 6; tx += 1) expect(readTransaction(world.log, tx)).toHaveLength(2);
  });

  it("works over a log that was repaired or resealed before", async () => {
    using world = await installed(6, 3000);
    const segments = segmentBytes(world.directory);
    const text = segments.get("000001.jsonl")?.toString().replace('"user":"ada"', '"user":"eve"') ?? "";
    restoreSegments(world.directory, new Map(segments).set("000001.jsonl", Buffer.from(text)));
    await resealLog(world.log);
    await trimLog(world.log, { keepLast: 4 });
    const [name, bytes] = [...segmentBytes(world.directory)].at(-2) as [string, Buffer];
    writeFileSync(join(world.directory, name), bytes.toString().replace('"type":"intent"', '"type":"intend"'));
    await repairLog(world.log, world.states());
    await trimLog(world.log, { keepLast: 2 });
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
  });

  it("refuses to trim without a rule, and a damaged log", async () => {
    using world = await installed(5);
    expect(await caughtAsync(trimLog(world.log, {}))).toMatchObject({ code: "USAGE" });
    const segments = segmentBytes(world.directory);
    const text = segments.get("000001.jsonl")?.toString().replace('"user":"ada"', '"user":"eve"') ?? "";
    restoreSegments(world.directory, new Map(segments).set("000001.jsonl", Buffer.from(text)));
    const before = segmentBytes(world.directory);
    expect(await caughtAsync(trimLog(world.log, { keepLast: 1 }))).toMatchObject({ code: "DAMAGED" });
    expect(segmentBytes(world.directory)).toEqual(before);
  });
});

describe("a trim that was interrupted", () => {
  it("behind the cut: segments before it do not count and go with the next write", async () => {
    using world = await installed(20, 3000);
    const before = segmentBytes(world.directory);
    await trimLog(world.log, { keepLast: 3 });
    const after = segmentBytes(world.directory);
    const [first] = [...after.keys()] as [string];
    restoreSegments(world.directory, new Map([...before, ...after]));
    writeFileSync(join(world.directory, "trimming"), `${first}\n`);
    expect(historyBegins(world.log)).toMatchObject({ transaction: 18, trimmed: true });
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
    await appendRecords(world.log, [GC], DURABLE);
    expect(readdirSync(world.directory).filter((name) => name < first)).toEqual([]);
    expect(existsSync(join(world.directory, "trimming"))).toBe(false);
  });

  it.each(["000003.jsonl\n", "000099.jsonl\n", "../../x\n", ""])(
    "before the cut, with %j: nothing changes",
    async (marker) => {
      using world = await installed(20, 3000);
      const before = segmentBytes(world.directory);
      writeFileSync(join(world.directory, "trimming"), marker);
      expect(historyBegins(world.log)).toMatchObject({ seq: 1, trimmed: false });
      await appendRecords(world.log, [], DURABLE);
      expect(segmentBytes(world.directory)).toEqual(before);
      expect(existsSync(join(world.directory, "trimming"))).toBe(false);
    },
  );

  it("ignores files that are no segments", async () => {
    using world = await installed(2);
    writeFileSync(join(world.directory, "notes.txt"), "hello");
    appendFileSync(join(world.directory, ".tmp-1"), "hello");
    expect(verifyLog(world.log).findings).toEqual([]);
    await appendRecords(world.log, [GC], DURABLE);
    expect(readdirSync(world.directory)).toEqual(["000001.jsonl", "notes.txt"]);
  });
});

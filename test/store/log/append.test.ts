import {
  appendFileSync,
  existsSync,
  fstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { NewRecord } from "../../../src/model/chain.ts";
import type { JsonObject } from "../../../src/model/log-event.ts";
import { sealLine } from "../../../src/model/log-record.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import { stateAfter, unsettledIntents } from "../../../src/store/log/history.ts";
import { readOnlyReason, requireWritable } from "../../../src/store/log/tail.ts";
import { verifyLog } from "../../../src/store/log/verify.ts";
import { caught, caughtAsync } from "../../helpers/caught.ts";
import { DURABLE, openLogWorld, pack, recordsOf, restoreSegments, segmentBytes } from "../../helpers/log-world.ts";
import { patchFs } from "../../helpers/patch-fs.ts";

const GC: NewRecord = { tx: "new", event: { type: "gc", deleted: 1, freedBytes: 2 } };
const FIRST = "000001.jsonl";

describe("appendRecords", () => {
  it("writes records that read back as they were returned", async () => {
    using world = openLogWorld();
    const { records } = await appendRecords(world.log, [GC, { ...GC, extra: { note: "x" } }], DURABLE);
    expect(records.map(({ seq, tx }) => [seq, tx])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(recordsOf(world.log)).toEqual(records);
    expect(records[0]).toMatchObject({ time: "2026-11-20T08:00:00.000Z", zone: "Europe/Berlin" });
    expect(verifyLog(world.log)).toEqual({ records: 2, first: 1, last: 2, findings: [] });
  });

  it("writes nothing when there is nothing to write", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [], DURABLE);
    expect(readdirSync(world.directory)).toEqual([]);
  });

  it("goes on in a new segment when one is full", async () => {
    using world = openLogWorld({ segmentBytes: 1500 });
    for (let count = 0; count < 12; count += 1) await appendRecords(world.log, [GC], DURABLE);
    const segments = segmentBytes(world.directory);
    expect([...segments.keys()]).toEqual([FIRST, "000002.jsonl", "000003.jsonl"]);
    for (const bytes of [...segments.values()].slice(0, -1)) expect(bytes.length).toBeGreaterThan(1500);
    expect(verifyLog(world.log)).toMatchObject({ records: 12, findings: [] });
  });

  it("flushes what is to be durable, with all that was written before it, also in the segment before", async () => {
    using world = openLogWorld({ segmentBytes: 1500 });
    const flushed = new Map<string, number>();
    patchFs("fsyncSync", (original) => (fd: number) => {
      flushed.set(basename(readlinkSync(`/proc/self/fd/${fd}`)), fstatSync(fd).size);
      original(fd);
    });
    const sizes = () =>
      Object.fromEntries([...segmentBytes(world.directory)].map(([name, { length }]) => [name, length]));
    await appendRecords(world.log, [GC], { durable: false });
    expect(flushed.get(FIRST)).toBeUndefined();
    await appendRecords(world.log, [GC], DURABLE);
    expect(flushed.get(FIRST)).toBe(sizes()[FIRST]);
    while (Object.keys(sizes()).length === 1) await appendRecords(world.log, [GC], { durable: false });
    expect(flushed.get(FIRST)).toBe(sizes()[FIRST]);
    expect(flushed.has("log")).toBe(true);
  });

  it("lets many writers land, each once and whole", async () => {
    using world = openLogWorld({ segmentBytes: 4000 });
    const writers = Array.from({ length: 25 }, (_, at) =>
      appendRecords(world.log, [{ ...GC, extra: { at } }, GC], { durable: at % 5 === 0 }),
    );
    const written = await Promise.all(writers);
    expect(new Set(written.map(({ records }) => records[0]?.tx)).size).toBe(25);
    for (const { records } of written) expect(records[1]?.seq).toBe((records[0]?.seq ?? 0) + 1);
    expect(verifyLog(world.log)).toMatchObject({ records: 50, last: 50, findings: [] });
  });

  it("writes nothing at all of a batch in which one draft is wrong", async () => {
    using world = openLogWorld();
    const wrong: NewRecord = { tx: "new", profile: "p", event: { type: "pin", generation: -1 } };
    expect(await caughtAsync(appendRecords(world.log, [GC, wrong], DURABLE))).toMatchObject({ code: "INVALID_INPUT" });
    expect(recordsOf(world.log)).toEqual([]);
  });

  it("says that the store was replaced when the log does not know a transaction that was begun", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [GC], DURABLE);
    expect(await caughtAsync(appendRecords(world.log, [{ ...GC, tx: 9 }], DURABLE))).toMatchObject({
      code: "DAMAGED",
      message: "the store was replaced meanwhile: its log ends with #1, and this is #9",
      hint: expect.stringContaining("run the command again"),
    });
    expect(recordsOf(world.log)).toHaveLength(1);
  });

  it("writes a snapshot behind every 64th transaction, from what the caller says", async () => {
    using world = openLogWorld();
    for (let count = 1; count <= 130; count += 1) await world.install([pack("a", `1.${count}`)]);
    const snapshots = recordsOf(world.log).filter(({ event }) => event.type === "snapshot");
    expect(snapshots.map(({ carry }) => carry.lastTx)).toEqual([64, 128]);
    expect(snapshots[1]?.event).toMatchObject({
      profiles: { default: { current: 128, previous: 127, generations: [[0, 128]], packages: [pack("a", "1.128")] } },
    });
  });

  it("does not lose records when a snapshot cannot be made", async () => {
    using world = openLogWorld({ plain: true });
    const log = {
      ...world.log,
      snapshot: () => {
        throw new Error("unreadable");
      },
    };
    for (let count = 1; count < 64; count += 1) await appendRecords(log, [GC], { durable: false });
    const last = await appendRecords(log, [GC], { durable: false });
    expect(last).toMatchObject({ snapshot: undefined, snapshotError: { message: "unreadable" } });
    expect(verifyLog(log)).toMatchObject({ records: 64, findings: [] });
  });

  it("takes back what it wrote when the disk is full", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [GC], DURABLE);
    const before = segmentBytes(world.directory);
    patchFs("writeSync", (write) => (fd: number, bytes: Uint8Array, ...rest: never[]) => {
      if (!Buffer.from(bytes).includes('"type":"gc"')) return write(fd, bytes, ...rest);
      write(fd, bytes.subarray(0, 40));
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    });
    expect(await caughtAsync(appendRecords(world.log, [GC], DURABLE))).toMatchObject({ code: "NO_SPACE" });
    expect(segmentBytes(world.directory)).toEqual(before);
  });

  it("tells which switches were never settled", async () => {
    using world = openLogWorld();
    const profile = "default";
    await world.install([pack("a")]);
    const intent: NewRecord = { tx: "new", profile, event: { type: "intent", from: 1, to: 2 } };
    const { records } = await appendRecords(world.log, [intent], DURABLE);
    expect(unsettledIntents(world.log)).toEqual([{ tx: 2, seq: records[0]?.seq, profile }]);
    await appendRecords(world.log, [GC], DURABLE);
    expect(unsettledIntents(world.log)).toHaveLength(1);
    const abort: NewRecord = { tx: 2, profile, event: { type: "abort", reason: { code: "FAILED", message: "" } } };
    await appendRecords(world.log, [abort], DURABLE);
    expect(unsettledIntents(world.log)).toEqual([]);
  });
});

describe("appendRecords to a log that a killed writer left", () => {
  it("keeps what is whole and moves the rest aside, wherever the write ended", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [GC], DURABLE);
    const start = segmentBytes(world.directory).get(FIRST)?.length ?? 0;
    await appendRecords(world.log, [GC, GC], DURABLE);
    const whole = segmentBytes(world.directory);
    const bytes = whole.get(FIRST) as Buffer;
    const before = recordsOf(world.log);
    for (let cut = start; cut < bytes.length; cut += 1) {
      restoreSegments(world.directory, new Map([[FIRST, bytes.subarray(0, cut)]]));
      const { records, recovered } = await appendRecords(world.log, [GC], { durable: false });
      // A line without its line feed is whole.
      const complete =
        bytes
          .subarray(0, cut + 1)
          .toString()
          .split("\n").length - 1;
      const all = recordsOf(world.log);
      expect(all.slice(0, complete)).toEqual(before.slice(0, complete));
      expect(all.slice(complete)).toEqual([...recovered, ...records]);
      expect(verifyLog(world.log).findings).toEqual([]);
      const torn = bytes.subarray(0, cut).toString().split("\n").slice(complete).join("");
      expect(recovered).toHaveLength(torn === "" ? 0 : 1);
      if (recovered[0]?.event.type !== "recover") continue;
      expect(recovered[0].event.what).toBe("torn");
      expect(readFileSync(join(world.directory, recovered[0].event.file ?? ""), "utf8")).toBe(torn);
    }
  });

  it("takes zeros at the end for the rest of a write, but not a damaged line", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [GC], DURABLE);
    appendFileSync(join(world.directory, FIRST), `{"a":${"\u0000".repeat(64)}\n${"\u0000".repeat(512)}`);
    expect((await appendRecords(world.log, [GC], DURABLE)).recovered).toHaveLength(1);
    expect(verifyLog(world.log)).toMatchObject({ records: 3, findings: [] });
    appendFileSync(join(world.directory, FIRST), '{"a":1}\n');
    expect(await caughtAsync(appendRecords(world.log, [GC], DURABLE))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining("line 4 of 000001.jsonl"),
      hint: expect.stringContaining("store log repair"),
    });
  });

  it("keeps a whole last record behind which a byte stands", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [GC, GC], DURABLE);
    const path = join(world.directory, FIRST);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = 0x58;
    writeFileSync(path, bytes);
    expect(recordsOf(world.log)).toHaveLength(2);
    expect((await appendRecords(world.log, [GC], DURABLE)).records[0]?.seq).toBe(4);
    expect(verifyLog(world.log)).toMatchObject({ records: 4, findings: [] });
  });

  it("uses an empty last segment", async () => {
    using world = openLogWorld({ segmentBytes: 10 });
    await appendRecords(world.log, [GC], DURABLE);
    writeFileSync(join(world.directory, "000002.jsonl"), "");
    expect((await appendRecords(world.log, [GC], DURABLE)).records[0]?.seq).toBe(2);
    expect([...segmentBytes(world.directory).keys()]).toEqual([FIRST, "000002.jsonl"]);
    truncateSync(join(world.directory, "000002.jsonl"), 20);
    expect((await appendRecords(world.log, [GC], DURABLE)).records[0]).toMatchObject({ seq: 3, tx: 2 });
    expect(verifyLog(world.log).findings).toEqual([]);
  });

  it("reports what was moved aside even when the report itself was cut short", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [GC], DURABLE);
    const path = join(world.directory, FIRST);
    const bytes = readFileSync(path);
    appendFileSync(path, '{"half');
    await appendRecords(world.log, [], DURABLE);
    expect(recordsOf(world.log)).toHaveLength(2);
    // As if the writer had been killed before it could write the recover record and mark it.
    writeFileSync(path, bytes);
    const [file] = readdirSync(join(world.directory, "torn"));
    writeFileSync(join(world.directory, "torn", `${file}.new`), '{"half');
    const { recovered } = await appendRecords(world.log, [GC], DURABLE);
    expect(recovered[0]?.event).toMatchObject({ type: "recover", what: "torn", file: `torn/${file}` });
    expect(existsSync(join(world.directory, "torn", `${file}.new`))).toBe(false);
  });
});

describe("a log that a newer program wrote to", () => {
  async function withForeign(members: JsonObject) {
    const world = openLogWorld();
    await appendRecords(world.log, [GC], DURABLE);
    const [last] = recordsOf(world.log);
    const { time, zone, carry, sum } = last?.members ?? {};
    const common = { v: 1, seq: 2, time, zone, tx: 1, carry, prev: sum, type: "teleport" };
    appendFileSync(join(world.directory, FIRST), `${sealLine({ ...common, ...members })}\n`);
    return world;
  }

  it("goes on behind records and members that it does not know, and keeps them", async () => {
    using world = await withForeign({ to: "mars", profile: "default" });
    const { records } = await appendRecords(world.log, [GC], DURABLE);
    expect(records[0]).toMatchObject({ seq: 3, tx: 2 });
    expect(recordsOf(world.log)[1]?.members).toMatchObject({ to: "mars", type: "teleport" });
    expect(verifyLog(world.log).findings).toEqual([]);
    expect(stateAfter(world.log).size).toBe(0);
  });

  it("goes on where carry is missing, as if it were there", async () => {
    using world = await withForeign({ carry: undefined, tx: 0 });
    expect((await appendRecords(world.log, [GC], DURABLE)).records[0]).toMatchObject({ seq: 3, tx: 2 });
  });

  it.each([
    ["at the end", { crit: true }, []],
    ["at the end, without carry", { crit: true, carry: undefined }, []],
    ["further up", { crit: true, carry: { due: [64, 0], era: 1, lastTx: 1, crit: 2 } }, [{ crit: 2 }]],
    ["further up, without carry", { crit: true }, [undefined]],
  ])("is read-only when a critical record stands %s", async (_, members, carries) => {
    using world = await withForeign(members as JsonObject);
    for (const carry of carries) {
      const last = recordsOf(world.log).at(-1);
      const base = last?.members as JsonObject;
      const full = carry && { due: [64, 0], era: 1, lastTx: 1, ...carry };
      const next = { ...base, crit: undefined, type: "gc", deleted: 0, freedBytes: 0, carry: full };
      const line = sealLine({ ...next, seq: (last?.seq ?? 0) + 1, prev: last?.sum });
      appendFileSync(join(world.directory, FIRST), `${line}\n`);
    }
    const before = segmentBytes(world.directory);
    const error = await caughtAsync(appendRecords(world.log, [GC], DURABLE));
    expect(error).toMatchObject({
      code: "NEWER_FORMAT",
      message: expect.stringContaining("read-only: record 2 of its log, of type 'teleport'"),
    });
    expect(readOnlyReason(world.log)).toMatchObject({ code: "NEWER_FORMAT" });
    expect(caught(() => requireWritable(world.log))).toMatchObject({ code: "NEWER_FORMAT" });
    expect(segmentBytes(world.directory)).toEqual(before);
    expect(recordsOf(world.log).length).toBeGreaterThan(1);
  });

  it("is writable behind critical records of types that are known", async () => {
    using world = openLogWorld();
    await appendRecords(world.log, [{ ...GC, extra: { crit: true } }], DURABLE);
    await appendRecords(world.log, [GC], DURABLE);
    expect(readOnlyReason(world.log)).toBeUndefined();
    expect((await appendRecords(world.log, [GC], DURABLE)).records[0]?.carry.crit).toBe(1);
  });

  it("is not written to when records have another version", async () => {
    using world = await withForeign({ v: 2 });
    expect(await caughtAsync(appendRecords(world.log, [GC], DURABLE))).toMatchObject({ code: "NEWER_FORMAT" });
  });
});

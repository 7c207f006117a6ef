import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sealLine } from "../../../src/model/log-record.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import type { RecordedGeneration } from "../../../src/store/log/compose.ts";
import { findAt, readTransaction, stateAfter } from "../../../src/store/log/history.ts";
import { rebuildLog } from "../../../src/store/log/rebuild.ts";
import { verifyLog } from "../../../src/store/log/verify.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { DURABLE, openLogWorld, pack, recordsOf, START, segmentBytes } from "../../helpers/log-world.ts";

const HOUR = 3_600_000;

function recorded(generation: number, hours: number, transaction: number, profile = "default"): RecordedGeneration {
  return {
    profile,
    generation,
    parent: generation - 1,
    path: "p",
    reason: "install a",
    packages: [pack("a", `${generation}`)],
    created: new Date(START + hours * HOUR).toISOString(),
    transaction,
  };
}

const STATE = {
  previous: 2,
  lastGeneration: 3,
  generations: [0, 1, 2, 3],
  packages: [pack("a", "1")],
  pins: [2],
  tags: [["good", 1] as const],
};
const GENERATIONS = [recorded(3, 30, 9), recorded(1, 10, 2), recorded(2, 20, 7), recorded(1, 15, 4, "work")];

describe("rebuildLog", () => {
  it("makes a log of what the generations know", async () => {
    using world = openLogWorld();
    world.clock.now = START + 40 * HOUR;
    const work = { ...STATE, profile: "work", current: 1, previous: 0, lastGeneration: 1, generations: [0, 1] };
    const records = await rebuildLog(world.log, GENERATIONS, [{ ...STATE, profile: "default", current: 1 }, work]);
    expect(recordsOf(world.log)).toEqual(records);
    expect(verifyLog(world.log).findings).toEqual([]);
    const live = (hours: number, profile = "default") => findAt(world.log, START + hours * HOUR, profile);
    expect(live(25)).toMatchObject({ state: { current: 2, packages: [pack("a", "2")] } });
    expect(live(39)).toMatchObject({ state: { current: 3 } });
    expect(live(40)).toMatchObject({ state: { current: 1, pins: [[2, 2]] } });
    expect(live(16, "work")).toMatchObject({ state: { current: 1 } });
    expect(live(9)).toMatchObject({ kind: "before-history", begins: { trimmed: true } });
    expect(readTransaction(world.log, 7).map(({ event }) => event.type)).toEqual(["generation", "commit"]);
    expect(readTransaction(world.log, 3)).toEqual([]);
    const { records: next } = await appendRecords(
      world.log,
      [{ tx: "new", event: { type: "gc", deleted: 0, freedBytes: 0 } }],
      DURABLE,
    );
    expect(next[0]?.tx).toBe(11);
  });

  it("moves aside what is left of the old log", async () => {
    using world = openLogWorld();
    writeFileSync(join(world.directory, "000007.jsonl"), "ruin");
    const records = await rebuildLog(world.log, GENERATIONS, []);
    expect([...segmentBytes(world.directory).keys()]).toEqual(["000008.jsonl"]);
    const { files } = { files: [], ...records[0]?.members };
    expect(readFileSync(join(world.directory, String(files)), "utf8")).toBe("ruin");
    expect(stateAfter(world.log).size).toBe(0);
    expect((await appendRecords(world.log, [], DURABLE)).recovered).toEqual([]);
  });

  it("is not for a log that has a valid record, or one of a newer program", async () => {
    using world = openLogWorld();
    await world.install([pack("a")]);
    const before = segmentBytes(world.directory);
    expect(await caughtAsync(rebuildLog(world.log, [], []))).toMatchObject({ code: "CONFLICT" });
    expect(segmentBytes(world.directory)).toEqual(before);
    writeFileSync(join(world.directory, "000001.jsonl"), `${sealLine({ v: 2 })}\n`);
    expect(await caughtAsync(rebuildLog(world.log, [], []))).toMatchObject({ code: "NEWER_FORMAT" });
  });

  it("bears a generation whose time is unreadable", async () => {
    using world = openLogWorld();
    await rebuildLog(world.log, [{ ...recorded(1, 1, 1), created: "long ago" }], []);
    expect(verifyLog(world.log).findings).toEqual([]);
  });
});

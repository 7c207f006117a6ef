import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { NewRecord } from "../../../src/model/chain.ts";
import type { JsonObject } from "../../../src/model/log-event.ts";
import { sealLine } from "../../../src/model/log-record.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import { findAt, unsettledIntents } from "../../../src/store/log/history.ts";
import { repairLog } from "../../../src/store/log/repair.ts";
import { resealLog } from "../../../src/store/log/reseal.ts";
import { verifyLog } from "../../../src/store/log/verify.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { DURABLE, type LogWorld, openLogWorld, pack, recordsOf, START, segmentBytes } from "../../helpers/log-world.ts";

const HOUR = 3_600_000;
const GC: NewRecord = { tx: "new", event: { type: "gc", deleted: 1, freedBytes: 2 } };

async function installed(count: number, bytes = 3000): Promise<LogWorld> {
  const world = openLogWorld({ segmentBytes: bytes });
  for (let at = 1; at <= count; at += 1) {
    world.clock.now = START + at * HOUR;
    await world.install([pack("a", `${at}`)]);
  }
  return world;
}

function editLines(world: LogWorld, name: string, edit: (lines: string[]) => void): void {
  const path = join(world.directory, name);
  const lines = readFileSync(path, "utf8").split("\n");
  edit(lines);
  writeFileSync(path, lines.join("\n"));
}

function change(world: LogWorld, seq: number, members: JsonObject): void {
  for (const name of segmentBytes(world.directory).keys())
    editLines(world, name, (lines) => {
      const at = lines.findIndex((line) => line.includes(`"seq":${seq},"sum"`));
      if (at >= 0) lines[at] = JSON.stringify({ ...JSON.parse(lines[at] as string), ...members });
    });
}

describe("resealLog", () => {
  it("does nothing to a log that nobody edited", async () => {
    using world = await installed(3);
    const before = segmentBytes(world.directory);
    expect(await resealLog(world.log)).toEqual({ edited: [], removed: [], from: undefined });
    expect(segmentBytes(world.directory)).toEqual(before);
  });

  it("accepts edits, chains what follows anew, and logs that it did", async () => {
    using world = await installed(6);
    expect(segmentBytes(world.directory).size).toBeGreaterThan(2);
    const before = recordsOf(world.log);
    change(world, 9, { user: "eve", note: "by hand" });
    change(world, 13, { user: "mallory" });
    expect(verifyLog(world.log).findings).toMatchObject([
      { seq: 9, fault: "edited" },
      { seq: 13, fault: "edited" },
    ]);
    expect(await resealLog(world.log)).toEqual({ edited: [9, 13], removed: [], from: 9 });
    expect(verifyLog(world.log, world.states()).findings).toEqual([]);
    const after = recordsOf(world.log);
    expect(after.slice(0, 8)).toEqual(before.slice(0, 8));
    expect(after[8]?.members).toMatchObject({ user: "eve", note: "by hand" });
    expect(after.map(({ seq }) => seq)).toEqual([...before.map(({ seq }) => seq), 25]);
    expect(after.at(-1)).toMatchObject({ tx: 7, event: { type: "reseal", edited: [9, 13] }, members: { from: 9 } });
    expect(findAt(world.log, START + 4 * HOUR, "default")).toMatchObject({ kind: "live", state: { current: 4 } });
  });

  it("accepts lines that were taken out, and keeps the numbers of the others", async () => {
    using world = await installed(3);
    const numbers = recordsOf(world.log).map(({ seq }) => seq);
    editLines(world, "000001.jsonl", (lines) => lines.splice(1, 2));
    expect(await resealLog(world.log)).toEqual({ edited: [], removed: [[2, 3]], from: 3 });
    expect(verifyLog(world.log).findings).toEqual([]);
    expect(recordsOf(world.log).map(({ seq }) => seq)).toEqual([...numbers.filter((seq) => seq !== 2), 13]);
    expect(recordsOf(world.log)[1]).toMatchObject({ event: { type: "reseal" }, replaces: { first: 2, last: 3 } });
  });

  it("recomputes what is carried: an edited clock, a commit that went", async () => {
    using world = await installed(3, 99_999);
    change(world, 5, { time: new Date(START + 9 * HOUR).toISOString() });
    editLines(world, "000001.jsonl", (lines) => {
      lines.splice(10, 2); // the intent and the commit of gen-3
      lines.splice(7, 1); // the commit of gen-2
    });
    const result = await resealLog(world.log);
    expect(result).toMatchObject({ edited: [5], removed: [[8, 8]] });
    expect(verifyLog(world.log).findings).toEqual([]);
    expect(recordsOf(world.log).find(({ seq }) => seq === 6)?.carry.era).toBe(6);
    expect(unsettledIntents(world.log)).toEqual([{ tx: 2, seq: 7, profile: "default" }]);
    expect(findAt(world.log, START + 9 * HOUR, "default")).toMatchObject({ state: { current: 1 } });
  });

  it("accepts an edit behind which a repair stands, and one sealed by hand", async () => {
    using world = await installed(3);
    editLines(world, "000002.jsonl", (lines) => {
      lines[0] = "gone";
    });
    await repairLog(world.log, world.states());
    change(world, 2, { reason: "another" });
    editLines(world, "000001.jsonl", (lines) => {
      lines[2] = sealLine({ ...JSON.parse(lines[2] as string), note: "sealed" });
    });
    expect((await resealLog(world.log)).edited).toEqual([2]);
    expect(verifyLog(world.log).findings).toEqual([]);
    expect((await appendRecords(world.log, [GC], DURABLE)).recovered).toEqual([]);
  });

  it("moves aside what a write left that did not end", async () => {
    using world = await installed(1);
    change(world, 1, { user: "eve" });
    appendFileSync(join(world.directory, "000001.jsonl"), '{"half');
    await resealLog(world.log);
    expect(verifyLog(world.log).findings).toEqual([]);
    expect(recordsOf(world.log).some(({ event }) => event.type === "recover" && event.what === "torn")).toBe(true);
  });

  it.each([
    [
      "a line that is no JSON",
      (lines: string[]) => lines.splice(1, 0, "oops"),
      /line 2 of 000001\.jsonl: it is not JSON/,
    ],
    ["a line without a number", (lines: string[]) => lines.splice(1, 0, '{"v":1}'), /line 2 .*'seq' is missing/],
    [
      "a member that is wrong",
      (lines: string[]) => lines.splice(2, 1, (lines[2] as string).replace('"to":1', '"to":"x"')),
      /line 3 .*'to' is not what an? intent record has/,
    ],
    [
      "lines in another order",
      (lines: string[]) => lines.splice(1, 2, lines[2] as string, lines[1] as string),
      /number 2, after 3/,
    ],
    ["a line that stands twice", (lines: string[]) => lines.splice(1, 0, lines[1] as string), /number 2, after 2/],
  ] as const)("refuses %s and changes nothing", async (_, edit, message) => {
    using world = await installed(2);
    editLines(world, "000001.jsonl", edit);
    const before = segmentBytes(world.directory);
    expect(await caughtAsync(resealLog(world.log))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringMatching(message),
    });
    expect(segmentBytes(world.directory)).toEqual(before);
  });

  it("does not touch a log that only a newer program may write to", async () => {
    using world = await installed(1);
    change(world, 4, { type: "teleport", crit: true });
    expect(await caughtAsync(resealLog(world.log))).toMatchObject({ code: "NEWER_FORMAT" });
  });
});

import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/model/log-record.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import { historyBegins } from "../../../src/store/log/history.ts";
import { repairLog } from "../../../src/store/log/repair.ts";
import { resealLog } from "../../../src/store/log/reseal.ts";
import { trimLog } from "../../../src/store/log/trim.ts";
import { verifyLog } from "../../../src/store/log/verify.ts";
import { type Bundle, bundle } from "../../helpers/bundle.ts";
import {
  DURABLE,
  type LogWorld,
  openLogWorld,
  pack,
  recordsOf,
  restoreSegments,
  segmentBytes,
} from "../../helpers/log-world.ts";

let child: Bundle;
beforeAll(async () => {
  child = await bundle(fileURLToPath(new URL("log-child.ts", import.meta.url)));
});
afterAll(() => child[Symbol.dispose]());

function argumentsFor({ log }: LogWorld, action: string, count: number, step: number | string): string[] {
  return [child.path, log.directory, log.lockFile, action, String(count), String(step)];
}

/**
 * Checks what the child leaves when it is killed at any of its calls, the log being the same each time. At every tenth
 * call one is really killed; between them it is what one child kept of those moments, which is the same.
 */
async function dieEverywhere(
  world: LogWorld,
  action: string,
  check: (acknowledged: readonly string[], finished: boolean) => Promise<void>,
): Promise<number> {
  const { directory } = world;
  const moments = join(directory, "../moments");
  mkdirSync(moments);
  const start = segmentBytes(directory);
  const run = (step: number | string) => {
    restoreSegments(directory, start);
    const args = argumentsFor(world, action, action === "append" ? 2 : 1, step);
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    return { end: signal ?? status, acknowledged: linesOf(stdout) };
  };
  const whole = run(moments);
  expect(whole.end).toBe(0);
  await check(whole.acknowledged, true);
  const steps = readdirSync(moments).length / 2;
  for (let step = 1; step <= steps; step += 1) {
    if (step % 10 === 0) {
      const { end, acknowledged } = run(step);
      expect(end).toBe("SIGKILL");
      await check(acknowledged, false);
    } else {
      rmSync(directory, { recursive: true });
      renameSync(join(moments, `${step}`), directory);
      await check(linesOf(readFileSync(join(moments, `${step}.told`), "utf8")), false);
    }
  }
  expect(run(steps + 1).end).toBe(0);
  return steps;
}

function linesOf(text: string): string[] {
  return text.split("\n").filter(Boolean);
}

function sums(records: readonly LogRecord[]): string[] {
  return records.map(({ sum }) => sum);
}

async function expectSound(world: LogWorld): Promise<void> {
  await appendRecords(world.log, [{ tx: "new", event: { type: "gc", deleted: 0, freedBytes: 0 } }], DURABLE);
  expect(verifyLog(world.log).findings).toEqual([]);
  const left = readdirSync(world.directory, { recursive: true, encoding: "utf8" });
  expect(left.filter((name) => !/^(\d{6}\.jsonl|torn|torn\/\w+-\d+-\d+-\w+\.txt)$/.test(name))).toEqual([]);
}

async function filledWorld(transactions: number): Promise<LogWorld> {
  const world = openLogWorld({ segmentBytes: 2000 });
  for (let at = 0; at < transactions; at += 1) await world.install([pack("a", `${at}`)]);
  return world;
}

describe("a process that is killed at any of its writes", () => {
  it("loses nothing that it acknowledged to have appended", async () => {
    using world = await filledWorld(2);
    const before = sums(recordsOf(world.log));
    const [name] = [...segmentBytes(world.directory).keys()].slice(-1);
    appendFileSync(join(world.directory, name ?? ""), '{"torn by another":');
    const steps = await dieEverywhere(world, "append", async (acknowledged) => {
      const after = sums(recordsOf(world.log));
      expect(after.slice(0, before.length)).toEqual(before);
      for (const sum of acknowledged) expect(after).toContain(sum);
      expect(verifyLog(world.log).findings.filter(({ fault }) => fault !== "torn")).toEqual([]);
      await expectSound(world);
      const reports = recordsOf(world.log).filter(({ event }) => event.type === "recover");
      const files = reports.map(({ event }) => (event.type === "recover" ? event.file : ""));
      const kept = files.map((file) => readFileSync(join(world.directory, file ?? ""), "utf8"));
      expect(kept).toContain('{"torn by another":');
    });
    expect(steps).toBeGreaterThan(20);
  });

  it("has trimmed the log or has not", async () => {
    using world = await filledWorld(8);
    const before = sums(recordsOf(world.log));
    const steps = await dieEverywhere(world, "trim", async (_, finished) => {
      const begins = historyBegins(world.log);
      expect([1, 6]).toContain(begins?.transaction);
      const after = sums(recordsOf(world.log));
      expect(after.slice(begins?.trimmed ? 1 : 0)).toEqual(expect.arrayContaining(before.slice(-12)));
      if (!begins?.trimmed) expect(after.slice(0, before.length)).toEqual(before);
      await expectSound(world);
      if (!finished) await trimLog(world.log, { keepLast: 3 });
      expect(verifyLog(world.log).findings).toEqual([]);
    });
    expect(steps).toBeGreaterThan(10);
  });

  it("has lost no valid record in a repair, and reports what it moved", async () => {
    using world = await filledWorld(6);
    const [first, second] = [...segmentBytes(world.directory).keys()] as [string, string];
    for (const name of [first, second]) {
      const lines = readFileSync(join(world.directory, name), "utf8").split("\n");
      lines[1] = "damaged";
      writeFileSync(join(world.directory, name), lines.join("\n"));
    }
    const before = sums(recordsOf(world.log));
    const steps = await dieEverywhere(world, "repair", async (_, finished) => {
      expect(sums(recordsOf(world.log))).toEqual(expect.arrayContaining(before));
      const { remaining } = await repairLog(world.log);
      if (finished) expect(remaining).toEqual([]);
      expect(sums(recordsOf(world.log))).toEqual(expect.arrayContaining(before));
      await expectSound(world);
      const files = recordsOf(world.log).map(({ event }) => (event.type === "recover" ? event.file : undefined));
      const reported = new Set(files.filter((file) => file !== undefined));
      expect(readdirSync(join(world.directory, "torn")).map((name) => `torn/${name}`)).toEqual([...reported].sort());
      expect(reported.size).toBe(2);
    });
    expect(steps).toBeGreaterThan(10);
  });

  it("can reseal again what it did not finish to reseal", async () => {
    using world = await filledWorld(6);
    const [first] = [...segmentBytes(world.directory).keys()] as [string];
    const text = readFileSync(join(world.directory, first), "utf8");
    writeFileSync(join(world.directory, first), text.replace('"user":"ada"', '"user":"eve"'));
    const steps = await dieEverywhere(world, "reseal", async () => {
      await resealLog(world.log);
      await expectSound(world);
      const records = recordsOf(world.log);
      expect(records[0]?.event).toMatchObject({ user: "eve" });
      expect(records.filter(({ event }) => event.type === "generation")).toHaveLength(6);
    });
    expect(steps).toBeGreaterThan(10);
  });
});

it("lets two processes append at once", async () => {
  using world = openLogWorld();
  const run = promisify(execFile);
  const runs = [0, 1].map(() => run(process.execPath, argumentsFor(world, "append", 60, 0)));
  const acknowledged = (await Promise.all(runs)).flatMap(({ stdout }) => stdout.split("\n").filter(Boolean));
  expect(acknowledged).toHaveLength(120);
  const records = recordsOf(world.log);
  expect(records).toHaveLength(240);
  expect(new Set(records.map(({ members }) => members.pid)).size).toBe(2);
  expect(sums(records)).toEqual(expect.arrayContaining(acknowledged));
  expect(new Set(records.map(({ tx }) => tx)).size).toBe(120);
  expect(verifyLog(world.log).findings).toEqual([]);
});

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type LogItem, readLog } from "../../../src/operations/history/read-log.ts";
import { repairHistory } from "../../../src/operations/history/repair-log.ts";
import { stateAt } from "../../../src/operations/history/state-at.ts";
import { verifyHistory } from "../../../src/operations/history/verify-log.ts";
import type { Notice } from "../../../src/store/context.ts";
import { generationFile } from "../../../src/store/layout.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  goBack,
  installFrom,
  logRecords,
  makeProfileWorld,
} from "../../helpers/profile-worlds.ts";

const HOUR = 3_600_000;

/** gen-1 to gen-3, an hour apart, by #1 to #3; then back to gen-2 by #4. */
async function threeGenerations() {
  const world = makeProfileWorld();
  const notices: Notice[] = [];
  const store = await world.open({ notice: (notice) => notices.push(notice) });
  for (const name of ["a-1", "b-1", "c-1"]) {
    await installFrom(store, world.source(name, { [name]: "" }));
    world.clock.now += HOUR;
  }
  await goBack(store);
  world.clock.now += HOUR;
  const segment = join(store.layout.log, "000001.jsonl");
  const lines = readFileSync(segment, "utf8").trimEnd().split("\n");
  return { world, store, notices, segment, lines };
}

function faults(items: Iterable<LogItem>): string[] {
  return [...items].flatMap((item) => (item.kind === "fault" ? [item.finding.fault] : []));
}

describe("a log that is lost altogether", () => {
  it("is no empty one: answers are refused, and the listing says so", async () => {
    const { store } = await threeGenerations();
    rmSync(store.layout.log, { recursive: true });
    expect(await caughtAsync(stateAt(store, DEFAULT))).toMatchObject({
      code: "DAMAGED",
      message: "the log is lost, and a generation was made by #3",
    });
    expect(faults(await readLog(store))).toEqual(["lost"]);
    expect(verifyHistory(store).findings).toMatchObject([{ fault: "lost", file: "" }]);
  });

  it("is written anew by a repair, from what the generations know", async () => {
    const { store } = await threeGenerations();
    const recorded = await stateAt(store, DEFAULT, { selector: "3 hours ago" });
    rmSync(store.layout.log, { recursive: true });
    expect(await repairHistory(store)).toMatchObject({ remaining: [] });
    expect(await stateAt(store, DEFAULT, { selector: "3 hours ago" })).toMatchObject({
      generation: recorded.generation,
      packages: recorded.packages,
    });
    expect(await stateAt(store, DEFAULT)).toMatchObject({ generation: 2 });
    expect(verifyHistory(store).findings).toEqual([]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("is written anew by the next change, which says so and reuses no number", async () => {
    const { world, store, notices } = await threeGenerations();
    writeFileSync(join(store.layout.log, "000001.jsonl"), "");
    const change = await installFrom(store, world.source("d-1", { d: "" }));
    expect(change).toMatchObject({ from: 2, to: 4 });
    expect(change.transaction).toBeGreaterThan(3);
    expect(notices).toMatchObject([
      { isWarning: true, message: expect.stringMatching(/^the end of the log was lost/) },
    ]);
    expect(verifyHistory(store).findings).toEqual([]);
    expect(brokenRules(store)).toEqual([]);
  });
});

describe("a log that has lost its end", () => {
  it("amid a change keeps the generation that was live since", async () => {
    const { world, store, segment, lines } = await threeGenerations();
    // The intent of gen-3 is open, and gen-2 is live: by the switch that is lost.
    writeFileSync(segment, `${lines.slice(0, 11).join("\n")}\n`);
    expect(await installFrom(store, world.source("d-1", { d: "" }))).toMatchObject({ from: 2, to: 4 });
    expect(await stateAt(store, DEFAULT, { selector: "gen-3" })).toMatchObject({ generation: 3 });
    expect(verifyHistory(store).findings).toEqual([]);
    expect(brokenRules(store)).toEqual([]);
  });

  it.each([4, 8])("behind line %i is completed by the next change", async (count) => {
    const { world, store, segment, lines } = await threeGenerations();
    writeFileSync(segment, `${lines.slice(0, count).join("\n")}\n`);
    const change = await installFrom(store, world.source("d-1", { d: "" }));
    expect(change).toMatchObject({ from: 2, to: 4 });
    expect(change.transaction).toBeGreaterThan(3);
    await repairHistory(store);
    expect(verifyHistory(store).findings).toEqual([]);
    expect(brokenRules(store)).toEqual([]);
    expect(await stateAt(store, DEFAULT, { selector: "2 hours ago" })).toMatchObject({ generation: 3 });
  });

  it("with the last switch is noticed by what is live", async () => {
    const { store, segment, lines } = await threeGenerations();
    writeFileSync(segment, `${lines.slice(0, 12).join("\n")}\n`);
    expect(await caughtAsync(stateAt(store, DEFAULT))).toMatchObject({
      code: "DAMAGED",
      message: "the log ends at gen-3 of profile 'default', but gen-2 is live",
    });
    expect((await repairHistory(store)).remaining).toEqual([]);
    expect(await stateAt(store, DEFAULT)).toMatchObject({ generation: 2 });
    expect(logRecords(store).at(-1)?.event.type).toBe("snapshot");
  });
});

describe("a repair", () => {
  it("cross-checks what the log tells of generations with their records", async () => {
    const { store } = await threeGenerations();
    const file = generationFile(store.layout, DEFAULT, generation(2));
    writeFileSync(file, readFileSync(file, "utf8").replace('"parent": 1', '"parent": 0'));
    const [finding] = verifyHistory(store).findings;
    expect(finding).toMatchObject({
      fault: "state",
      line: 6,
      reason: expect.stringMatching(/gen-2 .* parent 1 here, and 0/),
    });
    expect((await repairHistory(store)).remaining).toMatchObject([{ fault: "state" }]);
  });

  it("leaves alone what is whole", async () => {
    const { store } = await threeGenerations();
    const before = logRecords(store);
    expect(await repairHistory(store)).toEqual({ findings: [], lost: [], files: [], remaining: [], rebuilt: 0 });
    expect(logRecords(store)).toEqual(before);
  });
});

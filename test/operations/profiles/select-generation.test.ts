import { unlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diffGenerations } from "../../../src/operations/history/diff.ts";
import { planRevert } from "../../../src/operations/history/revert.ts";
import { stateAt } from "../../../src/operations/history/state-at.ts";
import { listPackages } from "../../../src/operations/packages/list.ts";
import { selectGeneration } from "../../../src/operations/profiles/select-generation.ts";
import { readGeneration, writeGeneration } from "../../../src/store/generation-records.ts";
import { generationFile } from "../../../src/store/layout.ts";
import { logBegin, logGeneration, logSwitch } from "../../../src/store/log-transactions.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readPins, writePins } from "../../../src/store/pins.ts";
import { activateGeneration, readProfile } from "../../../src/store/profiles.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import {
  DEFAULT,
  generation,
  goBack,
  installFrom,
  installWith,
  logRecords,
  makeProfileWorld,
  profileDirectory,
  removeNames,
  switchTo,
} from "../../helpers/profile-worlds.ts";

const HOUR = 3_600_000;

async function select(store: Store, text: string): Promise<number> {
  return (await selectGeneration(store, readProfile(store, DEFAULT), text)).generation;
}

/**
 * In Berlin, one hour before UTC: on the 18th #1 makes gen-1 at 10:00 and #2 gen-2 at 23:30; on the 19th #3 makes gen-3
 * at 09:00, #4 goes back to gen-2 at 12:00 and #5 fails at 13:00; it is the 20th, 11:00.
 */
async function threeDays() {
  const world = makeProfileWorld();
  const store = await world.open({ timeZone: "Europe/Berlin" });
  const at = (time: string) => {
    world.clock.now = Date.parse(`${time}+01:00`);
  };
  at("2026-11-18T10:00:00");
  await installFrom(store, world.source("a-1", { a: "" }));
  at("2026-11-18T23:30:00");
  await installFrom(store, world.source("b-1", { b: "" }));
  at("2026-11-19T09:00:00");
  await installFrom(store, world.source("c-1", { c: "" }));
  at("2026-11-19T12:00:00");
  await goBack(store);
  at("2026-11-19T13:00:00");
  await caughtAsync(removeNames(store, "nothing"));
  at("2026-11-20T11:00:00");
  return { world, store };
}

describe("a SEL", () => {
  it("is a number, a place, a transaction or a time", async () => {
    const { store } = await threeDays();
    const expected: Readonly<Record<string, number>> = {
      "gen-0": 0,
      "gen-3": 3,
      "3": 3,
      "-1": 1,
      "-2": 0,
      "+1": 3,
      "-": 3,
      "#1": 1,
      "#3": 3,
      "#4": 2,
      "#5": 2,
      "2026-11-18T10:00": 1,
      "2026-11-18T23:29:59": 1,
      "2026-11-18": 2,
      "2026-11-19": 2,
      "2026-11-19T11:59": 3,
      "2026-11-19T10:59Z": 3,
      "2026-11-19T11:00Z": 2,
      yesterday: 2,
      "yesterday 09:30": 3,
      "yesterday 08:59": 2,
      "2 days ago": 1,
      "23 hours ago": 2,
      "25h": 3,
      "1d": 3,
      "2d": 1,
      now: 2,
    };
    const found: Record<string, number> = {};
    for (const text of Object.keys(expected)) found[text] = await select(store, text);
    expect(found).toEqual(expected);
  });

  it("may be the name of a checkpoint", async () => {
    const { store } = await threeDays();
    writePins(store, DEFAULT, { ...readPins(store, DEFAULT), tags: new Map([["good", generation(1)]]) });
    expect(await select(store, "tag:good")).toBe(1);
    expect(await caughtAsync(select(store, "tag:bad"))).toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringContaining("good"),
    });
  });

  it("that names nothing is refused, with a hint", async () => {
    const { store } = await threeDays();
    const expected: Readonly<Record<string, string>> = {
      "gen-4": "NOT_FOUND",
      "-3": "NOT_FOUND",
      "+2": "NOT_FOUND",
      "#6": "NOT_FOUND",
      "#0": "NOT_FOUND",
      "2026-11-18T09:59": "NOT_FOUND",
      "3 days ago": "NOT_FOUND",
      "tag:": "INVALID_INPUT",
      soon: "INVALID_INPUT",
      "": "INVALID_INPUT",
      "99999999999999999999": "INVALID_INPUT",
    };
    for (const [text, code] of Object.entries(expected))
      expect(await caughtAsync(select(store, text)), text).toMatchObject({ code, hint: expect.any(String) });
  });

  it("`-` is refused where nothing was live before", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await caughtAsync(installFrom(store, "/nowhere/a"));
    expect(await caughtAsync(select(store, "-"))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("counts only generations that exist", async () => {
    const { store } = await threeDays();
    await switchTo(store, "3");
    unlinkSync(generationFile(store.layout, DEFAULT, generation(2)));
    expect(await select(store, "-1")).toBe(1);
    expect(await caughtAsync(select(store, "-"))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("that is a time goes by the log, not by when a generation was made", async () => {
    const { world, store } = await threeDays();
    await switchTo(store, "1");
    world.clock.now += HOUR;
    await switchTo(store, "3");
    world.clock.now += HOUR;
    expect(await select(store, "1 hour ago")).toBe(3);
    expect(await select(store, "61 minutes ago")).toBe(1);
    expect(await select(store, "3 hours ago")).toBe(2);
  });

  it("that is a time asks for the profile at hand", async () => {
    const { store } = await threeDays();
    const other = "other" as typeof DEFAULT;
    const world = makeProfileWorld();
    await installWith(store, { profile: other }, world.source("x-1", { x: "" }));
    const error = await caughtAsync(selectGeneration(store, readProfile(store, other), "yesterday"));
    expect(error).toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("'other' did not exist") });
  });
});

describe("a switch whose process was killed behind the rename", () => {
  /** Leads from gen-2 to `to`. */
  async function killedSwitch(to: number) {
    const { world, store } = await threeDays();
    world.clock.now += HOUR;
    const start = { profile: DEFAULT, base: generation(2), plan: {} };
    if (to <= 3) await logSwitch(store, start, generation(to));
    else {
      const head = readGeneration(store, DEFAULT, generation(2));
      const transaction = await logBegin(store, start);
      const packages = head.packages.filter(({ name }) => name === "b");
      const next = { ...head, generation: generation(to), parent: generation(2), transaction, packages };
      await logGeneration(store, next, head);
      writeGeneration(store, next);
    }
    const killedAt = world.clock.now;
    world.clock.now += HOUR;
    // Another profile's records come behind it.
    await installWith(store, { profile: "other" as typeof DEFAULT }, world.source("d-1", { d: "" }));
    world.clock.now += HOUR;
    return { world, store, killedAt, swap: () => activateGeneration(store, DEFAULT, generation(to)) };
  }

  it.each([1, 3, 4])("counts as made in reading, and nothing is written: gen-%i", async (to) => {
    const { store, swap, killedAt } = await killedSwitch(to);
    expect(await select(store, "now")).toBe(2);
    swap();
    const [before, records] = [profileDirectory(store), logRecords(store).length];
    const names = (await listPackages(store, DEFAULT)).map(({ name }) => name);
    const state = await stateAt(store, DEFAULT);
    expect(state).toMatchObject({ generation: to, packages: names.map((name) => ({ name })) });
    expect(await diffGenerations(store, DEFAULT, { from: "now" })).toMatchObject({
      from: to,
      to,
      added: [],
      removed: [],
    });
    expect(await planRevert(store, DEFAULT, { selector: "now" })).toMatchObject({ from: to, to, before: 2 });
    expect(await select(store, "#6")).toBe(to);
    expect(await select(store, new Date(killedAt + HOUR / 2).toISOString())).toBe(to);
    expect(await select(store, new Date(killedAt - 1).toISOString())).toBe(2);
    expect(await select(store, "-")).toBe(2);
    expect([profileDirectory(store), logRecords(store).length]).toEqual([before, records]);
    await switchTo(store, "-");
    expect(await select(store, "now")).toBe(2);
  });

  it("does not hide that the log lost a switch to elsewhere", async () => {
    const { store } = await killedSwitch(1);
    activateGeneration(store, DEFAULT, generation(3));
    await switchTo(store, "gen-1");
    activateGeneration(store, DEFAULT, generation(3));
    expect(await caughtAsync(select(store, "now"))).toMatchObject({ code: "DAMAGED" });
  });
});

import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { selectGeneration } from "../../../src/operations/profiles/select-generation.ts";
import { generationFile } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readPins, writePins } from "../../../src/store/pins.ts";
import { readProfile } from "../../../src/store/profiles.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import {
  DEFAULT,
  generation,
  goBack,
  installFrom,
  installWith,
  makeProfileWorld,
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
    rmSync(generationFile(store.layout, DEFAULT, generation(2)));
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

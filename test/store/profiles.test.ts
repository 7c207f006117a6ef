import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generationFile, profileFile } from "../../src/store/layout.ts";
import {
  discardNumber,
  hasProfile,
  listProfiles,
  readGeneration,
  readProfile,
  sweepProfile,
} from "../../src/store/profiles.ts";
import { caught } from "../helpers/caught.ts";
import {
  DEFAULT,
  generation,
  installFrom,
  liveFiles,
  makeProfileWorld,
  profileDirectory,
  switchTo,
} from "../helpers/profile-worlds.ts";

async function withOne() {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  return { world, store };
}

describe("the records of a profile", () => {
  it("keep members that this version does not know", async () => {
    const { world, store } = await withOne();
    const path = profileFile(store.layout, DEFAULT);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), later: { x: 1 } }));
    await installFrom(store, world.source("b-1", { b: "" }));
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      format: 1,
      name: "default",
      lastGeneration: 2,
      later: { x: 1 },
    });
  });

  it("of packages do, too, from one generation to the next", async () => {
    const { world, store } = await withOne();
    const path = generationFile(store.layout, DEFAULT, generation(1));
    const record = JSON.parse(readFileSync(path, "utf8"));
    record.packages[0].later = ["x"];
    writeFileSync(path, JSON.stringify({ ...record, also: true }));
    await installFrom(store, world.source("b-1", { b: "" }));
    const next = JSON.parse(readFileSync(generationFile(store.layout, DEFAULT, generation(2)), "utf8"));
    expect(next.packages).toMatchObject([{ name: "a", later: ["x"] }, { name: "b" }]);
    expect(readGeneration(store, DEFAULT, generation(1)).unknown).toEqual({ also: true });
  });

  it.each([
    ["{", "DAMAGED"],
    ["[]", "DAMAGED"],
    ['{"format": 1}', "DAMAGED"],
    ['{"format": 1, "lastGeneration": -1}', "DAMAGED"],
    ['{"format": 2, "lastGeneration": 1}', "NEWER_FORMAT"],
  ])("%s is refused: %s", async (text, code) => {
    const { store } = await withOne();
    writeFileSync(profileFile(store.layout, DEFAULT), text);
    const error = caught(() => readProfile(store, DEFAULT));
    expect(error).toMatchObject({ code, message: expect.stringContaining("profile.json") });
    await expect(switchTo(store, "gen-0")).rejects.toMatchObject({ code });
    expect(liveFiles(store)).toEqual({ a: "a" });
  });

  it("are none of those of a profile that is not there", async () => {
    const { store } = await withOne();
    const other = "other" as typeof DEFAULT;
    expect([hasProfile(store, DEFAULT), hasProfile(store, other)]).toEqual([true, false]);
    expect(listProfiles(store)).toEqual(["default"]);
    expect(caught(() => readProfile(store, other))).toMatchObject({ code: "NOT_FOUND" });
    expect(caught(() => readGeneration(store, DEFAULT, generation(7)))).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a number that is given up", () => {
  it("is not given out again, also when that is done twice (invariant 4)", async () => {
    const { world, store } = await withOne();
    for (let times = 0; times < 2; times++) discardNumber(store, DEFAULT, generation(4));
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 1, last: 4 });
    expect(await installFrom(store, world.source("b-1", { b: "" }))).toMatchObject({ to: 5 });
  });
});

describe("the sweep of a profile", () => {
  it("removes temporary names and nothing else (invariant 7)", async () => {
    const { store } = await withOne();
    const before = profileDirectory(store);
    for (const name of [".tmp-0011223344556677", "notes"])
      writeFileSync(join(store.layout.profiles, "default", name), "");
    sweepProfile(store, DEFAULT);
    expect(profileDirectory(store)).toEqual({ ...before, notes: "" });
  });
});

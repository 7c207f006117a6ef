import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseGeneration, printGeneration } from "../../src/model/generation.ts";
import { readGeneration } from "../../src/store/generation-records.ts";
import { currentPath, generationFile, pinsFile, previousPath, profileFile } from "../../src/store/layout.ts";
import { readPins, writePins } from "../../src/store/pins.ts";
import {
  discardNumber,
  hasProfile,
  listProfiles,
  readProfile,
  readProfileParts,
  sweepProfile,
} from "../../src/store/profiles.ts";
import { removeFile } from "../../src/system/remove-file.ts";
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

describe("the records that store-layout.md shows", () => {
  const page = readFileSync(new URL("../../store-layout.md", import.meta.url), "utf8");
  const shown = (kind: string): string => {
    const block = new RegExp(`^\`\`\`json ${kind}\\n(.*?)^\`\`\`$`, "ms").exec(page)?.[1];
    if (block === undefined) throw new Error(`store-layout.md has no block '${kind}'`);
    return block;
  };

  it("are what is written and read: a generation", () => {
    const text = shown("generation");
    expect(printGeneration(parseGeneration(text, "page"))).toBe(text);
  });

  it("are what is written and read: pins.json", async () => {
    const { store } = await withOne();
    writeFileSync(pinsFile(store.layout, DEFAULT), shown("pins.json"));
    const pins = readPins(store, DEFAULT);
    expect([[...pins.generations], [...pins.tags]]).toEqual([[12, 40], [["before-upgrade", 40]]]);
    writePins(store, DEFAULT, pins);
    expect(readFileSync(pinsFile(store.layout, DEFAULT), "utf8")).toBe(shown("pins.json"));
  });

  it("has a file of marks from the beginning: where none is, it was lost", async () => {
    const { store } = await withOne();
    expect(JSON.parse(readFileSync(pinsFile(store.layout, DEFAULT), "utf8"))).toEqual({
      format: 1,
      generations: [],
      tags: {},
    });
  });

  it("are what is written and read: profile.json", async () => {
    const { store } = await withOne();
    const path = profileFile(store.layout, DEFAULT);
    const written = readFileSync(path, "utf8");
    writeFileSync(path, shown("profile.json"));
    expect(readProfile(store, DEFAULT).last).toBe(41);
    expect(written).toBe(shown("profile.json").replace("41", "1"));
  });
});

describe("a link to a generation", () => {
  it.each(["gen-01", "gen-", "gen-1x", "gen-99999999999999999", "1"])("that is %s is none", async (target) => {
    const { store } = await withOne();
    for (const path of [currentPath, previousPath].map((pathIn) => pathIn(store.layout, DEFAULT))) {
      removeFile(path);
      symlinkSync(target, path);
    }
    expect(readProfileParts(store, DEFAULT)).toMatchObject({ current: undefined, previous: undefined });
    expect(caught(() => readProfile(store, DEFAULT))).toMatchObject({ code: "DAMAGED" });
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

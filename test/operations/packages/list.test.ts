import { mkdirSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diffGenerations } from "../../../src/operations/history/diff.ts";
import { generations, listPackages, profiles } from "../../../src/operations/packages/list.ts";
import { packagePath } from "../../../src/operations/packages/package-path.ts";
import { generationFile, objectPath, profileFile } from "../../../src/store/layout.ts";
import { caught, caughtAsync } from "../../helpers/caught.ts";
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

/** gen-1 has a 1 and b 1, gen-2 a 2 and b 1, gen-3 a 2, c 1 and no b. */
async function withThree() {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, ...["a-1", "b-1"].map((name) => world.source(name, { [name]: "" })));
  world.clock.now += 1000;
  await installWith(store, { priority: 2 }, world.source("a-2", { a: "" }));
  world.clock.now += 1000;
  await removeNames(store, "b");
  await goBack(store);
  await installFrom(store, world.source("c-1", { c: "" }));
  await removeNames(store, "b");
  return { world, store };
}

describe("list", () => {
  it("gives the packages of the live generation, sorted, with what they were asked for with", async () => {
    const { world, store } = await withThree();
    const listed = await listPackages(store, DEFAULT);
    expect(listed).toEqual([
      {
        name: "a",
        version: "2",
        options: {},
        path: expect.stringMatching(/-a-2$/),
        priority: 2,
        requested: `${world.directory}/sources/a-2`,
      },
      expect.objectContaining({ name: "c", priority: 5 }),
    ]);
  });

  it("gives those of any other generation", async () => {
    const { store } = await withThree();
    const names = async (selector: string) =>
      (await listPackages(store, DEFAULT, { selector })).map(({ name, version }) => `${name} ${version}`);
    expect(await names("gen-1")).toEqual(["a 1", "b 1"]);
    expect(await names("-")).toEqual(["a 2", "b 1", "c 1"]);
    expect(await names("gen-0")).toEqual([]);
    expect(await caughtAsync(names("gen-9"))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("is empty before the first use, but only for the default profile", async () => {
    const store = await makeProfileWorld().open();
    expect(await listPackages(store, DEFAULT)).toEqual([]);
    expect(generations(store, DEFAULT)).toEqual([]);
    expect(profiles(store)).toEqual([]);
    expect(await caughtAsync(listPackages(store, "other" as typeof DEFAULT))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("does not take a profile whose record was lost for one that was never used", async () => {
    const { store } = await withThree();
    unlinkSync(profileFile(store.layout, DEFAULT));
    expect(await caughtAsync(listPackages(store, DEFAULT))).toMatchObject({ code: "DAMAGED" });
    expect(caught(() => generations(store, DEFAULT))).toMatchObject({ code: "DAMAGED" });
  });
});

describe("generations", () => {
  it("are all listed, with when, from which and why they were made", async () => {
    const { store } = await withThree();
    const listed = generations(store, DEFAULT);
    expect(listed.map(({ generation: number, parent, current }) => [number, parent, current])).toEqual([
      [0, null, false],
      [1, 0, false],
      [2, 1, false],
      [3, 2, false],
      [4, 2, false],
      [5, 4, true],
    ]);
    expect(listed[2]).toMatchObject({
      created: "2026-11-20T10:00:01.000Z",
      reason: expect.stringMatching(/^install .*a-2 with priority 2$/),
      transaction: 2,
      pinned: false,
      tags: [],
      packages: [{ name: "a", version: "2" }, { name: "b" }],
    });
  });

  it("leave out what no change has made", async () => {
    const { store } = await withThree();
    const stray = generationFile(store.layout, DEFAULT, generation(9));
    writeFileSync(stray, "{}");
    expect(generations(store, DEFAULT).at(-1)?.generation).toBe(5);
    expect(await caughtAsync(switchTo(store, "9"))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("name the file that is damaged", async () => {
    const { store } = await withThree();
    truncateSync(generationFile(store.layout, DEFAULT, generation(3)));
    expect(caught(() => generations(store, DEFAULT))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining("gen-3.json"),
    });
  });
});

describe("profiles", () => {
  it("are listed with what they hold", async () => {
    const { world, store } = await withThree();
    await installWith(store, { profile: "work" as typeof DEFAULT }, world.source("x-1", { x: "" }));
    expect(profiles(store)).toEqual([
      { profile: "default", current: 5, generations: 6, packages: 2 },
      { profile: "work", current: 1, generations: 2, packages: 1 },
    ]);
  });

  it("leave out what is being made and files that others put there, and name a directory that is none", async () => {
    const { store } = await withThree();
    mkdirSync(`${store.layout.profiles}/unfinished`);
    writeFileSync(`${store.layout.profiles}/notes`, "");
    mkdirSync(`${store.layout.profiles}/.hidden`);
    expect(profiles(store).map(({ profile }) => profile)).toEqual(["default"]);
    mkdirSync(`${store.layout.profiles}/not a profile`);
    expect(caught(() => profiles(store))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining("not a profile"),
    });
  });
});

describe("diff", () => {
  it("tells how two generations differ, either way", async () => {
    const { store } = await withThree();
    const there = await diffGenerations(store, DEFAULT, { from: "1", to: "5" });
    expect(there).toMatchObject({
      from: 1,
      to: 5,
      added: [{ name: "c" }],
      removed: [{ name: "b" }],
      upgraded: [{ name: "a", from: { version: "1" }, to: { version: "2" } }],
    });
    const back = await diffGenerations(store, DEFAULT, { from: "5", to: "1" });
    expect(back).toMatchObject({
      added: there.removed,
      removed: there.added,
      upgraded: [{ from: there.upgraded[0]?.to, to: there.upgraded[0]?.from }],
    });
  });

  it("compares with the live one when only one is named", async () => {
    const { store } = await withThree();
    expect(await diffGenerations(store, DEFAULT, { from: "-" })).toMatchObject({ from: 4, to: 5 });
    expect(await diffGenerations(store, DEFAULT, { from: "5" })).toMatchObject({
      added: [],
      removed: [],
      upgraded: [],
    });
  });

  it("refuses what names nothing", async () => {
    const { store } = await withThree();
    expect(await caughtAsync(diffGenerations(store, DEFAULT, { from: "1", to: "77" }))).toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

describe("the path of a package", () => {
  it("is its object, and that of the profile the live link", async () => {
    const { store } = await withThree();
    const [a] = await listPackages(store, DEFAULT);
    expect(packagePath(store, DEFAULT, "a")).toBe(objectPath(store.layout, (a as NonNullable<typeof a>).path));
    expect(packagePath(store, DEFAULT)).toBe(`${store.layout.profiles}/default/current`);
    expect(caught(() => packagePath(store, DEFAULT, "b"))).toMatchObject({ code: "NOT_FOUND" });
  });
});

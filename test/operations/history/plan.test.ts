import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { StoreError } from "../../../src/errors.ts";
import { planInstall, planRemove, planUpgrade } from "../../../src/operations/history/plan.ts";
import { type InstallRequest, install } from "../../../src/operations/profiles/install.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { caught, caughtAsync } from "../../helpers/caught.ts";
import {
  DEFAULT,
  installFrom,
  logRecords,
  makeProfileWorld,
  profileDirectory,
  removeNames,
} from "../../helpers/profile-worlds.ts";

function requestFor(...from: readonly string[]): InstallRequest {
  return { profile: DEFAULT, packages: from.map((item) => ({ from: item, cwd: "/" })) };
}

const forUpgrade = (...names: readonly string[]) => ({ profile: DEFAULT, names, input: { cwd: "/" } });

/** All that a plan must leave as it is. */
function stateOf(store: Store) {
  return {
    profile: profileDirectory(store),
    objects: listObjects(store).sort(),
    inStore: readdirSync(store.layout.storeDir).sort(),
    sources: readdirSync(store.layout.sources),
    temporary: readdirSync(store.layout.temporary),
    records: logRecords(store).length,
  };
}

async function withTwo() {
  const world = makeProfileWorld();
  const store = await world.open();
  const sources = ["a-1", "b-1"].map((name) => world.source(name, { [name]: "" })) as [string, string];
  await installFrom(store, ...sources);
  return { world, store, sources };
}

describe("the plan of an install", () => {
  it("is what the install then does", async () => {
    const { world, store } = await withTwo();
    const request = requestFor(world.source("c-1", { c: "" }), world.source("a-2", { "a-2": "" }));
    const before = stateOf(store);
    const plan = await planInstall(store, request);
    expect(stateOf(store)).toEqual(before);
    const change = await installFrom(store, ...request.packages);
    const { added, removed, upgraded, from } = change;
    expect(plan).toMatchObject({ transaction: 0, changed: false, from, to: from, added, removed, upgraded });
    expect([plan.fetch, plan.build]).toEqual([[], []]);
  });

  it("tells of another priority, and of what a package is asked for with", async () => {
    const { world, store, sources } = await withTwo();
    const request = { ...requestFor(sources[0]), priority: 3 };
    const [plan, change] = [await planInstall(store, request), await install(store, request)];
    expect(plan.adjusted).toMatchObject([{ name: "a", from: { priority: 5 }, to: { priority: 3 } }]);
    expect(plan.adjusted).toEqual(change.adjusted);
    const again = requestFor(change.adjusted?.[0]?.to.path ?? "");
    const asked = await planInstall(store, again);
    expect(asked.adjusted).toMatchObject([
      { from: { requested: sources[0] }, to: { requested: change.adjusted?.[0]?.to.path } },
    ]);
    expect(asked.adjusted).toEqual((await install(store, again)).adjusted);
    const newer = { ...requestFor(world.source("b-2", { b: "2" })), priority: 0 };
    expect((await planInstall(store, newer)).adjusted).toMatchObject([
      { name: "b", to: { version: "2", priority: 0 } },
    ]);
    expect(await planInstall(store, requestFor(sources[1]))).not.toHaveProperty("adjusted");
  });

  it("says what would be downloaded, and downloads nothing", async () => {
    const { store } = await withTwo();
    const url = "https://me:secret@localhost:1/dir/tool-2.5.tar.gz";
    const plan = await planInstall(store, requestFor(url));
    expect(plan.added).toMatchObject([{ name: "tool", version: "2.5", path: null }]);
    expect(plan.fetch).toEqual([{ name: "tool", version: "2.5", url: "https://localhost:1/dir/tool-2.5.tar.gz" }]);
    expect(await caughtAsync(planInstall(store, requestFor("https://")))).toMatchObject({ code: "INVALID_INPUT" });
    expect((await planInstall(store, requestFor("https://localhost:1/%zz-1.tar"))).added).toHaveLength(1);
  });

  it("tells a package once that is asked for twice", async () => {
    const { world, store, sources } = await withTwo();
    world.tree({ "a-1": "new" }, sources[0]);
    const [c, url] = [world.source("c-1", { c: "" }), "https://localhost:1/tool-2.5.tar.gz"];
    const plan = await planInstall(store, { ...requestFor(c, c, sources[0], sources[0], url, url), priority: 3 });
    expect(plan.added.map(({ name }) => name)).toEqual(["c", "tool"]);
    expect(plan.upgraded.map(({ name }) => name)).toEqual(["a"]);
    expect(plan.fetch.map(({ name }) => name)).toEqual(["tool"]);
    expect(plan.adjusted?.map(({ name }) => name)).toEqual(["a"]);
  });

  it("is empty for what is installed already", async () => {
    const { store, sources } = await withTwo();
    expect(await planInstall(store, requestFor(...sources))).toMatchObject({ added: [], upgraded: [], fetch: [] });
  });

  it("tells a conflict of objects that are in the store", async () => {
    const { world, store } = await withTwo();
    const [x, y] = ["x", "y"].map((name) => world.source(`${name}-1`, { file: name })) as [string, string];
    await installFrom(store, x);
    await removeNames(store, "x");
    await installFrom(store, y);
    expect(await caughtAsync(planInstall(store, requestFor(x)))).toMatchObject({ code: "CONFLICT" });
    const { priority } = { priority: 1 };
    expect(await planInstall(store, { ...requestFor(x), priority })).toMatchObject({ added: [{ name: "x" }] });
  });

  it("tells a conflict with what is not in the store yet, a directory or an archive, as the install would", async () => {
    const { world, store } = await withTwo();
    await installFrom(store, world.source("x-1", { "bin/tool": "x", "share/same": "same" }));
    const directory = world.source("y-1", { "bin/tool": "y", "share/same": "same" });
    const archive = `${directory}.tar`;
    spawnSync("tar", ["-cf", archive, "-C", directory, "."]);
    for (const from of [directory, archive]) {
      const before = stateOf(store);
      const told = await caughtAsync(planInstall(store, requestFor(from)));
      expect(stateOf(store)).toEqual(before);
      expect(told).toMatchObject({ code: "CONFLICT", message: expect.stringMatching(/ at\n {2}bin\/tool$/) });
      expect(await planInstall(store, { ...requestFor(from), priority: 3 })).toMatchObject({ added: [{ name: "y" }] });
    }
    const told = (await caughtAsync(planInstall(store, requestFor(directory)))) as StoreError;
    expect(await caughtAsync(install(store, requestFor(directory)))).toMatchObject({
      message: told.message,
      hint: told.hint,
    });
    const same = requestFor(world.source("z-1", { "share/same": "same" }));
    expect(await planInstall(store, same)).toMatchObject({ added: [{ name: "z" }] });
  });

  it("needs no profile, and makes none", async () => {
    const { world, store } = await withTwo();
    const profile = "other" as typeof DEFAULT;
    const plan = await planInstall(store, { ...requestFor(world.source("c-1", { c: "" })), profile });
    expect(plan).toMatchObject({ profile, from: 0, added: [{ name: "c" }] });
    expect(readdirSync(store.layout.profiles)).toEqual(["default"]);
  });

  it("fails as the install would", async () => {
    const { store } = await withTwo();
    expect(await caughtAsync(planInstall(store, requestFor("/nowhere/x")))).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the plan of an upgrade", () => {
  it("is what the upgrade then does", async () => {
    const { world, store, sources } = await withTwo();
    world.tree({ "a-1": "new" }, sources[0]);
    const before = stateOf(store);
    const plan = await planUpgrade(store, forUpgrade());
    expect(stateOf(store)).toEqual(before);
    expect(plan.upgraded).toMatchObject([{ name: "a", from: { version: "1" }, to: { version: "1" } }]);
    const { upgrade } = await import("../../../src/operations/profiles/upgrade.ts");
    expect((await upgrade(store, forUpgrade())).upgraded).toEqual(plan.upgraded);
    expect((await planUpgrade(store, forUpgrade())).upgraded).toEqual([]);
  });

  it("tells a conflict, as the upgrade would", async () => {
    const { world, store, sources } = await withTwo();
    world.tree({ "b-1": "another" }, sources[0]);
    const before = stateOf(store);
    const told = (await caughtAsync(planUpgrade(store, forUpgrade()))) as StoreError;
    expect(stateOf(store)).toEqual(before);
    const { upgrade } = await import("../../../src/operations/profiles/upgrade.ts");
    const { code, message, hint } = (await caughtAsync(upgrade(store, forUpgrade()))) as StoreError;
    expect(told).toMatchObject({ code: "CONFLICT", message: expect.stringMatching(/ at\n {2}b-1$/) });
    expect({ code, message, hint }).toMatchObject({ code: told.code, message: told.message, hint: told.hint });
  });

  it("refuses names that are not installed", async () => {
    const { store } = await withTwo();
    expect(await caughtAsync(planUpgrade(store, forUpgrade("z")))).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the plan of a removal", () => {
  it("is what the removal then does", async () => {
    const { store } = await withTwo();
    const before = stateOf(store);
    const plan = planRemove(store, { profile: DEFAULT, names: ["b"] });
    expect(stateOf(store)).toEqual(before);
    expect(plan).toMatchObject({ added: [], upgraded: [], fetch: [], build: [] });
    expect((await removeNames(store, "b")).removed).toEqual(plan.removed);
  });

  it("tells a conflict of what the removed package hid, as the removal would", async () => {
    const { world, store } = await withTwo();
    const [top, x, y] = ["top", "x", "y"].map((name) => world.source(`${name}-1`, { file: name })) as string[];
    await install(store, { ...requestFor(top as string), priority: 1 });
    await installFrom(store, x as string, y as string);
    const told = caught(() => planRemove(store, { profile: DEFAULT, names: ["top"] })) as StoreError;
    const { message, hint } = (await caughtAsync(removeNames(store, "top"))) as StoreError;
    expect(told).toMatchObject({ code: "CONFLICT", message, hint });
    expect(planRemove(store, { profile: DEFAULT, names: ["top", "x"] }).removed).toHaveLength(2);
  });

  it("refuses names that are not installed", async () => {
    const { store } = await withTwo();
    expect(caught(() => planRemove(store, { profile: DEFAULT, names: ["z"] }))).toMatchObject({ code: "NOT_FOUND" });
  });
});

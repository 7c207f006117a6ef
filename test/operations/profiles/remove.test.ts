import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { objectPath } from "../../../src/store/layout.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  installFrom,
  liveFiles,
  logTypes,
  makeProfileWorld,
  profileDirectory,
  removeNames,
} from "../../helpers/profile-worlds.ts";

async function withThree() {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, ...["alpha", "beta", "gamma"].map((name) => world.source(`${name}-1`, { [name]: name })));
  return { world, store };
}

describe("remove", () => {
  it("takes packages out as one change and keeps their objects", async () => {
    const { store } = await withThree();
    const change = await removeNames(store, "gamma", "alpha");
    expect(change).toMatchObject({ from: 1, to: 2, changed: true, added: [], upgraded: [] });
    expect(change.removed.map(({ name }) => name)).toEqual(["alpha", "gamma"]);
    expect(liveFiles(store)).toEqual({ beta: "beta" });
    for (const { path } of change.removed) expect(existsSync(objectPath(store.layout, path))).toBe(true);
    expect(brokenRules(store)).toEqual([]);
  });

  it("gives an empty profile when everything goes", async () => {
    const { store } = await withThree();
    await removeNames(store, "alpha", "beta", "gamma");
    expect(liveFiles(store)).toEqual({});
    expect(brokenRules(store)).toEqual([]);
  });

  it("names all that are not installed, guesses what was meant, and removes none", async () => {
    const { store } = await withThree();
    const before = profileDirectory(store);
    const error = await caughtAsync(removeNames(store, "betta", "alpha", "delta"));
    expect(error).toMatchObject({
      code: "NOT_FOUND",
      message: "not installed in profile 'default': betta, delta",
      hint: expect.stringContaining("Did you mean 'beta'?"),
      details: { missing: ["betta", "delta"] },
    });
    expect(profileDirectory(store)).toEqual(before);
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
  });

  it("folds again what two packages shared", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const [a, b] = ["a", "b"].map((name) => world.source(`${name}-1`, { [`bin/${name}`]: name })) as [string, string];
    const alone = await installFrom(store, a);
    await installFrom(store, b);
    const again = await removeNames(store, "b");
    const paths = [alone.to, again.to].map((number) => profileDirectory(store)[`gen-${number}`]);
    expect(paths[0]).toBe(paths[1]);
  });
});

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/operations/open-store.ts";
import type { Store } from "../../src/store/open-store.ts";
import { thawStore } from "../helpers/frozen-store.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { filesIn } from "../helpers/profile-worlds.ts";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";

const FIRST = { "bin/greet": "#!/bin/sh\necho hello\n", same: "same\n", "share/doc/greet": "The first.\n" };

async function thawed(): Promise<{ readonly world: StoreWorld; readonly store: Store }> {
  const world = makeStoreWorld();
  thawStore("format-1", world.root);
  return { world, store: await openStore({ root: world.root, env: {} }) };
}

describe("a store that the first version wrote (format 1)", () => {
  it("opens, and everything in it is whole", async () => {
    const { world, store } = await thawed();
    expect(brokenRules(store)).toEqual([]);
    expect(world.done("list", "--json").json()).toMatchObject([
      { name: "greet", version: "2.0" },
      { name: "words", version: "1.0" },
    ]);
    const generations = world
      .done("generations", "--json")
      .json<{ generation: number; current: boolean; pinned: boolean }[]>();
    expect(generations.map(({ generation }) => generation)).toEqual([0, 1, 2, 3, 4]);
    expect(generations.filter(({ current }) => current)).toMatchObject([{ generation: 3 }]);
    expect(generations.filter(({ pinned }) => pinned)).toMatchObject([{ generation: 2 }]);
  });

  it("can be switched to each of its generations, and its programs run", async () => {
    const { world, store } = await thawed();
    const live = join(store.layout.profiles, "default/current");
    for (const number of [0, 1, 2, 3, 4]) {
      world.done("switch", `gen-${number}`);
      if (number === 1) expect(filesIn(live)).toEqual(FIRST);
      if (number === 2) expect(execFileSync(join(live, "bin/words"), { encoding: "utf8" })).toBe("one\ntwo\n");
      expect(brokenRules(store)).toEqual([]);
    }
    expect(filesIn(live)).toMatchObject({ "bin/greet": "#!/bin/sh\necho good day\n" });
  });

  it("goes on: packages that it has already are reused, and new ones come on top", async () => {
    const { world, store } = await thawed();
    const source = world.source("greet-1.0", { ...FIRST, "bin/greet": { exec: FIRST["bin/greet"] } });
    expect(world.done("add", source, "--json").json()).toMatchObject({ reused: true });
    expect(world.done("install", world.source("more-1", { more: "more" }), "--json").json()).toMatchObject({ to: 5 });
    expect(brokenRules(store)).toEqual([]);
  });

  it("is refused when its format is higher than this program knows, and nothing is changed (invariant 14)", async () => {
    const { world } = await thawed();
    const file = join(world.root, "store.json");
    const newer = readFileSync(file, "utf8").replace('"format": 1', '"format": 2');
    writeFileSync(file, newer);
    for (const words of [["list"], ["switch", "gen-1"], ["install", world.source("more-1", { more: "more" })]]) {
      const { status, stderr } = world.run([...words, "--json"]);
      expect(status).toBe(1);
      expect(JSON.parse(stderr)).toMatchObject({
        error: { code: "NEWER_FORMAT", hint: expect.stringMatching(/newer version/) },
      });
    }
    writeFileSync(file, newer.replace('"format": 2', '"format": 1'));
    expect(brokenRules(await openStore({ root: world.root, env: {} }))).toEqual([]);
    expect(world.done("generations", "--json").json()).toHaveLength(5);
  });
});

import { join } from "node:path";
import { expect, it } from "vitest";
import { writeSetting } from "../../src/store/config-file.ts";
import { hasObject } from "../../src/store/manifests.ts";
import { makeBuildWorld } from "../helpers/build-world.ts";
import { addTree } from "../helpers/worlds.ts";

/** A package whose build finds the disk full the first time, or always, and an object that nothing keeps. */
async function worldWithFullDisk({ always = false } = {}) {
  const world = makeBuildWorld({ memory: true });
  const store = await world.buildStore();
  const mark = join(world.directory, "tried");
  const full = "echo 'cp: error writing: No space left on device'; exit 1";
  const phase = always ? full : `if [ ! -e ${mark} ]; then touch ${mark}; ${full}; fi`;
  world.recipe("big", `build: script\nphases:\n  build: |\n    ${phase}\n  install: mkdir "$out"; touch "$out/big"\n`);
  const dead = await addTree(store, { dead: "dead" }, { name: "dead" });
  return { world, store, dead: dead.manifest.path };
}

const UNBOXED = { sandbox: "off" } as const;

it("a build that finds the disk full starts a collection and is tried again", async () => {
  const { world, store, dead } = await worldWithFullDisk();
  await writeSetting(store, { key: "gc.min-free", text: "1" });
  const { built, warnings } = await world.build(store, "big", UNBOXED);
  expect([built[0]?.built, hasObject(store, dead)]).toEqual([true, false]);
  expect(warnings.join("\n")).toMatch(/built once more/);
});

it("once, and only when something was freed and the settings ask for it", async () => {
  const { world, store, dead } = await worldWithFullDisk({ always: true });
  expect((await world.failure(store, "big", UNBOXED)).error).toMatchObject({ code: "BUILD_FAILED" });
  expect(hasObject(store, dead)).toBe(true);
  await writeSetting(store, { key: "gc.min-free", text: "1" });
  const tried = await world.failure(store, "big", UNBOXED);
  expect([tried.error.code, hasObject(store, dead)]).toEqual(["BUILD_FAILED", false]);
  const again = await world.failure(store, "big", UNBOXED);
  expect(again.started).toEqual(["big"].map((name) => expect.stringContaining(name)));
  expect(JSON.stringify(again.events)).not.toContain("built once more");
});

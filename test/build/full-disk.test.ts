import { join } from "node:path";
import { expect, it } from "vitest";
import { buildFailure } from "../../src/build/build-failure.ts";
import type { BuildLog } from "../../src/build/build-log.ts";
import type { PlannedPackage } from "../../src/build/build-plan.ts";
import type { DerivationKey } from "../../src/model/derivation.ts";
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

it("a log that the disk had no room for is not offered", async () => {
  const world = makeBuildWorld({ memory: true });
  const store = await world.buildStore();
  const log = (isWhole: boolean): BuildLog => ({
    write: () => {},
    tail: () => ["the end"],
    count: () => 1,
    close: () => {},
    isWhole: () => isWhole,
  });
  const planned = { id: "big@1", name: "big", version: "1" } as PlannedPackage;
  const failure = (isWhole: boolean) =>
    buildFailure(store, {
      job: { planned, key: "0".repeat(64) as DerivationKey, visible: [], limits: {} },
      result: { exitCode: 1, signal: null, reason: "exited", durationMs: 1 },
      log: log(isWhole),
      phase: "build",
      failing: "false",
      made: "nothing",
    });
  expect(failure(true).hint).toContain("`store log-of big@1` shows the log");
  expect(failure(false).message).toContain("no whole log was kept: the disk was full");
  expect(failure(false).hint).not.toContain("log-of");
  expect(failure(false).hint).toMatch(/^Make room on the disk/);
});

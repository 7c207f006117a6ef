import { expect, it, vi } from "vitest";
import { gc } from "../../../src/operations/collection/gc.ts";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { listGenerations, readProfile } from "../../../src/store/profiles.ts";
import { useChangeDriver } from "../../helpers/change-driver.ts";
import { killEverywhere } from "../../helpers/kill-everywhere.ts";
import { brokenObjects, brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, installFrom, liveFiles, makeProfileWorld } from "../../helpers/profile-worlds.ts";

// Hundreds of processes: on a machine with other work that takes its time.
vi.setConfig({ testTimeout: 900_000 });

const driver = useChangeDriver();

/** Two generations that are gone, whose packages nothing keeps, and one that is live. */
async function worldWithRubbish(options: { readonly deleted: boolean }) {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const version of ["1", "2", "3"])
    await installFrom(store, world.source(`a-${version}`, { "bin/a": `a${version}`, [`share/${version}`]: "same" }));
  if (options.deleted) await deleteGenerations(store, DEFAULT, { patterns: ["1,2"] });
  return { world, store, files: liveFiles(store) };
}

it("a collection that is killed at any call leaves every valid object whole, and the next one ends its work (invariants 16 and 17)", async () => {
  const { world, store, files } = await worldWithRubbish({ deleted: true });
  const count = await killEverywhere({ world, driver, store, step: { do: "gc" }, before: files, after: files });
  expect(count.kills).toBeGreaterThan(40);
  for (const killAt of [10, 25, 40]) {
    await installFrom(store, world.source(`b-${killAt}`, { b: `${killAt}` }));
    await installFrom(store, world.source("b-0", { b: "0" }));
    await deleteGenerations(store, DEFAULT, { patterns: ["+1"] });
    driver.run({ root: world.root, steps: [{ do: "gc" }], killAt });
    expect(brokenObjects(store)).toEqual([]);
    await gc(store);
    const left = await gc(store, { dryRun: true });
    expect(left).toMatchObject({ deleted: [], freedBytes: 0, freedInodes: 0 });
  }
  expect(brokenRules(store)).toEqual([]);
});

it("a deletion of generations that is killed at any call is completed by the next command, or never began (invariant 18)", async () => {
  const { world, store, files } = await worldWithRubbish({ deleted: false });
  const step = { do: "delete-generations", patterns: ["1,2"] } as const;
  const count = await killEverywhere({ world, driver, store, step, before: files, after: files });
  expect(count.kills).toBeGreaterThan(10);
  expect(listGenerations(store, readProfile(store, DEFAULT))).toEqual([0, 3]);
});

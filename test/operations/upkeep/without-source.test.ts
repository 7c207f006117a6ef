import { mkdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { pinsFile } from "../../../src/store/layout.ts";
import { readPins } from "../../../src/store/pins.ts";
import { DEFAULT, installFrom, makeProfileWorld } from "../../helpers/profile-worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/" };

async function withTwo() {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const name of ["a", "b"]) await installFrom(store, world.source(`${name}-1`, { [name]: name }));
  return store;
}

it("a generation that nothing tells of any more is told with how to do without it, and that works", async () => {
  const store = await withTwo();
  writeFileSync(join(store.layout.profiles, "default/gen-1.json"), "{");
  rmSync(store.layout.log, { recursive: true });
  expect((await repair(store, REQUEST)).damaged).toMatchObject([
    { subject: "default/gen-1", outcome: { hint: expect.stringContaining("store generations delete 1") } },
  ]);
  await deleteGenerations(store, DEFAULT, { patterns: ["1"] });
  expect((await verify(store, REQUEST)).damaged).toEqual([]);
});

it("pins that neither their file nor the log tells of any more are told with how to do without them", async () => {
  const store = await withTwo();
  const pins = pinsFile(store.layout, DEFAULT);
  writeFileSync(pins, "{");
  rmSync(store.layout.log, { recursive: true });
  expect((await repair(store, REQUEST)).damaged).toMatchObject([
    { kind: "pins", outcome: { hint: expect.stringContaining(`move ${pins} away`) } },
  ]);
  unlinkSync(pins);
  expect((await verify(store, REQUEST)).damaged).toEqual([]);
  await pin(store, DEFAULT, { selector: "gen-1", pinned: true });
  expect(readPins(store, DEFAULT).generations).toEqual(new Set([1]));
});

it("a record of a link that is none is told with how to forget it", async () => {
  const store = await withTwo();
  mkdirSync(join(store.layout.roots, "links", "a".repeat(32)), { recursive: true });
  expect((await repair(store, REQUEST)).damaged).toMatchObject([
    { kind: "root", outcome: { hint: expect.stringContaining("store root remove FILE") } },
  ]);
});

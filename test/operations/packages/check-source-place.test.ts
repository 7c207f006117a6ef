import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkSourcePlace } from "../../../src/operations/packages/check-source-place.ts";
import { openStoreAt } from "../../../src/store/open-store.ts";
import { caught, caughtAsync } from "../../helpers/caught.ts";
import { DEFAULT, installFrom, makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { fakeContext, makeWorld } from "../../helpers/worlds.ts";

test("a tree that holds the store, or is one of its own directories, is refused at once, also through a link", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  const { root, temporary, sources, storeDir, log } = store.layout;
  const link = join(world.directory, "link");
  symlinkSync(world.directory, link);
  for (const path of [world.directory, root, link, "/", temporary, sources, storeDir, log, join(link, "s/files/00")]) {
    expect(
      caught(() => checkSourcePlace(store, path)),
      path,
    ).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(/contains the store|is a part of the store/),
      hint: expect.stringMatching(/\.$/),
    });
  }
  expect(await caughtAsync(installFrom(store, world.directory))).toMatchObject({ code: "INVALID_INPUT" });
});

test("what only has a name like it, a part of an object, and what a repair put aside can be added", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { "share/a/text": "a" }));
  const { root, aside, profiles } = store.layout;
  for (const path of [`${root}-beside`, aside]) mkdirSync(path);
  for (const path of [`${root}-beside`, aside, join(profiles, DEFAULT, "current/share/a")])
    checkSourcePlace(store, path);
});

test("so is a tree that holds the administration", async () => {
  const world = makeWorld();
  const adminDir = join(world.directory, "there/admin");
  const store = await openStoreAt({ root: join(world.directory, "s"), adminDir, context: fakeContext() });
  expect(caught(() => checkSourcePlace(store, join(world.directory, "there")))).toMatchObject({
    message: expect.stringContaining("contains the administration of the store"),
  });
});

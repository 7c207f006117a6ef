import { statSync, truncateSync } from "node:fs";
import { expect, it } from "vitest";
import type { BaseName } from "../../../src/model/ids.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { fileListPath, manifestPath } from "../../../src/store/layout.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { openStoreAt } from "../../../src/store/open-store.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { DEFAULT, installFrom, makeProfileWorld } from "../../helpers/profile-worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/", contents: true };

async function withOne() {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  return store;
}

it.each(["manifest", "file list"])("a %s that is larger than any text is damaged, and made anew", async (what) => {
  const store = await withOne();
  const [object] = listObjects(store).filter((name) => name.endsWith("-a-1"));
  const path = (what === "manifest" ? manifestPath : fileListPath)(store.layout, object as BaseName);
  truncateSync(path, 3 * 2 ** 30);
  expect((await verify(store, REQUEST)).damaged).toMatchObject([{ object }]);
  expect((await repair(store, REQUEST)).damaged).toEqual([]);
  expect(statSync(path).size).toBeLessThan(10_000);
});

it("a store.json that is larger than any text is damaged, with what to do", async () => {
  const { layout, context } = await withOne();
  truncateSync(layout.storeFile, 3 * 2 ** 30);
  expect(await caughtAsync(openStoreAt({ root: layout.root, context }))).toMatchObject({
    code: "DAMAGED",
    hint: expect.stringContaining("docs/verify.md"),
  });
});

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { gc } from "../../../src/operations/collection/gc.ts";
import { addRoot } from "../../../src/operations/collection/roots.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { manifestPath } from "../../../src/store/layout.ts";
import { hasObject, readManifest } from "../../../src/store/manifests.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { DEFAULT } from "../../helpers/profile-worlds.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

/** `app` needs `lib`; a change of a member of the manifest of `app` that every form allows. */
async function withChanged(change: object) {
  const store = await makeWorld({ memory: true }).store();
  const lib = await addTree(store, { lib: "lib" }, { name: "lib" });
  const app = await addTree(store, { app: lib.path }, { name: "app" });
  await addRoot(store, { object: app.manifest.path });
  const path = manifestPath(store.layout, app.manifest.path);
  writeFileSync(`${path}.new`, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
  renameSync(`${path}.new`, path);
  return { store, lib: lib.manifest.path, app: app.manifest.path };
}

it.each<[string, object]>([
  ["a reference", { references: [] }],
  ["the time", { created: "2020-01-01T00:00:00.000Z" }],
  ["the origin", { origin: { kind: "npm", spec: "npm:other" } }],
])("%s of a manifest that was changed is found, and repaired from the object's bytes", async (_, change) => {
  const { store, lib, app } = await withChanged(change);
  const found = await verify(store, { profile: DEFAULT, cwd: "/" });
  expect(found.damaged.map(({ kind, object }) => [kind, object])).toEqual([["damaged-manifest", app]]);
  // What it needs is not known, so nothing may go.
  expect(await caughtAsync(gc(store))).toMatchObject({ code: "DAMAGED" });
  expect(hasObject(store, lib)).toBe(true);
  await repair(store, { profile: DEFAULT, cwd: "/" });
  expect(readManifest(store, app).references).toEqual([lib]);
  expect((await verify(store, { profile: DEFAULT, cwd: "/" })).damaged).toEqual([]);
  expect((await gc(store)).deleted).toEqual([]);
});

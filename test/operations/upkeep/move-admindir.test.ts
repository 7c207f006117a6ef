import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { BaseName } from "../../../src/model/ids.ts";
import { addRoot } from "../../../src/operations/collection/roots.ts";
import { packagePath } from "../../../src/operations/packages/package-path.ts";
import { shellEnvironment } from "../../../src/operations/profiles/shell-environment.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { currentPath, objectPath } from "../../../src/store/layout.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { openStoreAt } from "../../../src/store/open-store.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { DEFAULT, goBack, installFrom, liveFiles, logRecords, makeProfileWorld } from "../../helpers/profile-worlds.ts";

async function withTwo() {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const name of ["a", "b"]) await installFrom(store, world.source(`${name}-1`, { [name]: name }));
  return { world, store };
}

it("another admindir than a store has is refused with the way to move it, and that way works", async () => {
  const { world, store } = await withTwo();
  const { root, storeFile } = store.layout;
  const adminDir = join(world.directory, "admin");
  const open = () => openStoreAt({ root, adminDir, context: store.context });
  expect(await caughtAsync(open())).toMatchObject({
    code: "UNSAFE",
    hint: expect.stringMatching(/leave out --admindir.*mv .*"adminDir" into .*store\.json.*store verify --repair/),
  });
  const [object = ""] = listObjects(store).filter((name) => name.endsWith("-a-1"));
  await addRoot(store, { object: object as BaseName });
  mkdirSync(adminDir);
  for (const name of ["log", "profiles", "roots", "index"]) renameSync(join(root, name), join(adminDir, name));
  const file = JSON.parse(readFileSync(storeFile, "utf8"));
  writeFileSync(storeFile, JSON.stringify({ ...file, adminDir }));
  const moved = await open();
  await repair(moved, { profile: DEFAULT, cwd: world.directory });
  expect(realpathSync(join(adminDir, "roots/named/a-1"))).toBe(objectPath(moved.layout, object as BaseName));
  expect(await verify(moved, { profile: DEFAULT, cwd: world.directory })).toMatchObject({ damaged: [] });
  expect(liveFiles(moved)).toEqual({ a: "a", b: "b" });
  await goBack(moved);
  expect(liveFiles(moved)).toEqual({ a: "a" });
  expect(logRecords(moved).at(-1)).toMatchObject({ tx: 3 });
});

it("an admindir that is not there is told as such, unless there is nothing that it could tell of", async () => {
  const world = makeProfileWorld();
  const { context } = await world.open();
  const [root, adminDir] = [join(world.directory, "with-admin"), join(world.directory, "admin")];
  const open = () => openStoreAt({ root, context });
  await openStoreAt({ root, adminDir, context });
  rmSync(adminDir, { recursive: true });
  const store = await open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  renameSync(adminDir, `${adminDir}-elsewhere`);
  expect(await caughtAsync(open())).toMatchObject({
    code: "DAMAGED",
    message: expect.stringContaining(`there is no ${adminDir}`),
    hint: expect.stringMatching(/mounting it.*"adminDir" into .*store\.json/),
  });
  expect(existsSync(adminDir)).toBe(false);
});

it("the path of the profile is the link in the instdir, once that is there", async () => {
  const { world, store } = await withTwo();
  const instDir = join(world.directory, "opt");
  const wanted = { ...store, context: { ...store.context, instDir } };
  expect(packagePath(wanted, DEFAULT)).toBe(currentPath(store.layout, DEFAULT));
  await goBack(wanted);
  const link = join(instDir, "default");
  expect(readlinkSync(link)).toBe(currentPath(store.layout, DEFAULT));
  expect(packagePath(wanted, DEFAULT)).toBe(link);
  expect(shellEnvironment(wanted, DEFAULT)[0]?.directories).toContain(join(link, "bin"));
  expect(packagePath(store, DEFAULT)).toBe(currentPath(store.layout, DEFAULT));
  unlinkSync(link);
  expect(packagePath(wanted, DEFAULT)).toBe(currentPath(store.layout, DEFAULT));
});

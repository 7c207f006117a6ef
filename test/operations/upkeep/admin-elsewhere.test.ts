import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BaseName } from "../../../src/model/ids.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { addRoot, removeRoot } from "../../../src/operations/collection/roots.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { objectPath } from "../../../src/store/layout.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { openStoreAt } from "../../../src/store/open-store.ts";
import { DEFAULT, installFrom, makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { makeWorld } from "../../helpers/worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/" };

/** The administration lies on the disk, the objects in memory where the system has such a filesystem. */
async function withAdminElsewhere() {
  const world = makeProfileWorld();
  const adminDir = join(makeWorld().directory, "admin");
  const { context } = await world.open();
  const store = await openStoreAt({ root: join(world.directory, "with-admin"), adminDir, context });
  await installFrom(store, world.source("a-1", { a: "a" }));
  const [object = ""] = listObjects(store).filter((name) => name.endsWith("-a-1"));
  return { world, store, adminDir, object: object as BaseName };
}

describe("with the administration on another filesystem", () => {
  it("roots are kept by name and by a link, and forgotten", async () => {
    const { world, store, adminDir, object } = await withAdminElsewhere();
    await addRoot(store, { object });
    const link = join(world.directory, "result");
    await addRoot(store, { object, link });
    expect(readlinkSync(join(adminDir, "roots/named/a-1"))).toBe(objectPath(store.layout, object));
    expect(readlinkSync(link)).toBe(objectPath(store.layout, object));
    expect((await verify(store, REQUEST)).damaged).toEqual([]);
    removeRoot(store, { root: "a-1", cwd: "/" });
    removeRoot(store, { root: link, cwd: "/" });
    await gc(store);
    expect(readdirSync(join(adminDir, "roots/tmp"))).toEqual([]);
  });

  it("what a killed process left in the roots goes when the next one is given", async () => {
    const { store, adminDir, object } = await withAdminElsewhere();
    const left = join(adminDir, "roots/tmp/0123456789abcdef");
    mkdirSync(left, { recursive: true });
    writeFileSync(`${left}.lock`, "");
    await addRoot(store, { object });
    expect(readdirSync(join(adminDir, "roots/tmp"))).toEqual([]);
  });

  it("a repair keeps aside what does not belong there, on that filesystem", async () => {
    const { store, adminDir } = await withAdminElsewhere();
    unlinkSync(join(adminDir, "log/000001.jsonl"));
    mkdirSync(join(adminDir, "log/000001.jsonl"));
    mkdirSync(join(adminDir, "profiles/not a profile"));
    rmSync(join(adminDir, "roots"), { recursive: true });
    writeFileSync(join(adminDir, "roots"), "");
    await repair(store, REQUEST);
    const kept = readdirSync(join(adminDir, "aside")).flatMap((room) => readdirSync(join(adminDir, "aside", room)));
    expect(kept.sort()).toEqual(["000001.jsonl", "not a profile", "roots"]);
    expect(statSync(join(adminDir, "log/000001.jsonl")).isFile()).toBe(true);
  });
});

it("a directory among the profiles that cannot be one is found, and kept aside by a repair", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  mkdirSync(join(store.layout.profiles, "not a profile"));
  expect((await verify(store, REQUEST)).damaged).toMatchObject([{ kind: "stray", subject: "profiles/not a profile" }]);
  expect(await repair(store, REQUEST)).toMatchObject({ damaged: [], repaired: [{ kind: "stray" }] });
  expect((await verify(store, REQUEST)).damaged).toEqual([]);
  await gc(store);
});

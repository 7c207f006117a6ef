import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { BaseName } from "../../../src/model/ids.ts";
import { deleteObjects } from "../../../src/operations/collection/delete-objects.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { addRoot } from "../../../src/operations/collection/roots.ts";
import { why } from "../../../src/operations/collection/why.ts";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { fileListPath, generationFile, leasesPath, manifestPath, namedRootPath } from "../../../src/store/layout.ts";
import { openLease } from "../../../src/store/leases.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { canonicalView } from "../../../src/store/twins.ts";
import { writeFileAtomic } from "../../../src/system/atomic-file.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { roomOf } from "../../helpers/collected.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, generation, installFrom, logRecords, makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

/** `app` needs `lib`, which needs `base`; `other` shares a file with `lib`. */
async function chain() {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const base = await addTree(store, { base: "base" }, { name: "base" });
  const lib = await addTree(store, { lib: base.path, same: "same in both" }, { name: "lib" });
  const app = await addTree(store, { "bin/app": { exec: `#!/bin/sh\n# ${lib.path}\n` } }, { name: "app" });
  const other = await addTree(store, { other: "other", same: "same in both" }, { name: "other" });
  const names = { base, lib, app, other };
  const left = () =>
    listObjects(store)
      .map((name) => name.slice(33).replace(/-1\.0$/, ""))
      .sort();
  return { world, store, ...names, left };
}

test("what a root keeps stays, with all that it needs; the rest goes, and the room is told to the byte", async () => {
  const { store, lib, other, app, left } = await chain();
  await addRoot(store, { object: lib.manifest.path });
  const before = roomOf(store);
  const told = await gc(store, { dryRun: true });
  expect([left().length, roomOf(store)]).toEqual([4, before]);
  const done = await gc(store);
  expect(done).toEqual({ ...told, dryRun: false });
  expect(left()).toEqual(["base", "lib"]);
  expect(new Set(done.deleted)).toEqual(new Set([app.path, other.path]));
  const after = roomOf(store);
  expect({ bytes: before.bytes - after.bytes, inodes: before.inodes - after.inodes }).toEqual({
    bytes: done.freedBytes,
    inodes: done.freedInodes,
  });
  expect(done).toMatchObject({ left: 2, generations: [] });
  expect(logRecords(store).at(-1)?.event).toMatchObject({ type: "gc", deleted: 2, freedBytes: done.freedBytes });
  expect(await gc(store)).toMatchObject({ deleted: [], freedBytes: 0, freedInodes: 0, left: 2 });
});

test("nothing is left of objects that are gone: manifests, lists, twins, files of the pool, trash, leases", async () => {
  const { store, app, left } = await chain();
  canonicalView(store, app.manifest.path);
  expect(statSync(store.layout.twins).mode & 0o777).toBe(0o700);
  const before = roomOf(store);
  const told = await gc(store, { dryRun: true });
  const done = await gc(store);
  expect(left()).toEqual([]);
  const { storeDir, manifests, trash, twins, temporary } = store.layout;
  expect([storeDir, manifests, trash, twins, temporary].flatMap((path) => readdirSync(path))).toEqual([]);
  expect(readdirSync(store.layout.files).flatMap((part) => readdirSync(join(store.layout.files, part)))).toEqual([]);
  expect(readdirSync(leasesPath(store.layout))).toEqual([]);
  expect([done.freedBytes, done.freedInodes]).toEqual([told.freedBytes, told.freedInodes]);
  expect(before.bytes - roomOf(store).bytes).toBe(done.freedBytes);
});

test("a disk that has no room for a directory in the trash is collected all the same", async () => {
  const { store, app, lib, left } = await chain();
  await addRoot(store, { object: lib.manifest.path });
  canonicalView(store, app.manifest.path);
  patchFs("mkdirSync", (original) => (path: string, options: object) => {
    if (path.startsWith(`${store.layout.trash}/`)) throw errno("ENOSPC");
    return original(path, options);
  });
  await gc(store);
  expect(left()).toEqual(["base", "lib"]);
  const { storeDir, trash, twins, temporary } = store.layout;
  expect([storeDir, trash, twins, temporary].map((path) => readdirSync(path).length)).toEqual([2, 0, 0, 0]);
});

test("every object that is deleted comes before what it needs", async () => {
  const { store } = await chain();
  const { deleted } = await gc(store, { dryRun: true });
  const names = deleted.map((path) =>
    basename(path)
      .slice(33)
      .replace(/-1\.0$/, ""),
  );
  expect(names.indexOf("app")).toBeLessThan(names.indexOf("lib"));
  expect(names.indexOf("lib")).toBeLessThan(names.indexOf("base"));
});

test("what a command has a lease on stays, with all that it needs (invariant 19)", async () => {
  const { store, lib, left } = await chain();
  const lease = openLease(store);
  await lease.hold([lib.manifest.path]);
  await gc(store);
  expect(left()).toEqual(["base", "lib"]);
  lease[Symbol.dispose]();
  await gc(store);
  expect(left()).toEqual([]);
});

test("limits stop it as soon as they are met, and the dry run tells where (invariant 20)", async () => {
  const { store, left } = await chain();
  for (const request of [{ untilFree: 2 ** 50 }, { freeInodes: 2 ** 50 }, { untilFree: 2 ** 50, freeInodes: 1 }])
    expect((await gc(store, { ...request, dryRun: true })).deleted).toHaveLength(4);
  const capped = await gc(store, { untilFree: 2 ** 50, maxFreed: 1, dryRun: true });
  expect(capped.deleted).toHaveLength(1);
  const told = await gc(store, { maxFreed: 1, dryRun: true });
  const done = await gc(store, { maxFreed: 1 });
  expect(done).toEqual({ ...told, dryRun: false });
  expect(left()).toHaveLength(3);
  expect(await gc(store, { untilFree: 1 })).toMatchObject({ deleted: [] });
  expect(await gc(store, { freeInodes: 1 })).toMatchObject({ deleted: [] });
  expect(left()).toHaveLength(3);
});

test("leftovers of killed processes go, and are in the account", async () => {
  const { store, app, lib, base, other } = await chain();
  for (const { manifest } of [app, lib, base, other]) await addRoot(store, { object: manifest.path });
  const { layout } = store;
  mkdirSync(join(layout.temporary, "0123456789abcdef"));
  writeFileSync(join(layout.temporary, "0123456789abcdef", "x"), "x".repeat(5000));
  writeFileSync(join(layout.temporary, "0123456789abcdef.lock"), '{"pid":1}');
  mkdirSync(join(layout.trash, "old"));
  writeFileSync(join(layout.trash, "old", "x"), "x");
  const orphan = `${"a".repeat(32)}-orphan-1` as BaseName;
  mkdirSync(join(layout.storeDir, orphan), { mode: 0o555 });
  writeFileSync(fileListPath(layout, orphan), "list");
  writeFileSync(join(layout.manifests, ".tmp-0123456789abcdef"), "half");
  const pooled = join(layout.files, "00", "0".repeat(64));
  writeFileSync(pooled, "in no object");
  const building = `${"b".repeat(32)}-building-1` as BaseName;
  mkdirSync(join(layout.storeDir, building));
  using lease = openLease(store);
  await lease.hold([building]);
  const before = roomOf(store);
  const told = await gc(store, { dryRun: true });
  const done = await gc(store);
  expect(done).toEqual({ ...told, dryRun: false });
  const after = roomOf(store);
  expect([before.bytes - after.bytes, before.inodes - after.inodes]).toEqual([done.freedBytes, done.freedInodes]);
  expect([readdirSync(layout.temporary), readdirSync(layout.trash), existsSync(pooled)]).toEqual([[], [], false]);
  expect(readdirSync(layout.storeDir)).toHaveLength(5);
  expect(existsSync(join(layout.storeDir, building))).toBe(true);
});

test("a root that cannot be read, or whose needs cannot be told, stops it before anything is deleted", async () => {
  const { store, lib, app, base, left } = await chain();
  await addRoot(store, { object: lib.manifest.path });
  const named = namedRootPath(store.layout, "lib-1.0");
  const kept = `${named}.kept`;
  linkSync(named, kept);
  unlinkSync(named);
  writeFileSync(named, "no link");
  expect(await caughtAsync(gc(store))).toMatchObject({ code: "DAMAGED" });
  unlinkSync(named);
  linkSync(kept, named);
  unlinkSync(kept);
  const manifest = manifestPath(store.layout, base.manifest.path);
  writeFileAtomic(manifest, "{");
  for (const request of [{}, { dryRun: true }])
    expect(await caughtAsync(gc(store, request))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining(base.manifest.path),
      hint: expect.stringContaining("verify"),
    });
  unlinkSync(manifest);
  expect(await caughtAsync(gc(store))).toMatchObject({ code: "DAMAGED", message: expect.stringContaining("missing") });
  expect(existsSync(app.path)).toBe(true);
  expect(left()).toEqual(["app", "lib", "other"]);
  rmSync(base.path, { recursive: true });
  await gc(store);
  expect(left()).toEqual(["lib"]);
});

test("generations keep their packages until they are deleted; the policy spares what it must", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  for (let number = 1; number <= 6; number++)
    await installFrom(store, world.source(`p-${number}`, { p: String(number) }));
  await pin(store, DEFAULT, { selector: "gen-2", pinned: true });
  expect((await gc(store)).deleted).toEqual([]);
  const told = await gc(store, { keep: 1, dryRun: true });
  expect(told.generations).toEqual([{ profile: DEFAULT, deleted: [1, 3, 4] }]);
  const done = await gc(store, { keep: 1 });
  expect(done).toEqual({ ...told, dryRun: false });
  expect(done.deleted.map((path) => basename(path).slice(33)).sort()).toEqual([
    ...["p-1", "p-3", "p-4"],
    ...Array(3).fill("profile-default"),
  ]);
  expect(brokenRules(store)).toEqual([]);
  expect(existsSync(generationFile(store.layout, DEFAULT, generation(2)))).toBe(true);
});

test("patterns delete what they mean, but never the live, a pinned or the empty generation", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  for (let number = 1; number <= 5; number++)
    await installFrom(store, world.source(`p-${number}`, { p: String(number) }));
  await pin(store, DEFAULT, { selector: "gen-2", pinned: true });
  const run = (...patterns: string[]) => deleteGenerations(store, DEFAULT, { patterns });
  for (const pattern of ["5", "2", "gen-0", "1,5"])
    expect(await caughtAsync(run(pattern))).toMatchObject({ code: "UNSAFE" });
  expect(await caughtAsync(run("9"))).toMatchObject({ code: "NOT_FOUND" });
  expect(await caughtAsync(run("x"))).toMatchObject({ code: "INVALID_INPUT" });
  const told = await deleteGenerations(store, DEFAULT, { patterns: ["..3"], dryRun: true });
  expect(told).toMatchObject({ transaction: 0, deleted: [1, 3], kept: [{ generation: 0 }, { generation: 2 }] });
  const done = await run("..3");
  expect(done).toMatchObject({ deleted: [1, 3] });
  expect(done.transaction).toBeGreaterThan(0);
  expect(await run("..3")).toMatchObject({ transaction: 0, deleted: [] });
  const collected = await gc(store);
  expect([collected.freedBytes, collected.freedInodes]).toEqual([told.freedBytes, told.freedInodes]);
  expect(brokenRules(store)).toEqual([]);
});

test("an object is deleted alone, or with what it alone needed, and never while something keeps it", async () => {
  const { store, app, lib, base, left } = await chain();
  expect(await caughtAsync(deleteObjects(store, { objects: [lib.manifest.path] }))).toMatchObject({
    code: "UNSAFE",
    hint: expect.stringContaining(`store delete ${app.manifest.path} ${lib.manifest.path}`),
  });
  await addRoot(store, { object: app.manifest.path, name: "mine" });
  expect(await caughtAsync(deleteObjects(store, { objects: [base.manifest.path] }))).toMatchObject({
    code: "UNSAFE",
    message: `${base.manifest.path} is still alive: root 'mine' → ${app.manifest.path} → ${lib.manifest.path} → ${base.manifest.path}`,
  });
  unlinkSync(namedRootPath(store.layout, "mine"));
  const told = await deleteObjects(store, { objects: [app.manifest.path], closure: true, dryRun: true });
  const done = await deleteObjects(store, { objects: [app.manifest.path], closure: true });
  expect(done).toEqual(told);
  expect(left()).toEqual(["other"]);
});

test("why tells each chain from a root to the object", async () => {
  const { store, app, lib, base } = await chain();
  expect(await why(store, base.manifest.path)).toEqual({ path: base.path, alive: false, chains: [] });
  await addRoot(store, { object: app.manifest.path, name: "long" });
  await addRoot(store, { object: lib.manifest.path, name: "short" });
  expect(await why(store, base.manifest.path)).toEqual({
    path: base.path,
    alive: true,
    chains: [
      { root: { kind: "named", name: "short" }, objects: [lib.path, base.path] },
      { root: { kind: "named", name: "long" }, objects: [app.path, lib.path, base.path] },
    ],
  });
});

test("build logs and downloads go by their own age", async () => {
  const { store } = await chain();
  const old = new Date(Date.UTC(2020, 0, 1));
  const log = join(store.layout.buildLogs, `${"1".repeat(64)}.log.gz`);
  const source = join(store.layout.sources, "sha256", "22", "2".repeat(64));
  mkdirSync(join(source, ".."), { recursive: true });
  for (const path of [log, source]) {
    writeFileSync(path, "old");
    utimesSync(path, old, old);
  }
  await gc(store);
  expect([existsSync(log), existsSync(source)]).toEqual([true, true]);
  const { writeSetting } = await import("../../../src/store/config-file.ts");
  await writeSetting(store, { key: "gc.build-logs", text: "90d" });
  await writeSetting(store, { key: "gc.sources", text: "90d" });
  const told = await gc(store, { dryRun: true });
  expect(told.freedInodes).toBe(2);
  expect((await gc(store)).freedBytes).toBe(told.freedBytes);
  expect([existsSync(log), existsSync(source), statSync(store.layout.buildLogs).isDirectory()]).toEqual([
    false,
    false,
    true,
  ]);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { parseProfileName } from "../../../src/model/ids.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { addRoot } from "../../../src/operations/collection/roots.ts";
import { lockPath, manifestPath } from "../../../src/store/layout.ts";
import { openLease } from "../../../src/store/leases.ts";
import { lockInTurn, lockObjects } from "../../../src/store/lock-objects.ts";
import { hasObject, listObjects, readManifest } from "../../../src/store/manifests.ts";
import { isHeld } from "../../../src/system/lock.ts";
import { useChangeDriver } from "../../helpers/change-driver.ts";
import { brokenObjects, brokenRules } from "../../helpers/profile-invariants.ts";
import { liveFiles, makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";
import type { Step } from "../drivers/change.ts";

vi.setConfig({ testTimeout: 600_000 });

const driver = useChangeDriver();

it("processes that install, remove, delete generations and collect all at once lose nothing (C1, C4)", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  const other = parseProfileName("other");
  const sources = Array.from({ length: 6 }, (_, number) =>
    world.source(`p${number}-1`, { [`share/${number}`]: String(number), [`lib/${number}`]: "the same everywhere" }),
  );
  // The same objects come and go in both profiles: each is made, reused and collected again and again.
  const comeAndGo = (from: readonly string[]): Step[] =>
    from.flatMap((path): Step[] => [
      { do: "install", from: [path] },
      { do: "remove", names: [path.replace(/^.*\/(p\d)-1$/, "$1")] },
      { do: "delete-generations", patterns: ["+1"] },
      { do: "install", from: [path] },
    ]);
  const collecting: Step[] = Array.from({ length: 12 }, () => ({ do: "gc" }));
  const runs = await Promise.all(
    [
      { root: world.root, steps: comeAndGo(sources) },
      { root: world.root, profile: "other", steps: comeAndGo([...sources].reverse()) },
      { root: world.root, steps: collecting },
      { root: world.root, steps: collecting },
    ].map((command) => driver.start(command).done),
  );
  expect(runs.flatMap(({ outcomes }) => outcomes.flatMap(({ error }) => error ?? []))).toEqual([]);
  expect([brokenObjects(store), brokenRules(store)]).toEqual([[], []]);
  expect(Object.keys(liveFiles(store))).toHaveLength(12);
  expect(liveFiles(store, other)).toEqual(liveFiles(store));
  for (const object of listObjects(store))
    for (const reference of readManifest(store, object).references) expect(hasObject(store, reference)).toBe(true);
  await gc(store);
  expect([brokenObjects(store), brokenRules(store)]).toEqual([[], []]);
});

it("what comes into use between two batches is spared, and so is what it needs", async () => {
  const store = await makeWorld({ memory: true }).store();
  const lib = await addTree(store, { lib: "lib" }, { name: "lib" });
  const app = await addTree(store, { app: lib.path }, { name: "app" });
  const dead = [];
  for (let number = 0; number < 130; number++) dead.push(await addTree(store, { x: String(number) }, { name: "dead" }));
  using lease = openLease(store);
  // Taken while the collection waits for its first batch: it has marked already.
  const lock = await lockInTurn(store);
  const collection = gc(store);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const held = lease.hold([app.manifest.path]);
  lock[Symbol.dispose]();
  const isValid = (await held).has(app.manifest.path);
  const { deleted } = await collection;
  // Whoever came first, both agree: held and there with all that it needs, or gone and known to be.
  expect(hasObject(store, app.manifest.path)).toBe(isValid);
  if (isValid) expect([deleted.includes(app.path), hasObject(store, lib.manifest.path)]).toEqual([false, true]);
  expect(deleted.length).toBeGreaterThanOrEqual(130);
});

it("what a process began to use at the last moment is put back, with what it needs", async () => {
  const store = await makeWorld({ memory: true }).store();
  const lib = await addTree(store, { lib: "lib" }, { name: "lib" });
  const app = await addTree(store, { app: lib.path }, { name: "app" });
  const other = await addTree(store, { other: "other" }, { name: "other" });
  const before = readFileSync(manifestPath(store.layout, app.manifest.path), "utf8");
  const lock = await lockInTurn(store);
  const collection = gc(store);
  // It has marked when it waits for its first batch.
  await expect.poll(() => isHeld(lockPath(store.layout, "objects-turn"))).toBe(true);
  const child = spawn("sleep", ["60"], { cwd: app.path, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  lock[Symbol.dispose]();
  expect((await collection).deleted).toEqual([other.path]);
  expect(readFileSync(manifestPath(store.layout, app.manifest.path), "utf8")).toBe(before);
  expect([brokenObjects(store), hasObject(store, lib.manifest.path)]).toEqual([[], true]);
  expect(readdirSync(store.layout.trash)).toEqual([]);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(new Set((await gc(store)).deleted)).toEqual(new Set([app.path, lib.path]));
});

it("who turns a lease into a root during a collection keeps the object", async () => {
  const store = await makeWorld({ memory: true }).store();
  const app = await addTree(store, { app: "app" }, { name: "app" });
  const lease = openLease(store);
  await lease.hold([app.manifest.path]);
  const lock = await lockObjects(store);
  const collection = gc(store);
  await new Promise((resolve) => setTimeout(resolve, 300));
  lock[Symbol.dispose]();
  await addRoot(store, { object: app.manifest.path });
  lease[Symbol.dispose]();
  expect((await collection).deleted).toEqual([]);
  expect(hasObject(store, app.manifest.path)).toBe(true);
});

it("a waiting process is served before the next batch", async () => {
  const store = await makeWorld({ memory: true }).store();
  const order: string[] = [];
  const first = await lockInTurn(store);
  const waiting = lockObjects(store).then((lock) => {
    order.push("waiting");
    lock[Symbol.dispose]();
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const next = lockInTurn(store).then((lock) => {
    order.push("next batch");
    lock[Symbol.dispose]();
  });
  first[Symbol.dispose]();
  await Promise.all([waiting, next]);
  expect(order).toEqual(["waiting", "next batch"]);
});

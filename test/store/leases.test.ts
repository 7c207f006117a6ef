import { existsSync, mkdirSync, readdirSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { printLeaseHolder } from "../../src/model/lease.ts";
import { collectingFile, leasesPath, lockPath, manifestPath } from "../../src/store/layout.ts";
import { listLeases, openLease, sweepLeases, tidyLeases } from "../../src/store/leases.ts";
import type { Store } from "../../src/store/open-store.ts";
import { leaseRoots } from "../../src/store/roots.ts";
import { tryAcquireLock } from "../../src/system/lock.ts";
import { identityOf } from "../../src/system/process/process-identity.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { addTree, makeWorld } from "../helpers/worlds.ts";

const filesOf = (store: Store) => (existsSync(leasesPath(store.layout)) ? readdirSync(leasesPath(store.layout)) : []);

test("a lease keeps what it holds, tells what of it is valid, and goes with its end", async () => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  const missing = (await addTree(store, { a: "b" })).manifest.path;
  unlinkSync(manifestPath(store.layout, missing));
  {
    using lease = openLease(store);
    expect(filesOf(store)).toEqual([]);
    expect(await lease.hold([manifest.path, missing])).toEqual(new Set([manifest.path]));
    expect(await lease.hold([])).toEqual(new Set());
    expect(leaseRoots(store)).toMatchObject([
      { kind: "lease", pid: process.pid, command: "store test", objects: [manifest.path, missing] },
    ]);
    expect(sweepLeases(store)).toBe(0);
  }
  expect([listLeases(store), filesOf(store)]).toEqual([[], []]);
});

test("a lease that ends while a collection is under way stays for it to see, and holds nothing afterwards", async () => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  const lease = openLease(store);
  await lease.hold([manifest.path]);
  writeFileSync(collectingFile(store.layout), "");
  lease[Symbol.dispose]();
  expect(listLeases(store)).toMatchObject([{ objects: [manifest.path], alive: false }]);
  expect(leaseRoots(store)).toEqual([]);
  {
    using _collection = tryAcquireLock(lockPath(store.layout, "gc"), "test", store.context.now);
    tidyLeases(store);
    expect(filesOf(store)).toHaveLength(1);
  }
  tidyLeases(store);
  expect(filesOf(store)).toEqual([]);
});

test("a lease that ends while the leases are being read is not missed by who collects", async () => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  const lease = openLease(store);
  await lease.hold([manifest.path]);
  writeFileSync(collectingFile(store.layout), "");
  patchFs("readdirSync", (original) => (...args: Parameters<typeof original>) => {
    const names = original(...args);
    if (String(args[0]) === leasesPath(store.layout)) lease[Symbol.dispose]();
    return names;
  });
  expect(listLeases(store)).toMatchObject([{ objects: [manifest.path], alive: false }]);
  expect(listLeases(store)).toMatchObject([{ objects: [manifest.path], alive: false }]);
});

test("a lease whose end cannot be told on a full disk goes on to hold what it held", async () => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  const lease = openLease(store);
  await lease.hold([manifest.path]);
  writeFileSync(collectingFile(store.layout), "");
  patchFs("writeSync", () => () => {
    throw errno("ENOSPC");
  });
  lease[Symbol.dispose]();
  expect(listLeases(store)).toMatchObject([{ objects: [manifest.path], alive: true }]);
  expect([sweepLeases(store), filesOf(store).length]).toEqual([0, 1]);
});

test("a lease that an earlier version renamed at its end counts, and holds nothing afterwards", async () => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  mkdirSync(leasesPath(store.layout), { recursive: true });
  const holder = { command: "x", since, ...identityOf(process.pid) };
  const name = `${"0".repeat(16)}.released`;
  writeFileSync(join(leasesPath(store.layout), name), `${printLeaseHolder(holder)}${manifest.path}\n`);
  expect(listLeases(store)).toMatchObject([{ objects: [manifest.path], alive: false }]);
  expect([sweepLeases(store), filesOf(store)]).toEqual([1, []]);
});

const since = "2026-01-01T00:00:00.000Z";

test.each([
  ["of a process that runs, although its lock is lost", (): object => identityOf(process.pid), true],
  ["of a process that is gone", (): object => ({ ...identityOf(process.pid), pid: 2 ** 22 + 1 }), false],
  ["whose pid another process has now", (): object => ({ ...identityOf(process.pid), started: 1 }), false],
  ["from before the last boot", (): object => ({ ...identityOf(process.pid), boot: "another" }), false],
  ["that does not tell when its process started", (): object => ({ pid: process.pid }), false],
])("a lease %s", async (_, identity, alive) => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  mkdirSync(leasesPath(store.layout), { recursive: true });
  const holder = { command: "x", since, ...(identity() as ReturnType<typeof identityOf>) };
  writeFileSync(join(leasesPath(store.layout), "0".repeat(16)), `${printLeaseHolder(holder)}${manifest.path}\n`);
  expect(listLeases(store)).toMatchObject([{ alive, objects: [manifest.path] }]);
  expect([sweepLeases(store), filesOf(store).length]).toEqual(alive ? [0, 1] : [1, 0]);
});

test("what is not a whole line, or no object's name, counts for nothing", async () => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  mkdirSync(leasesPath(store.layout), { recursive: true });
  writeFileSync(join(leasesPath(store.layout), "1".repeat(16)), `no JSON\n../x\n${manifest.path}\n${manifest.path}`);
  expect(listLeases(store)).toMatchObject([{ holder: undefined, alive: false, objects: [manifest.path] }]);
});

test("a lease can lose its file and be ended all the same", async () => {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { a: "a" });
  for (const collecting of [false, true]) {
    const lease = openLease(store);
    await lease.hold([manifest.path]);
    renameSync(leasesPath(store.layout), `${leasesPath(store.layout)}-${collecting}`);
    if (collecting) writeFileSync(collectingFile(store.layout), "");
    lease[Symbol.dispose]();
  }
});

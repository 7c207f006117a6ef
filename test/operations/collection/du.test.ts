import { execFileSync } from "node:child_process";
import { lstatSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deleteObjects } from "../../../src/operations/collection/delete-objects.ts";
import { objectUsage, type StoreUsage, storeUsage } from "../../../src/operations/collection/du.ts";
import { fileListPath, manifestPath } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { canonicalView } from "../../../src/store/twins.ts";
import { roomOf } from "../../helpers/collected.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

test("what an object alone has is what deleting it frees, beside its manifest", async () => {
  const store = await makeWorld({ memory: true }).store();
  const lib = await addTree(store, { lib: "x".repeat(9000), again: "x".repeat(9000) }, { name: "lib" });
  const app = await addTree(
    store,
    { shared: "x".repeat(9000), mine: `${lib.path}${"y".repeat(9000)}` },
    { name: "app" },
  );
  const usage = await objectUsage(store, app.manifest.path);
  expect(usage).toMatchObject({ path: app.path, inodes: 3, unique: { inodes: 2 }, shared: { inodes: 1 } });
  expect(usage.closure).toMatchObject({ objects: 2, inodes: 4 });
  expect(usage.unique.bytes + usage.shared.bytes).toBe(usage.bytes);
  const records = [manifestPath, fileListPath].map(
    (path) => lstatSync(path(store.layout, app.manifest.path)).blocks * 512,
  );
  const { freedBytes } = await deleteObjects(store, { objects: [app.manifest.path] });
  expect(freedBytes).toBe(usage.unique.bytes + records.reduce((sum, bytes) => sum + bytes, 0));
});

test("a twin does not make files shared", async () => {
  const store = await makeWorld({ memory: true }).store();
  const lib = await addTree(store, { lib: "lib" }, { name: "lib" });
  const app = await addTree(store, { mine: "mine", mentions: lib.path }, { name: "app" });
  const before = await objectUsage(store, app.manifest.path);
  canonicalView(store, app.manifest.path);
  expect(await objectUsage(store, app.manifest.path)).toEqual(before);
});

test("the parts of the store add up, and count what is shared once", async () => {
  const store = await makeWorld({ memory: true }).store();
  for (const name of ["a", "b", "c"]) await addTree(store, { same: "s".repeat(5000), name }, { name });
  const { bytes, inodes, parts, savedBytes } = await storeUsage(store);
  const sum = (key: "bytes" | "inodes") => parts.reduce((total, part) => total + part[key], 0);
  expect([sum("bytes"), sum("inodes")]).toEqual([bytes, inodes]);
  expect(savedBytes).toBe(2 * 8192);
  expect(parts.find(({ part }) => part.startsWith("files"))).toMatchObject({ bytes: 0, inodes: 0 });
  expect(bytes).toBeGreaterThanOrEqual(roomOf(store).bytes);
});

test("what threads see of a large store is what GNU du sees", async () => {
  const store = await makeWorld({ memory: true }).store();
  for (let n = 0; n < 520; n++)
    await addTree(store, { same: "s".repeat(5000), own: `${n}`, [`d${n % 3}/l`]: "l" }, { name: `p${n}` });
  const seen = await storeUsage(store);
  compareWithDu(store, seen);
  // A name that is no UTF-8.
  writeFileSync(Buffer.concat([Buffer.from(`${store.layout.storeDir}/`), Buffer.of(0xff, 0xfe)]), "y".repeat(9000));
  compareWithDu(store, await storeUsage(store));
});

function compareWithDu(store: Store, { parts }: StoreUsage): void {
  for (const [name, path] of [
    ["objects", store.layout.storeDir],
    ["manifests", store.layout.manifests],
  ] as const) {
    const ask = (...options: string[]) =>
      Number(execFileSync("du", ["-s", ...options, path], { encoding: "utf8" }).split("\t")[0]);
    const { bytes, inodes } = parts.find(({ part }) => part === name) ?? {};
    expect([bytes, inodes], name).toEqual([ask("--block-size=1"), ask("--inodes")]);
  }
}

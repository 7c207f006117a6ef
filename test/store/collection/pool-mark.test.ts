import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { BaseName } from "../../../src/model/ids.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { addRoot } from "../../../src/operations/collection/roots.ts";
import { openWorkspace } from "../../../src/operations/workspace.ts";
import { isPoolTidy } from "../../../src/store/collection/pool-mark.ts";
import { fileListPath, poolMark } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

async function collected() {
  const store = await makeWorld({ memory: true }).store();
  const kept = await addTree(store, { kept: "kept", both: "in both" }, { name: "kept" });
  await addRoot(store, { object: kept.manifest.path });
  expect(isPoolTidy(store)).toBe(false);
  await gc(store);
  expect(isPoolTidy(store)).toBe(true);
  return { store, kept };
}

const poolOf = ({ layout }: Store) =>
  readdirSync(layout.files).flatMap((part) => readdirSync(join(layout.files, part)).map((name) => `${part}/${name}`));

/** A file of the pool that nobody told of. */
function dropIntoPool({ layout }: Store): string {
  const path = join(layout.files, "00", "0".repeat(64));
  writeFileSync(path, "in no object");
  return path;
}

/** Dry and real run must agree. */
async function collect(store: Store) {
  const told = await gc(store, { dryRun: true });
  const done = await gc(store);
  expect(done).toEqual({ ...told, dryRun: false });
  return done;
}

it("of a pool that is known, a collection looks at the files of what it deletes, and those go", async () => {
  const { store } = await collected();
  const orphan = dropIntoPool(store);
  await addTree(store, { dead: "dead", both: "in both" }, { name: "dead" });
  await addTree(store, { dead: "dead", more: "more" }, { name: "dead" });
  expect(poolOf(store)).toHaveLength(5);
  expect((await collect(store)).deleted).toHaveLength(2);
  expect(poolOf(store)).toHaveLength(3);
  expect([existsSync(orphan), isPoolTidy(store)]).toEqual([true, true]);
});

it("after a month, or without the mark, or with that of another store, all of it is looked at", async () => {
  const { store } = await collected();
  const orphan = dropIntoPool(store);
  const later = new Date(store.context.now().getTime() + 31 * 24 * 3_600_000);
  await collect({ ...store, context: { ...store.context, now: () => later } });
  expect(existsSync(orphan)).toBe(false);
  await gc(store);
  for (const spoil of [
    () => unlinkSync(poolMark(store.layout)),
    () => writeFileSync(poolMark(store.layout), '{"format":1,"store":"another","swept":"2026-01-02T00:00:00.000Z"}'),
    () => writeFileSync(poolMark(store.layout), "{"),
  ]) {
    dropIntoPool(store);
    spoil();
    await collect(store);
    expect([existsSync(orphan), isPoolTidy(store)]).toEqual([false, true]);
  }
});

it("what a killed add had put into the pool goes, whoever removes its temporary directory", async () => {
  const { store } = await collected();
  const orphan = dropIntoPool(store);
  const stale = join(store.layout.temporary, "0123456789abcdef");
  const leave = () => {
    mkdirSync(stale);
    writeFileSync(`${stale}.lock`, '{"pid":1}');
    linkSync(orphan, join(stale, "file"));
  };
  leave();
  const workspace = openWorkspace(store);
  expect([existsSync(stale), isPoolTidy(store)]).toEqual([false, false]);
  workspace[Symbol.dispose]();
  await collect(store);
  expect([existsSync(orphan), isPoolTidy(store)]).toEqual([false, true]);
  dropIntoPool(store);
  leave();
  await collect(store);
  expect([existsSync(stale), existsSync(orphan)]).toEqual([false, false]);
});

it("an add that fails when its files are in the pool already has them looked for", async () => {
  const { store } = await collected();
  rmSync(store.layout.storeDir, { recursive: true });
  expect(await caughtAsync(addTree(store, { lost: "lost" }, { name: "lost" }))).toBeInstanceOf(Error);
  expect([isPoolTidy(store), poolOf(store).length]).toEqual([false, 3]);
});

it("while somebody works in tmp/ nothing is known of the pool", async () => {
  const { store } = await collected();
  const workspace = openWorkspace(store);
  await gc(store);
  expect(isPoolTidy(store)).toBe(false);
  workspace[Symbol.dispose]();
  await gc(store);
  expect(isPoolTidy(store)).toBe(true);
});

it("an object without a file list has all of the pool looked at", async () => {
  const { store } = await collected();
  const dead = await addTree(store, { dead: "dead" }, { name: "dead" });
  unlinkSync(fileListPath(store.layout, dead.manifest.path as BaseName));
  await collect(store);
  expect(poolOf(store)).toHaveLength(2);
});

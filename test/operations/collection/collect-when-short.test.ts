import { expect, test } from "vitest";
import { collectWhenShort } from "../../../src/operations/collection/collect-when-short.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { writeSetting } from "../../../src/store/config-file.ts";
import { lockPath } from "../../../src/store/layout.ts";
import { openLease } from "../../../src/store/leases.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { tryAcquireLock } from "../../../src/system/lock.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

async function worldWithDead() {
  const store = await makeWorld({ memory: true }).store();
  const used = await addTree(store, { x: "used" });
  await addTree(store, { x: "dead" });
  const events: StoreEvent[] = [];
  const lease = openLease(store);
  await lease.hold([used.manifest.path]);
  return {
    store,
    used: used.manifest.path,
    events,
    run: { onEvent: (event: StoreEvent) => void events.push(event) },
    lease,
  };
}

test("a build that begins with little room on the disk frees some, and keeps what it uses", async () => {
  const { store, used, events, run, lease } = await worldWithDead();
  await writeSetting(store, { key: "gc.min-free", text: "8000T" });
  {
    await using _watch = await collectWhenShort(store, run);
    expect(listObjects(store)).toEqual([used]);
  }
  expect(events).toMatchObject([{ kind: "warning", message: expect.stringContaining("deleted 1 object") }]);
  lease[Symbol.dispose]();
});

test("nothing is deleted while there is room, or where it is not asked for", async () => {
  const { store, events, run, lease } = await worldWithDead();
  for (const text of [undefined, "1"]) {
    if (text) await writeSetting(store, { key: "gc.min-free", text });
    await using _watch = await collectWhenShort(store, run);
    expect([listObjects(store).length, events]).toEqual([2, []]);
  }
  lease[Symbol.dispose]();
});

test("somebody else's collection is not waited for, and what stops one stops no build", async () => {
  const { store, events, run, lease } = await worldWithDead();
  await writeSetting(store, { key: "gc.min-free", text: "8000T" });
  {
    using _other = tryAcquireLock(lockPath(store.layout, "gc"), "other", store.context.now);
    await using _watch = await collectWhenShort(store, run);
  }
  expect([listObjects(store).length, events]).toEqual([2, []]);
  const { mkdirSync, writeFileSync } = await import("node:fs");
  mkdirSync(`${store.layout.roots}/named`);
  writeFileSync(`${store.layout.roots}/named/odd`, "no link");
  {
    await using _watch = await collectWhenShort(store, run);
  }
  expect(events).toMatchObject([{ kind: "warning", message: expect.stringContaining("nothing was deleted") }]);
  expect(listObjects(store)).toHaveLength(2);
  lease[Symbol.dispose]();
});

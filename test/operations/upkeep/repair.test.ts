import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { describe, expect, it } from "vitest";
import type { BuiltPackage } from "../../../src/operations/building/build.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { type VerifyResult, verify } from "../../../src/operations/upkeep/verify.ts";
import { dataFile, writeSeal } from "../../../src/store/index/seal.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { makeBuildWorld } from "../../helpers/build-world.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { flip, makeDamageWorld } from "../../helpers/damages.ts";
import { DEFAULT } from "../../helpers/profile-worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/", contents: true };

function told({ damaged }: VerifyResult): string[] {
  return damaged.map(({ kind, subject }) => `${kind} ${subject}`).sort();
}

/** Aborts when so many tasks are done: each lets the event loop turn once. */
async function interrupt(store: Store, turns: number): Promise<void> {
  const stop = new AbortController();
  const turn = (left: number) => void setImmediate(() => (left === 0 ? stop.abort("stopped") : turn(left - 1)));
  turn(turns);
  expect(await caughtAsync(verify(store, REQUEST, { signal: stop.signal }))).toBe("stopped");
}

/** The pool's files in the order in which they are read. */
function poolFiles({ layout }: Store): string[] {
  const shards = readdirSync(layout.files).sort();
  return shards.flatMap((shard) => readdirSync(join(layout.files, shard)).map((name) => join(shard, name)));
}

describe("a reading that was interrupted", () => {
  it("goes on where it was stopped", async () => {
    const { store } = await makeDamageWorld();
    const { checked } = await verify(store, REQUEST);
    await interrupt(store, 200);
    const rest = await verify(store, REQUEST);
    expect(rest).toMatchObject({ damaged: [], continued: store.context.now().toISOString() });
    expect(rest.checked.bytes).toBeGreaterThan(0);
    expect(rest.checked.bytes).toBeLessThan(checked.bytes);
    // It came to its end.
    expect(await verify(store, REQUEST)).toMatchObject({ continued: null, checked: { bytes: checked.bytes } });
  });

  it("reads again what was changed since it was read", async () => {
    const { store } = await makeDamageWorld();
    await interrupt(store, 200);
    const [first = ""] = poolFiles(store);
    flip(join(store.layout.files, first), 0);
    const rest = await verify(store, REQUEST);
    expect(rest.continued).not.toBeNull();
    expect(told(rest)).toContain(`pool-file files/${first}`);
  });
});

describe("a repair", () => {
  it("builds again what nobody else has", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe("plain", 'build: script\nphases: {install: "mkdir -p $out; echo plain > $out/text"}\n');
    const { built } = await world.build(store, "plain");
    const { path } = built[0] as BuiltPackage;
    const text = join(path, "text");
    const build = { recipes: [world.recipes], cwd: world.directory, jobs: 1 };
    flip(text);
    expect(told(await repair(store, REQUEST))).toEqual([expect.stringMatching(/^changed-file .*-plain-1\/text$/)]);
    const mended = await repair(store, { ...REQUEST, build });
    expect(mended.damaged).toEqual([]);
    expect(mended.repaired.map(({ outcome }) => outcome)).toContainEqual({ state: "repaired", from: "built again" });
    expect(readFileSync(text, "utf8")).toBe("plain\n");

    removeTree(path);
    expect((await repair(store, REQUEST)).damaged).not.toEqual([]);
    expect((await repair(store, { ...REQUEST, build })).damaged).toEqual([]);
    expect(readFileSync(text, "utf8")).toBe("plain\n");
    expect(await verify(store, REQUEST)).toMatchObject({ damaged: [] });
  });

  it("makes an index anew that tells something else than the manifests", async () => {
    const { store, object } = await makeDamageWorld();
    // So that the state of the manifests counts as settled.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await verify(store, REQUEST);
    const index = { directory: store.layout.index, storeId: store.file.id };
    const root = open({ path: dataFile(index), noSubdir: true, maxDbs: 4 });
    const objects = root.openDB<Record<string, unknown>, string>({ name: "objects" });
    const stranger = `${"a".repeat(32)}-stranger-1`;
    await objects.put(stranger, objects.get(object("a")) as Record<string, unknown>);
    await objects.put(object("a"), { ...objects.get(object("a")), size: 1 });
    await root.close();
    writeSeal(index);
    const found = [`index index: ${object("a")}`, `index index: ${stranger}`].sort();
    expect(told(await verify(store, REQUEST))).toEqual(found);
    const { damaged, repaired } = await repair(store, REQUEST);
    expect([damaged, repaired.map(({ outcome }) => outcome)]).toEqual([
      [],
      found.map(() => ({ state: "repaired", from: "made anew from the manifests" })),
    ]);
    expect(told(await verify(store, REQUEST))).toEqual([]);
  });
});

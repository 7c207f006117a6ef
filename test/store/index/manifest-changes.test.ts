import { appendFileSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BaseName } from "../../../src/model/ids.ts";
import { packGraph } from "../../../src/model/packed-graph.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { changeManifests, manifestsState, objectsChanged } from "../../../src/store/index/manifest-changes.ts";
import { openMemoryIndex } from "../../../src/store/index/memory-index.ts";
import { openIndex } from "../../../src/store/index/open-index.ts";
import { fileListPath, manifestChanges, manifestPath } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { addTree } from "../../helpers/worlds.ts";

const names = ["a", "b", "c"].map((letter) => `${letter.repeat(32)}-x-1` as BaseName);

async function emptyStore(): Promise<Store> {
  return await makeProfileWorld().open();
}

/** Two changes within one step of the clock could not be told from one. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 70));

/** Makes a file among the manifests, which changes the state of their directory. */
async function change(store: Store, name: string, objects?: readonly BaseName[]): Promise<string> {
  await settle();
  const write = () => writeFileSync(join(store.layout.manifests, name), "");
  if (objects) changeManifests(store.layout, objects, write);
  else write();
  return manifestsState(store.layout).text;
}

describe("changes of manifests that were told of", () => {
  it("are known from any state to the present one", async () => {
    const store = await emptyStore();
    const [a, b, c] = names as [BaseName, BaseName, BaseName];
    const first = manifestsState(store.layout).text;
    const second = await change(store, "1", [a, b]);
    const third = await change(store, "2", [c]);
    expect(objectsChanged(store.layout, first, third)).toEqual(new Set([a, b, c]));
    expect(objectsChanged(store.layout, second, third)).toEqual(new Set([c]));
    expect(objectsChanged(store.layout, first, second)).toBeUndefined();
  });

  it("are not known when somebody else changed something in between, or since", async () => {
    const store = await emptyStore();
    const first = manifestsState(store.layout).text;
    await change(store, "1", names);
    const by = await change(store, "by hand");
    expect(objectsChanged(store.layout, first, by)).toBeUndefined();
    const last = await change(store, "2", names);
    expect(objectsChanged(store.layout, first, last)).toBeUndefined();
    expect(objectsChanged(store.layout, by, last)).toEqual(new Set(names));
  });

  it("are not known when what tells of them is cut, lost, or cannot be written", async () => {
    const store = await emptyStore();
    const first = manifestsState(store.layout).text;
    const file = manifestChanges(store.layout);
    const second = await change(store, "1", names);
    const whole = readFileSync(file, "utf8");
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole.slice(0, length));
      expect(objectsChanged(store.layout, first, second), String(length)).toBeUndefined();
    }
    // As a full disk leaves it, and then there is room again.
    writeFileSync(file, whole.slice(0, -5));
    const third = await change(store, "2", names);
    const fourth = await change(store, "3", names);
    expect(objectsChanged(store.layout, first, fourth)).toBeUndefined();
    expect(objectsChanged(store.layout, second, fourth)).toBeUndefined();
    expect(objectsChanged(store.layout, third, fourth)).toEqual(new Set(names));
    appendFileSync(file, "{}\n");
    expect(objectsChanged(store.layout, third, fourth)).toBeUndefined();
    unlinkSync(file);
    expect(objectsChanged(store.layout, third, fourth)).toBeUndefined();
    mkdirSync(file);
    await change(store, "4", names);
  });

  it("are not told when they failed", async () => {
    const store = await emptyStore();
    const first = manifestsState(store.layout).text;
    const failing = () =>
      changeManifests(store.layout, names, () => {
        writeFileSync(join(store.layout.manifests, "1"), "");
        throw new Error("no");
      });
    await settle();
    expect(failing).toThrow("no");
    expect(objectsChanged(store.layout, first, manifestsState(store.layout).text)).toBeUndefined();
  });
});

describe("the index after changes that programs of the store made", () => {
  /** The index as it is, without being brought up to date more than it has to be. */
  async function expectRight(store: Store): Promise<void> {
    const memory = openMemoryIndex(store);
    await using index = await openIndex(store);
    expect([...index.names()]).toEqual([...memory.names()]);
    expect(packGraph(index.graph())).toEqual(packGraph(memory.graph()));
    expect(index.others()).toEqual(memory.others());
    for (const name of memory.names()) expect(index.referrers(name)).toEqual(memory.referrers(name));
  }

  it("looks at these manifests only", async () => {
    const store = await emptyStore();
    const { manifest } = await addTree(store, { a: "" }, { name: "a" });
    await settle();
    await expectRight(store);
    const path = manifestPath(store.layout, manifest.path);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, "{");
    const more = await addTree(store, { b: "" }, { name: "b" });
    await settle();
    {
      await using index = await openIndex(store);
      expect(index.get(manifest.path)?.name).toBe("a");
      expect(index.get(more.manifest.path)?.name).toBe("b");
    }
    writeFileSync(join(store.layout.manifests, "by hand"), "");
    await settle();
    await expectRight(store);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    await settle();
    await expectRight(store);
  });

  it("knows what a collection deleted, and what came again with other references", async () => {
    const store = await emptyStore();
    const base = await addTree(store, { base: "" }, { name: "base" });
    const tree = { app: `uses ${base.path}` };
    const app = await addTree(store, tree, { name: "app" });
    await settle();
    await expectRight(store);
    const before = manifestsState(store.layout).text;
    await gc(store);
    const again = await addTree(store, tree, { name: "app" });
    expect(again.manifest.path).toBe(app.manifest.path);
    expect(again.manifest.references).toEqual([]);
    await settle();
    const told = objectsChanged(store.layout, before, manifestsState(store.layout).text);
    expect(told).toEqual(new Set([base.manifest.path, app.manifest.path]));
    await expectRight(store);
  });

  it("still knows of a damaged manifest and a lost list beside them", async () => {
    const store = await emptyStore();
    const damaged = await addTree(store, { a: "" }, { name: "a" });
    const lost = await addTree(store, { b: "" }, { name: "b" });
    writeFileSync(manifestPath(store.layout, damaged.manifest.path), "{");
    unlinkSync(manifestPath(store.layout, lost.manifest.path));
    await settle();
    await expectRight(store);
    await addTree(store, { c: "" }, { name: "c" });
    await settle();
    await using index = await openIndex(store);
    expect(index.others()).toEqual({
      damaged: [damaged.manifest.path],
      strays: [fileListPath(store.layout, lost.manifest.path).slice(store.layout.manifests.length + 1)],
    });
  });
});

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BaseName } from "../../src/model/ids.ts";
import { printManifest } from "../../src/model/manifest.ts";
import { manifestPath } from "../../src/store/layout.ts";
import { hasObject, listObjects, readManifest } from "../../src/store/manifests.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { caught } from "../helpers/caught.ts";
import { addTree, makeWorld } from "../helpers/worlds.ts";

const MISSING = `${"a".repeat(32)}-gone-1.0` as BaseName;

describe("manifests", () => {
  it("tell which objects are valid", async () => {
    const store = await makeWorld({ memory: true }).store();
    const one = await addTree(store, { a: "1" });
    const two = await addTree(store, { a: "2" }, { name: "two" });
    mkdirSync(join(store.layout.storeDir, MISSING));
    for (const name of ["README", ".tmp-0123456789abcdef", "x.json", `${MISSING}.files`, `${MISSING}.json.bak`]) {
      writeFileSync(join(store.layout.manifests, name), "");
    }
    expect(listObjects(store).sort()).toEqual([one.manifest.path, two.manifest.path].sort());
    expect(readManifest(store, one.manifest.path)).toEqual(one.manifest);
    expect([one.manifest.path, MISSING].map((name) => hasObject(store, name))).toEqual([true, false]);
    removeTree(two.path);
    expect(hasObject(store, two.manifest.path)).toBe(false);
  });

  it("that are missing are NOT_FOUND, with the object's path", async () => {
    const store = await makeWorld({ memory: true }).store();
    expect(caught(() => readManifest(store, MISSING))).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(MISSING),
      details: { path: join(store.layout.storeDir, MISSING) },
    });
  });

  it("that describe another object are damaged", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { manifest } = await addTree(store, { a: "1" });
    const path = manifestPath(store.layout, MISSING);
    writeFileSync(path, printManifest(manifest));
    expect(caught(() => readManifest(store, MISSING))).toMatchObject({
      code: "DAMAGED",
      message: `${path} describes ${manifest.path}`,
    });
    expect(readFileSync(manifestPath(store.layout, manifest.path), "utf8")).toBe(printManifest(manifest));
  });
});

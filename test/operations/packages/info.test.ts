import { chmodSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printManifest } from "../../../src/model/manifest.ts";
import { objectInfo, storeInfo } from "../../../src/operations/packages/info.ts";
import { manifestPath, objectPath } from "../../../src/store/layout.ts";
import { readManifest } from "../../../src/store/manifests.ts";
import { caught } from "../../helpers/caught.ts";
import { DEFAULT, installFrom, makeProfileWorld, removeNames } from "../../helpers/profile-worlds.ts";

async function withOne() {
  const world = makeProfileWorld();
  const store = await world.open();
  const from = world.source("a-1.0", { "bin/a": "12345", link: { link: "bin/a" } });
  const { added } = await installFrom(store, from);
  const baseName = (added[0] as NonNullable<(typeof added)[0]>).path;
  return { world, store, from, baseName, path: objectPath(store.layout, baseName) };
}

describe("what is known of an object", () => {
  it("is found by base name, by a path to it or into it, and by the name of an installed package", async () => {
    const { store, from, baseName, path } = await withOne();
    const expected = {
      path,
      baseName,
      present: true,
      name: "a",
      version: "1.0",
      size: 5,
      files: 2,
      references: [],
      origin: { kind: "directory", path: from },
    };
    for (const what of [baseName, path, `${path}/bin/a`, "a"])
      expect(objectInfo(store, DEFAULT, { what, cwd: "/" })).toMatchObject(expected);
    expect(objectInfo(store, DEFAULT, { what: "bin/..", cwd: path })).toMatchObject(expected);
  });

  it("is found by a path that leads to it by links: those of a profile, of an instdir, or others", async () => {
    const { world, store, path } = await withOne();
    const current = join(world.root, "profiles/default/current");
    const linked = join(world.directory, "linked");
    symlinkSync(current, linked);
    symlinkSync(join(linked, "bin/a"), join(world.directory, "command"));
    symlinkSync(world.root, join(world.directory, "root"));
    for (const what of ["bin/a", "link"].map((file) => join(current, file)))
      expect(objectInfo(store, DEFAULT, { what, cwd: "/" })).toMatchObject({ path });
    for (const what of ["linked/bin/a", "linked/link", "command", `root${path.slice(world.root.length)}/bin`])
      expect(objectInfo(store, DEFAULT, { what, cwd: world.directory })).toMatchObject({ path });
    expect(objectInfo(store, DEFAULT, { what: linked, cwd: "/" })).toMatchObject({ origin: { kind: "profile" } });
    symlinkSync("loop", join(world.directory, "loop"));
    for (const what of ["linked/bin/b", "linked/bin/a/b", "loop", "loop/a", "root"])
      expect(caught(() => objectInfo(store, DEFAULT, { what, cwd: world.directory }))).toMatchObject({
        code: "NOT_FOUND",
      });
  });

  it("is refused for what is none", async () => {
    const { store } = await withOne();
    for (const what of ["b", "/etc", `${"a".repeat(32)}-b-1`, ""])
      expect(caught(() => objectInfo(store, DEFAULT, { what, cwd: "/" }))).toMatchObject({ code: "NOT_FOUND" });
    await removeNames(store, "a");
    expect(caught(() => objectInfo(store, DEFAULT, { what: "a", cwd: "/" }))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("says when its directory is gone, and keeps members of the manifest that it does not know", async () => {
    const { store, baseName, path } = await withOne();
    const file = manifestPath(store.layout, baseName);
    writeFileSync(file, printManifest({ ...readManifest(store, baseName), unknown: { later: [1] } }));
    chmodSync(path, 0o755);
    rmSync(path, { recursive: true });
    expect(objectInfo(store, DEFAULT, { what: baseName, cwd: "/" })).toMatchObject({ present: false, later: [1] });
  });
});

describe("what is known of a store", () => {
  it("is where it lies, and what is in it", async () => {
    const { world, store } = await withOne();
    expect(storeInfo(store)).toEqual({
      root: world.root,
      storeDir: store.layout.storeDir,
      canonicalStoreDir: "/store/pkgs".padEnd(48, "_"),
      format: 1,
      width: 48,
      id: store.file.id,
      objects: 3,
      profiles: ["default"],
    });
  });
});

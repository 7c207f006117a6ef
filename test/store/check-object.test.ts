import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { glanceAt } from "../../src/store/check-object.ts";
import { manifestPath, objectPath } from "../../src/store/layout.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { addTree, makeWorld } from "../helpers/worlds.ts";

async function makeObject() {
  const store = await makeWorld({ memory: true }).store();
  const { manifest } = await addTree(store, { "bin/run": { exec: "#!/bin/sh" } });
  return {
    store,
    object: manifest.path,
    manifest: manifestPath(store.layout, manifest.path),
    directory: objectPath(store.layout, manifest.path),
    look: () => glanceAt(store, manifest.path),
  };
}

describe("a look at an object", () => {
  it("finds nothing about one that is whole", async () => {
    expect((await makeObject()).look()).toBeUndefined();
  });

  it.each<[string, (path: string) => unknown]>([
    ["missing", (path) => unlinkSync(path)],
    ["empty", (path) => truncateSync(path)],
    ["a directory", (path) => [unlinkSync(path), mkdirSync(path)]],
    ["a link", (path) => [renameSync(path, `${path}.moved`), symlinkSync(`${path}.moved`, path)]],
    ["a link that leads to itself", (path) => [unlinkSync(path), symlinkSync(path, path)]],
    ["a pipe that nobody writes to", (path) => [unlinkSync(path), spawnSync("mkfifo", [path])]],
  ])("sees a manifest that is %s", async (_, change) => {
    const { manifest, look } = await makeObject();
    change(manifest);
    expect(look()).toBe("it has no manifest");
  });

  it("takes a manifest that this user may not read for one", async () => {
    const { manifest, look } = await makeObject();
    let mayOpen = false;
    patchFs("openSync", (original) => (...args) => {
      const [path] = args as unknown as [string];
      if (path === manifest && !mayOpen) throw errno("EACCES");
      return original(...(args as unknown as Parameters<typeof original>));
    });
    expect(look()).toBeUndefined();
    mayOpen = true;
    truncateSync(manifest);
    mayOpen = false;
    expect(look()).toBe("it has no manifest");
  });

  it("sees an object that is missing, or no directory", async () => {
    const { directory, look } = await makeObject();
    for (const path of [directory, `${directory}/bin`]) chmodSync(path, 0o755);
    rmSync(directory, { recursive: true });
    expect(look()).toBe("it is not there");
    writeFileSync(directory, "");
    expect(look()).toBe("it has no manifest");
  });

  it("looks closer where something was added or taken away", async () => {
    const { directory, look } = await makeObject();
    chmodSync(directory, 0o755);
    writeFileSync(`${directory}/more`, "");
    expect(look()).toBe("more does not belong there");
    unlinkSync(`${directory}/more`);
    expect(look()).toBeUndefined();
  });
});

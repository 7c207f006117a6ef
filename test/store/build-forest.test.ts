import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { repair } from "../../src/operations/upkeep/repair.ts";
import { verify } from "../../src/operations/upkeep/verify.ts";
import { readGeneration } from "../../src/store/generation-records.ts";
import { fileListPath, manifestPath } from "../../src/store/layout.ts";
import { readManifest } from "../../src/store/manifests.ts";
import type { Store } from "../../src/store/open-store.ts";
import { DEFAULT, generation, installFrom, makeProfileWorld, removeNames } from "../helpers/profile-worlds.ts";
import { addTree } from "../helpers/worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/" };

const forestOf = (store: Store, number: number) => readGeneration(store, DEFAULT, generation(number)).path;

describe("the references of a forest", () => {
  it("are what its links mention, however its manifest was made", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const other = basename((await addTree(store, { x: "x" }, { name: "other" })).path);
    const inside = { [`share/${other}/f`]: "", "share/g": "" };
    await installFrom(store, world.source("a-1", inside), world.source("b-1", { "share/h": "" }));
    const { path, packages } = readGeneration(store, DEFAULT, generation(1));
    const expected = [other, ...packages.map((item) => item.path)].sort();
    expect(readManifest(store, path).references).toEqual(expected);
    unlinkSync(manifestPath(store.layout, path));
    expect((await repair(store, REQUEST)).damaged).toEqual([]);
    expect(readManifest(store, path).references).toEqual(expected);
  });
});

describe("the file list of a forest", () => {
  async function withBinaries() {
    const world = makeProfileWorld();
    const store = await world.open();
    const sources = [
      world.source("a-1", { "bin/a": "", "bin-t": "" }),
      world.source("b-1", { "bin/b": "", "bin.d": "" }),
    ];
    await installFrom(store, ...sources);
    return { store, list: fileListPath(store.layout, forestOf(store, 1)) };
  }
  const linesOf = (list: string) => readFileSync(list, "utf8").trimEnd().split("\n");

  it("is in git's order", async () => {
    const { list } = await withBinaries();
    expect(linesOf(list).map((line) => line.split("\t")[1])).toEqual(["bin-t", "bin.d", "bin/a", "bin/b"]);
  });

  it("may be in the order of names alone, as it once was", async () => {
    const { store, list } = await withBinaries();
    const [, , ...inside] = linesOf(list);
    writeFileSync(list, `${[...inside, ...linesOf(list).slice(0, 2)].join("\n")}\n`);
    expect(await verify(store, { ...REQUEST, contents: true })).toMatchObject({ damaged: [], leftovers: [] });
    await removeNames(store, "a");
    expect(await verify(store, { ...REQUEST, contents: true })).toMatchObject({ damaged: [] });
  });
});

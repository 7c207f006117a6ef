import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BaseName } from "../../src/model/ids.ts";
import { canonicalising, type Replacement, replaceInPlace, replacements } from "../../src/model/rewrite.ts";
import { commitObjects } from "../../src/store/commit-objects.ts";
import { openLease } from "../../src/store/leases.ts";
import type { Store } from "../../src/store/open-store.ts";
import { stagedTree, stageObject } from "../../src/store/stage-object.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { createTemporaryDirectory } from "../../src/system/temporary-directory.ts";
import { faultsOf, naiveTreeId, toCanonical } from "../helpers/naive-tree-id.ts";
import { type Added, addTree, makeWorld, nameOf, readTree, type TreeData, type World } from "../helpers/worlds.ts";

const ZERO = `${"0".repeat(32)}-demo-1.0`;

/** A tree that mentions itself, as it comes out of a build for this storeDir, in text, a script and links. */
function scripts(storeDir: string): TreeData {
  const self = `${storeDir}/${ZERO}`;
  return {
    "bin/greet": { exec: `#!/bin/sh\ncat ${self}/share/greeting\n` },
    "bin/again": { link: `${self}/bin/greet` },
    "share/greeting": `hello from ${self}\n`,
    "share/empty": { directory: true },
    "share/plain": "mentions nothing",
  };
}

const PROGRAM = `
#include <stdio.h>
const char *where(void);
int main(int argc, char **argv) {
  printf("program %s, library %s, argument %s\\n", PREFIX, where(), argc > 1 ? argv[1] : "none");
  return 0;
}`;

const LIBRARY = 'const char *where(void) { return PREFIX "/lib"; }';

/** The same with an ELF program that finds its library by an rpath, and a script that the program interprets. */
function compiled(world: World, storeDir: string): string {
  const self = `${storeDir}/${ZERO}`;
  const tree = world.tree({ ...scripts(storeDir), "bin/interpreted": { exec: `#!${self}/bin/program\n` } });
  mkdirSync(join(tree, "lib"));
  const sources = world.tree({ "program.c": PROGRAM, "library.c": LIBRARY });
  // A build id is a hash of the output; a sandbox, where every build sees one path, keeps it the same.
  const compile = (...args: string[]) =>
    execFileSync("cc", [`-DPREFIX="${self}"`, "-Wl,--build-id=none", ...args], { cwd: sources });
  compile("-shared", "-fPIC", "-Wl,-soname,libdemo.so.1", "-o", join(tree, "lib/libdemo.so.1"), "library.c");
  const rpath = [`-L${tree}/lib`, "-l:libdemo.so.1", `-Wl,-rpath,${self}/lib`, "-Wl,--enable-new-dtags"];
  compile("program.c", ...rpath, "-o", join(tree, "bin/program"));
  return tree;
}

function output(path: string, ...args: string[]): string {
  return execFileSync(path, args, { encoding: "utf8", env: {} });
}

/** Changes a tree's files and links as a tool without any knowledge of their formats would. */
function rewriteTree(directory: string, list: readonly Replacement[]): void {
  for (const [path, { kind, content, mode }] of readTree(directory)) {
    const place = join(directory, path);
    if (kind === "directory" || replaceInPlace(content, list) === 0) continue;
    unlinkSync(place);
    if (kind === "link") symlinkSync(content, place);
    else writeFileSync(place, content);
    if (kind === "file") chmodSync(place, mode | 0o200);
  }
}

/** Brings an object from one store into another through its canonical form. */
async function move(from: Store, added: Added, to: Store) {
  using temporary = createTemporaryDirectory(to.layout.temporary, "test", to.context.now);
  const directory = stagedTree(temporary);
  execFileSync("cp", ["-a", added.path, directory]);
  for (const path of ["", "bin", "lib", "share"]) spawnSync("chmod", ["u+w", join(directory, path)]);
  rewriteTree(directory, canonicalising(formsOf(from), added.manifest.path));
  expect(naiveTreeId(directory)).toBe(added.manifest.treeId);
  using lease = openLease(to);
  const staged = await stageObject(to, { ...nameOf({}), origin: { kind: "import" }, temporary, lease });
  await commitObjects(to, [staged]);
  return { manifest: staged.manifest, path: `${to.layout.storeDir}/${staged.manifest.path}` };
}

function formsOf({ layout }: Store) {
  return { canonicalStoreDir: layout.canonicalStoreDir, localStoreDir: layout.storeDir };
}

const contents = (directory: string) => new Map([...readTree(directory)].map(([path, { content }]) => [path, content]));

async function twoStores(world: World): Promise<[Store, Store]> {
  return [await world.store("a"), await world.store("else/where")];
}

describe("an object that mentions itself", () => {
  it("has the same digest in stores at different roots, and when it comes in canonical form", async () => {
    const world = makeWorld();
    const [one, two] = await twoStores(world);
    const first = await addTree(one, scripts(one.layout.storeDir));
    const second = await addTree(two, scripts(two.layout.storeDir), { adopt: true });
    expect(second.manifest.path).toBe(first.manifest.path);
    expect(await addTree(two, scripts(two.layout.canonicalStoreDir))).toMatchObject({ reused: true });
    expect(first.manifest.treeId).toBe(naiveTreeId(world.tree(scripts(one.layout.canonicalStoreDir))));
    for (const [store, { path, manifest }] of [[one, first] as const, [two, second] as const]) {
      expect(faultsOf(store, manifest)).toEqual([]);
      expect(output(`${path}/bin/again`)).toBe(`hello from ${path}\n`);
    }
  });

  it("has another digest in a store of another width", async () => {
    const world = makeWorld();
    const narrow = await world.store("a");
    const wide = await world.store("w", { width: 80 });
    const first = await addTree(narrow, scripts(narrow.layout.storeDir));
    const second = await addTree(wide, scripts(wide.layout.storeDir));
    expect(second.manifest.path).not.toBe(first.manifest.path);
    expect(output(`${second.path}/bin/again`)).toBe(`hello from ${second.path}\n`);
    const plain = { plain: "mentions nothing" };
    expect((await addTree(wide, plain)).manifest.path).toBe((await addTree(narrow, plain)).manifest.path);
  });

  it("runs in another store after replacing bytes in place", async () => {
    const world = makeWorld();
    const [one, two] = await twoStores(world);
    const first = await addTree(one, scripts(one.layout.storeDir));
    const second = await move(one, first, two);
    expect(second.manifest.path).toBe(first.manifest.path);
    expect(faultsOf(two, second.manifest)).toEqual([]);
    removeTree(one.layout.root);
    expect(output(`${second.path}/bin/again`)).toBe(`hello from ${second.path}\n`);
  });

  it("lies in another store as it would after replacing the storeDir alone", async () => {
    const world = makeWorld();
    const [one, two] = await twoStores(world);
    const first = await addTree(one, scripts(one.layout.storeDir));
    const second = await addTree(two, scripts(two.layout.storeDir));
    const copy = join(world.directory, "copy");
    execFileSync("cp", ["-a", first.path, copy]);
    rewriteTree(copy, replacements([[one.layout.storeDir, two.layout.storeDir]]));
    expect(contents(copy)).toEqual(contents(second.path));
  });

  it("mentions its own name and the storeDir only in local form", async () => {
    const store = await makeWorld().store();
    const { path, manifest } = await addTree(store, scripts(store.layout.storeDir));
    const text = [...readTree(path).values()].map(({ content }) => content.toString("latin1")).join("\n");
    expect(text).not.toContain(store.layout.canonicalStoreDir);
    expect(text).not.toContain(ZERO);
    expect(text.split(`${store.layout.storeDir}/${manifest.path}`).length - 1).toBe(3);
    expect(manifest.localised).toBe(true);
  });

  it("is told by its tree id when a byte of it changes", async () => {
    const store = await makeWorld().store();
    const { path, manifest } = await addTree(store, scripts(store.layout.storeDir));
    const file = join(path, "share/greeting");
    writeFileSync(file, readFileSync(file, "utf8").replace("hello", "jello"));
    const baseName: BaseName = manifest.path;
    expect(naiveTreeId(path, toCanonical(store, baseName))).not.toBe(manifest.treeId);
  });
});

const hasCompiler = spawnSync("cc", ["--version"]).status === 0;
if (!hasCompiler) process.stderr.write("moved-object.test.ts: no C compiler, ELF files are not tested\n");

describe.skipIf(!hasCompiler)("an object with ELF files", () => {
  it("has one digest, and finds its own library and data wherever it lies", async () => {
    const world = makeWorld();
    const [one, two] = await twoStores(world);
    const first = await addTree(one, compiled(world, one.layout.storeDir));
    const second = await addTree(two, compiled(world, two.layout.canonicalStoreDir));
    expect(second.manifest.path).toBe(first.manifest.path);
    for (const { path } of [first, second]) expectToRun(path);
  });

  it("runs after it was moved by replacing bytes in string tables", async () => {
    const world = makeWorld();
    const [one, two] = await twoStores(world);
    const first = await addTree(one, compiled(world, one.layout.storeDir));
    const second = await move(one, first, two);
    expect(second.manifest.path).toBe(first.manifest.path);
    rmSync(one.layout.root, { recursive: true });
    expectToRun(second.path);
    expect(faultsOf(two, second.manifest)).toEqual([]);
  });

  function expectToRun(path: string): void {
    expect(output(`${path}/bin/program`)).toBe(`program ${path}, library ${path}/lib, argument none\n`);
    expect(output(`${path}/bin/interpreted`)).toContain(`argument ${path}/bin/interpreted`);
    expect(output("/usr/bin/ldd", `${path}/bin/program`)).toContain(`libdemo.so.1 => ${path}/lib/libdemo.so.1`);
  }
});

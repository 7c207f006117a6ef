import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { commitObjects } from "../../src/store/commit-objects.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { createTemporaryDirectory } from "../../src/system/temporary-directory.ts";
import { makeStoreWorld } from "../helpers/run-store.ts";
import { addTree, makeWorld, stageTree } from "../helpers/worlds.ts";

const TREE = { "bin/a": "a", plain: "plain" };

/** Puts something else, or nothing, where an object lies. */
const instead = (put: (path: string, elsewhere: string) => void) => (path: string, elsewhere: string) => {
  removeTree(path);
  put(path, elsewhere);
};

it.each<[string, (path: string, elsewhere: string) => void]>([
  [
    "has lost a file",
    (path) => {
      chmodSync(path, 0o755);
      unlinkSync(join(path, "plain"));
    },
  ],
  ["is empty", instead((path) => mkdirSync(path))],
  ["is gone", instead(() => {})],
  ["is a file", instead((path) => writeFileSync(path, ""))],
  ["is a link to a directory of somebody's", instead((path, elsewhere) => symlinkSync(elsewhere, path))],
  ["is a link to nothing", instead((path) => symlinkSync("nothing", path))],
])("adding an object again that %s puts a whole one in its place", async (_, damage) => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const { path } = await addTree(store, TREE);
  const elsewhere = join(world.directory, "elsewhere");
  mkdirSync(elsewhere, 0o700);
  damage(path, elsewhere);

  const again = await addTree(store, TREE);

  expect([again.path, again.reused]).toEqual([path, false]);
  expect(readFileSync(join(path, "plain"), "utf8")).toBe("plain");
  expect([lstatSync(path).mode & 0o7777, lstatSync(path).mtimeMs]).toEqual([0o555, 1000]);
  expect(lstatSync(elsewhere).mode & 0o777).toBe(0o700);
  expect(readdirSync(store.layout.storeDir)).toEqual([path.split("/").at(-1)]);
  expect([readdirSync(store.layout.trash), readdirSync(store.layout.temporary)]).toEqual([[], []]);
  expect((await addTree(store, TREE)).reused).toBe(true);
});

it("who comes second finds the object whole again and leaves it", async () => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const { path } = await addTree(store, TREE);
  removeTree(path);
  mkdirSync(path);
  using one = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
  using other = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
  const [first, second] = [
    await stageTree(store, TREE, { temporary: one }),
    await stageTree(store, TREE, { temporary: other }),
  ];

  await commitObjects(store, [first]);
  const inode = lstatSync(path).ino;
  await commitObjects(store, [second]);

  expect(lstatSync(path).ino).toBe(inode);
});

it("what a process leaves that is killed before the exchange is told as a leftover, stays in a repair, and goes with gc", async () => {
  const world = makeStoreWorld();
  world.done("install", world.source("a-1", TREE));
  const storeDir = dirname(world.done("path", "a").stdout.trim());
  const left = join(storeDir, "0123456789abcdef");
  mkdirSync(left);
  writeFileSync(join(left, "plain"), "plain");

  expect(world.done("verify", "--repair").stdout).toContain("killed while it replaced an object");
  expect(readdirSync(left)).toEqual(["plain"]);
  world.done("gc");
  expect(existsSync(left)).toBe(false);
});

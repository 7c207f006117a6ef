import { chmodSync, existsSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { makeStoreWorld } from "../../helpers/run-store.ts";
import { addTree } from "../../helpers/worlds.ts";

vi.setConfig({ testTimeout: 300_000 });

interface Collected {
  readonly deleted: readonly string[];
  readonly freedBytes: number;
  readonly freedInodes: number;
  readonly left: number;
}

/** So many that worker threads do it. */
const MANY = 600;

it("hundreds of dead objects: the dry run tells what then happens, and all that is theirs is gone", async () => {
  const world = makeStoreWorld({ memory: true });
  world.done("install", world.source("alive-1", { "bin/alive": "alive", same: "same" }));
  const store = await world.store();
  for (let number = 0; number < MANY; number++)
    await addTree(store, { own: `${number}`, same: "same", "d/pair": `pair ${number >> 1}`, link: { link: "own" } });
  const pooled = () => readdirSync(join(world.root, "files"), { recursive: true, withFileTypes: true });
  const before = pooled().filter((entry) => entry.isFile()).length;

  const told = world.done("gc", "--dry-run", "--json").json<Collected>();
  const done = world.done("gc", "--json").json<Collected>();

  expect({ ...told, dryRun: false }).toEqual(done);
  expect(done.deleted.length).toBe(MANY);
  // Two directories, the link, the manifest and the file list of each; its own file, and one for two of them.
  expect(done.freedInodes).toBe(MANY * 6 + MANY / 2);
  expect(before - pooled().filter((entry) => entry.isFile()).length).toBe(MANY + MANY / 2);
  expect(done.deleted.filter((path) => existsSync(path))).toEqual([]);
  expect(readdirSync(join(world.root, "trash"))).toEqual([]);
  expect(world.done("verify", "--contents", "--json").status).toBe(0);
  expect(world.done("gc", "--json").json<Collected>()).toMatchObject({ deleted: [], freedBytes: 0, left: done.left });
});

it("what is freed is told right where the pool's file was replaced, and the pool keeps the new one", async () => {
  const world = makeStoreWorld({ memory: true });
  const store = await world.store();
  const content = "shared content";
  const paths: string[] = [];
  for (const name of ["a", "b", "c"]) paths.push((await addTree(store, { own: name, shared: content }, { name })).path);
  const file = join(paths[0] as string, "shared");
  chmodSync(file, 0o644);
  writeFileSync(file, "changed content");
  chmodSync(file, 0o444);
  const kept = world.done("add", world.source("kept-1", { shared: content })).stdout.trim();
  world.done("root", "add", kept, "--name", "kept");
  expect(lstatSync(join(kept, "shared")).nlink).toBe(2);

  const told = world.done("gc", "--dry-run", "--json").json<Collected>();
  const done = world.done("gc", "--json").json<Collected>();

  expect(done.deleted.length).toBe(3);
  expect([told.freedBytes, told.freedInodes]).toEqual([done.freedBytes, done.freedInodes]);
  expect(done.freedInodes).toBe(3 * 4 + 1);
  expect(lstatSync(join(kept, "shared")).nlink).toBe(2);
});

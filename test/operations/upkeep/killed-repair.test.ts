import { execFileSync } from "node:child_process";
import { chmodSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { useChangeDriver } from "../../helpers/change-driver.ts";
import { type DamageWorld, flip, inWritable, makeDamageWorld, replaceWith } from "../../helpers/damages.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, liveFiles } from "../../helpers/profile-worlds.ts";
import { readTree } from "../../helpers/worlds.ts";

// Dozens of processes: on a machine with other work that takes its time.
vi.setConfig({ testTimeout: 900_000 });

const driver = useChangeDriver();

/** Kills at every call where $STORE_KILL_ALL is set, otherwise at one in so many. */
const STRIDE = process.env.STORE_KILL_ALL ? 1 : 41;

const REQUEST = { profile: DEFAULT, cwd: "/", contents: true };

function damageMuch({ store, at, object }: DamageWorld): void {
  flip(at("a", "a/share/doc/same"));
  replaceWith(at("a", "a/lib/libx.so"), (path) => symlinkSync("libx.so.9", path));
  inWritable(at("c", "c/share"), removeTree);
  inWritable(at("b", "extra"), (path) => writeFileSync(path, "extra"));
  chmodSync(at("c", "c/lib"), 0o755);
  unlinkSync(join(store.layout.manifests, `${object("b")}.json`));
  writeFileSync(join(store.layout.profiles, "default/gen-2.json"), "{");
  unlinkSync(join(store.layout.profiles, "default/current"));
}

/** What lies in every object, by path. */
function contents(store: Store, objects: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const object of objects)
    for (const [path, { kind, content }] of readTree(join(store.layout.storeDir, object)))
      found.set(`${object}/${path}`, `${kind} ${content.toString("latin1")}`);
  return found;
}

it("a repair that is killed at any call that changes the disk leaves nothing worse, and the next one ends it", async () => {
  const world = await makeDamageWorld();
  const { store } = world;
  const objects = listObjects(store);
  const files = liveFiles(store);
  const good = contents(store, objects);
  damageMuch(world);
  const bad = contents(store, objects);
  const kept = join(world.directory, "kept");
  execFileSync("cp", ["-a", world.root, kept]);

  let kills = 0;
  for (let killAt = 1; ; killAt += STRIDE) {
    const { killed } = driver.run({ root: world.root, steps: [{ do: "repair" }], killAt });
    const where = `call ${killAt}`;
    for (const [path, content] of contents(store, objects))
      expect([good.get(path), bad.get(path)], `${where}: ${path}`).toContain(content);
    for (const path of good.keys())
      if (bad.has(path)) expect(contents(store, objects).has(path), `${where}: ${path}`).toBe(true);
    if (!killed) break;
    kills += 1;
    expect((await repair(store, REQUEST)).damaged, where).toEqual([]);
    expect(contents(store, objects), where).toEqual(good);
    expect(liveFiles(store), where).toEqual(files);
    execFileSync("sh", ["-c", 'chmod -R u+w "$0" && rm -rf "$0" && cp -a "$1" "$0"', world.root, kept]);
  }
  expect(kills).toBeGreaterThan(5);
  expect((await verify(store, REQUEST)).damaged).toEqual([]);
  expect(brokenRules(store)).toEqual([]);
});

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commitObjects } from "../../../src/store/commit-objects.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import { objectPath } from "../../../src/store/layout.ts";
import { openLease } from "../../../src/store/leases.ts";
import { readManifest } from "../../../src/store/manifests.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { stagedTree, stageObject } from "../../../src/store/stage-object.ts";
import { createTemporaryDirectory } from "../../../src/system/temporary-directory.ts";
import { LISTS, setAttribute, whyNoAttributes } from "../../helpers/attributes.ts";
import { faultsOf } from "../../helpers/naive-tree-id.ts";
import { DEFAULT, generation, installFrom } from "../../helpers/profile-worlds.ts";
import { type Added, addTree, makeWorld, nameOf, readTree, type TreeData } from "../../helpers/worlds.ts";

const SELF = `/store/pkgs${"_".repeat(37)}/${"0".repeat(32)}-demo-1.0`;

const TREE: TreeData = {
  plain: "text",
  "d/run": { exec: "text" },
  "d/e/mentions": SELF,
  "d/e/large": Buffer.alloc((1 << 20) + 1, "x"),
  "d/large-mentions": Buffer.concat([Buffer.alloc(1 << 20), Buffer.from(SELF)]),
  "d/link": { link: "run" },
  "d/link-mentions": { link: `${SELF}/plain` },
  "d/empty": { directory: true },
};

/** Adopts a tree that `change` has changed where it is staged. */
async function adopt(store: Store, tree: TreeData, change: (directory: string) => void): Promise<Added> {
  using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
  const directory = makeWorld().tree(tree, stagedTree(temporary));
  change(directory);
  using lease = openLease(store);
  const staged = await stageObject(store, { ...nameOf({}), origin: { kind: "directory" }, temporary, lease });
  await commitObjects(store, [staged]);
  return { ...staged, path: `${store.layout.storeDir}/${staged.manifest.path}` };
}

/** An object of a tree that `change` has changed, copied and adopted, each in a store of its own. */
async function bothWays(tree: TreeData, change: (directory: string) => void): Promise<[Store, Added][]> {
  const world = makeWorld();
  const source = world.tree(tree);
  change(source);
  const [one, two] = [await world.store("a"), await world.store("b")];
  return [
    [one, await addTree(one, source)],
    [two, await adopt(two, tree, change)],
  ];
}

describe("a store object", () => {
  it("has modes 0444 and 0555 and the time 1, whatever the source had", async () => {
    const change = (directory: string) => {
      chmodSync(join(directory, "d/run"), 0o6711);
      chmodSync(join(directory, "plain"), 0o4666);
      chmodSync(join(directory, "d/e/large"), 0o6644);
      chmodSync(join(directory, "d/e/mentions"), 0o4600);
      chmodSync(join(directory, "d/e"), 0o3777);
      chmodSync(directory, 0o2700);
      utimesSync(join(directory, "plain"), 1_700_000_000.5, 1_700_000_000.5);
    };
    for (const [store, { manifest, path }] of await bothWays(TREE, change)) {
      expect(faultsOf(store, manifest)).toEqual([]);
      const seen = readTree(path);
      expect(seen.get("plain" as never)?.mode).toBe(0o444);
      expect(seen.get("d/run" as never)?.mode).toBe(0o555);
      for (const [, { mtime }] of seen) expect(mtime).toBe(1);
    }
  });

  it.each([0, 0o077, 0o027])("is the same under umask %o", async (umask) => {
    const before = process.umask(umask);
    try {
      for (const [store, { manifest }] of await bothWays(TREE, () => undefined)) {
        expect(faultsOf(store, manifest)).toEqual([]);
      }
    } finally {
      process.umask(before);
    }
  });

  it("is the same in a directory that hands its group down", async () => {
    const world = makeWorld();
    const root = join(world.directory, "s");
    mkdirSync(root);
    chmodSync(root, 0o2755);
    const store = await world.store();
    for (const adopt of [false, true]) {
      const { manifest } = await addTree(store, TREE, { adopt, name: `demo-${adopt}` });
      expect(faultsOf(store, manifest)).toEqual([]);
    }
  });
});

/** Everything that getfattr(1) finds at and below a path, except for security labels. */
function attributesOf(path: string): string {
  const { stdout } = spawnSync("getfattr", ["-R", "-P", "-h", "-d", "-m", "^(user|system)\\.", path], {
    encoding: "utf8",
  });
  return stdout;
}

const reason = whyNoAttributes();
if (reason !== undefined) process.stderr.write(`freeze.test.ts: extended attributes are not tested, ${reason}\n`);

describe.skipIf(reason !== undefined)("extended attributes", () => {
  it("of the source do not get into an object", async () => {
    const change = (directory: string) => {
      for (const path of ["plain", "d/run", "d/e/large", "d/e/mentions", "d/large-mentions", "d/e", "d/empty", ""]) {
        expect(setAttribute("user.demo", "value", join(directory, path))).toBe(true);
      }
      for (const name of ["system.posix_acl_access", "system.posix_acl_default"]) {
        expect(setAttribute(name, LISTS.named, join(directory, "d"))).toBe(true);
      }
      expect(setAttribute("system.posix_acl_access", LISTS.named, join(directory, "d/run"))).toBe(true);
      chmodSync(join(directory, "plain"), 0o444);
    };
    const probe = makeWorld().tree(TREE);
    change(probe);
    expect(attributesOf(probe)).toContain("user.demo");
    for (const [store, { manifest, path }] of await bothWays(TREE, change)) {
      expect(attributesOf(path)).toBe("");
      expect(faultsOf(store, manifest)).toEqual([]);
    }
  });

  it.each(["named", "open", "plain"] as const)(
    "that the store's directory hands down do not get in (%s list)",
    async (list) => {
      const world = makeWorld();
      expect(setAttribute("system.posix_acl_default", LISTS[list], world.directory)).toBe(true);
      const store = await world.store();
      for (const adopt of [false, true]) {
        const { manifest, path } = await addTree(store, TREE, { adopt, name: `demo-${adopt}` });
        expect(attributesOf(path)).toBe("");
        expect(faultsOf(store, manifest)).toEqual([]);
      }
    },
  );

  it.each(["named", "open", "plain"] as const)("do not get into forests either (%s list)", async (list) => {
    const world = makeWorld();
    expect(setAttribute("system.posix_acl_default", LISTS[list], world.directory)).toBe(true);
    const store = await world.store();
    const sources = ["a-1", "b-1"].map((name) => world.tree({ [`share/d/${name}`]: "" }, join(world.directory, name)));
    await installFrom(store, ...sources);
    const { path } = readGeneration(store, DEFAULT, generation(1));
    expect(attributesOf(objectPath(store.layout, path))).toBe("");
    expect(faultsOf(store, readManifest(store, path))).toEqual([]);
  });
});

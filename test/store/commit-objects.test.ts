import { chmodSync, existsSync, mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ByteString } from "../../src/model/byte-string.ts";
import type { BaseName } from "../../src/model/ids.ts";
import { commitObjects } from "../../src/store/commit-objects.ts";
import { fileListPath, lockPath, manifestPath } from "../../src/store/layout.ts";
import { listObjects, readManifest } from "../../src/store/manifests.ts";
import type { Store } from "../../src/store/open-store.ts";
import { tryAcquireLock } from "../../src/system/lock.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { createTemporaryDirectory, sweepTemporaryDirectories } from "../../src/system/temporary-directory.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { useDriver } from "../helpers/driver.ts";
import { faultsOf } from "../helpers/naive-tree-id.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { addTree, makeWorld, readTree, stageTree, type TreeData } from "../helpers/worlds.ts";

const TREE: TreeData = { "d/a": "same", "d/b": "same", "bin/run": { exec: "run" }, link: { link: "d/a" } };

/** What is wrong with a store as a whole: every valid object, and what else lies about. */
function faultsOfStore(store: Store): string[] {
  return listObjects(store).flatMap((baseName) => {
    const manifest = readManifest(store, baseName);
    if (!existsSync(join(store.layout.storeDir, baseName))) return [`${baseName} is missing`];
    if (!existsSync(fileListPath(store.layout, baseName))) return [`${baseName} has no file list`];
    return faultsOf(store, manifest);
  });
}

/** The base name that an object of this tree has. */
async function nameFor(store: Store, tree: TreeData): Promise<BaseName> {
  using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
  return (await stageTree(store, tree, { temporary })).manifest.path;
}

describe("commitObjects", () => {
  it("makes several objects valid at once, also twice the same", async () => {
    const store = await makeWorld({ memory: true }).store();
    using one = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    using two = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    using three = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    const staged = [
      await stageTree(store, TREE, { temporary: one }),
      await stageTree(store, { other: "" }, { temporary: two, name: "other" }),
      await stageTree(store, TREE, { temporary: three }),
    ];
    expect(listObjects(store)).toEqual([]);
    await commitObjects(store, staged);
    expect(listObjects(store)).toHaveLength(2);
    expect(faultsOfStore(store)).toEqual([]);
  });

  it("puts an object in the place of what lies in the storeDir without a manifest", async () => {
    const store = await makeWorld({ memory: true }).store();
    const orphan = join(store.layout.storeDir, await nameFor(store, TREE));
    mkdirSync(join(orphan, "d"), { recursive: true });
    writeFileSync(join(orphan, "d/a"), "torn");
    chmodSync(orphan, 0o555);
    const { reused } = await addTree(store, TREE);
    expect(reused).toBe(false);
    expect(faultsOfStore(store)).toEqual([]);
    expect(readdirSync(store.layout.trash)).toEqual([]);
  });

  it("puts an object back whose directory is gone although its manifest is there", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { path } = await addTree(store, TREE);
    removeTree(path);
    expect(await addTree(store, TREE)).toMatchObject({ reused: false, path });
    expect(faultsOfStore(store)).toEqual([]);
  });

  it("leaves the manifest of an object alone that another process was first to add", async () => {
    const store = await makeWorld({ memory: true }).store();
    using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    const late = await stageTree(store, TREE, { temporary, metadata: { late: true } });
    const { manifest, path } = await addTree(store, TREE, { metadata: { first: true } });
    const before = readTree(path).get("" as ByteString)?.inode;
    await commitObjects(store, [late]);
    expect(readManifest(store, manifest.path).unknown).toEqual({ first: true });
    expect(readTree(path).get("" as ByteString)?.inode).toBe(before);
    expect(faultsOfStore(store)).toEqual([]);
  });

  it("says that a manifest is damaged instead of adding over it", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { manifest } = await addTree(store, TREE);
    const file = manifestPath(store.layout, manifest.path);
    writeFileSync(file, "{");
    expect(await caughtAsync(addTree(store, TREE))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining(file),
    });
  });

  it("lets go of everything when the signal is aborted before objects become visible", async () => {
    const store = await makeWorld({ memory: true }).store();
    const controller = new AbortController();
    {
      using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
      const staged = await stageTree(store, TREE, { temporary });
      controller.abort(new Error("enough"));
      expect(await caughtAsync(commitObjects(store, [staged], controller.signal))).toMatchObject({ message: "enough" });
    }
    expect(readdirSync(store.layout.storeDir)).toEqual([]);
    expect(readdirSync(store.layout.temporary)).toEqual([]);
  });

  it("waits for the lock on objects, and stops waiting when aborted", async () => {
    const store = await makeWorld({ memory: true }).store();
    using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    const staged = await stageTree(store, TREE, { temporary });
    const lock = tryAcquireLock(lockPath(store.layout, "objects"), "holder", store.context.now);
    const controller = new AbortController();
    const aborted = caughtAsync(commitObjects(store, [staged], controller.signal));
    controller.abort(new Error("enough"));
    expect(await aborted).toMatchObject({ message: "enough" });
    const committed = commitObjects(store, [staged]);
    expect(listObjects(store)).toEqual([]);
    lock?.[Symbol.dispose]();
    await committed;
    expect(faultsOfStore(store)).toEqual([]);
  });

  it("writes in the order that makes a valid object durable and whole", async () => {
    const store = await makeWorld({ memory: true }).store();
    using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    const staged = await stageTree(store, { "d/a": "1", b: "2" }, { temporary });
    const steps: string[] = [];
    const paths = new Map<number, string>();
    patchFs("openSync", (original) => (...args) => {
      const [path, ...rest] = args as unknown as Parameters<typeof original>;
      const fd = original(path, ...rest);
      paths.set(fd, String(path));
      return fd;
    });
    patchFs("fsyncSync", (original) => (fd: number) => {
      steps.push(`sync ${placeOf(paths.get(fd) ?? "")}`);
      original(fd);
    });
    patchFs("renameSync", (original) => (from: string, to: string) => {
      steps.push(`rename to ${placeOf(to)}`);
      original(from, to);
    });
    patchFs("linkSync", (original) => (from: string, to: string) => {
      steps.push(`link to ${placeOf(to)}`);
      original(from, to);
    });
    await commitObjects(store, [staged]);
    expect(steps).toEqual([
      ...["sync tree/d", "sync tree", "sync tree/b", "sync tree/d/a", "link to pool", "link to pool"],
      ...["rename to object", "sync storeDir", "sync temporary", "rename to files", "sync manifests"],
      ...["sync temporary", "rename to json", "sync manifests"],
    ]);

    function placeOf(path: string): string {
      const { layout } = store;
      if (path.startsWith(staged.directory)) return `tree${path.slice(staged.directory.length)}`;
      if (path.startsWith(layout.files)) return "pool";
      if (path === layout.storeDir) return "storeDir";
      if (path.startsWith(layout.storeDir)) return "object";
      if (path === layout.manifests) return "manifests";
      return path.includes("/.tmp-") ? "temporary" : path.replace(/.*\./, "");
    }
  });

  it("says what is wrong when the disk is full, and leaves nothing behind", async () => {
    const store = await makeWorld({ memory: true }).store();
    patchFs("writeSync", () => () => {
      throw errno("ENOSPC");
    });
    expect(await caughtAsync(addTree(store, TREE))).toMatchObject({ code: "ENOSPC" });
    expect(listObjects(store)).toEqual([]);
    expect(readdirSync(store.layout.manifests)).toEqual([]);
  });
});

describe("several at once", () => {
  const driver = useDriver();

  it("add the same tree in one process", async () => {
    const store = await makeWorld({ memory: true }).store();
    const added = await Promise.all(Array.from({ length: 5 }, () => addTree(store, TREE)));
    expect(new Set(added.map(({ path }) => path)).size).toBe(1);
    expect(faultsOfStore(store)).toEqual([]);
    expect(readdirSync(store.layout.temporary)).toEqual([]);
  });

  it("add the same and other trees in several processes, to a store that is not there yet", async () => {
    const world = makeWorld({ memory: true });
    const root = join(world.directory, "s");
    const sources = [world.tree(TREE), world.tree(TREE), world.tree({ ...TREE, more: "" }), world.tree(TREE)];
    const runs = await Promise.all(sources.map((source) => driver.start({ do: "add", root, source })));
    for (const { outcome } of runs) expect(outcome.error).toBeUndefined();
    const store = await world.store();
    expect(listObjects(store)).toHaveLength(2);
    expect(faultsOfStore(store)).toEqual([]);
  });
});

describe("a process that is killed while it adds", () => {
  const driver = useDriver();

  async function prepare() {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ ...TREE, self: `${store.layout.storeDir}/x` });
    const add = (killAt?: number) =>
      driver.run({ do: "add", root: store.layout.root, source, ...(killAt !== undefined && { killAt }) });
    return { store, source, add };
  }

  /** Checks that a killed process left no harm, and clears its temporary directory away. */
  function expectUnharmed(store: Store, killAt: number): void {
    expect([killAt, faultsOfStore(store)]).toEqual([killAt, []]);
    sweepTemporaryDirectories(store.layout.temporary, store.context.now);
    expect([killAt, readdirSync(store.layout.temporary)]).toEqual([killAt, []]);
  }

  it("leaves no object that is valid and torn, at whatever step, and does not stop the next", async () => {
    const { store, source, add } = await prepare();
    const total = add()?.steps as number;
    expect(total).toBeGreaterThan(40);
    // While the tree is copied now and then, from the flush on before every step.
    const moments = Array.from({ length: total }, (_, at) => at).filter((at) => at % 6 === 0 || at > total - 24);
    for (const killAt of moments) {
      forgetObjects(store);
      clearPool(store);
      expect(add(killAt)).toBeUndefined();
      expectUnharmed(store, killAt);
      await addTree(store, source);
      expect([killAt, listObjects(store).length, faultsOfStore(store)]).toEqual([killAt, 1, []]);
    }
  });

  it("does no harm either while it replaces what another killed process left", async () => {
    const { store, source, add } = await prepare();
    const leaveOrphan = async () => {
      await addTree(store, source);
      rmManifests(store);
    };
    await leaveOrphan();
    const total = add()?.steps as number;
    for (let killAt = total - 20; killAt < total; killAt++) {
      forgetObjects(store);
      await leaveOrphan();
      expect(add(killAt)).toBeUndefined();
      expect([killAt, wholeCopies(store)]).not.toEqual([killAt, 0]);
      expectUnharmed(store, killAt);
      await addTree(store, source);
      expect([killAt, listObjects(store).length, faultsOfStore(store)]).toEqual([killAt, 1, []]);
    }
  });

  /** How many trees with all files there are, in the storeDir and in the trash. */
  function wholeCopies({ layout }: Store): number {
    const trees = [layout.storeDir, layout.trash].flatMap((directory) =>
      readdirSync(directory).map((name) => join(directory, name)),
    );
    return trees.filter((tree) => Object.keys(TREE).every((path) => existsSync(join(tree, path)))).length;
  }

  function rmManifests({ layout }: Store): void {
    for (const name of readdirSync(layout.manifests)) unlinkSync(join(layout.manifests, name));
  }

  function forgetObjects(store: Store): void {
    rmManifests(store);
    for (const name of readdirSync(store.layout.storeDir)) removeTree(join(store.layout.storeDir, name));
  }

  function clearPool({ layout }: Store): void {
    for (const name of readdirSync(layout.files)) {
      for (const file of readdirSync(join(layout.files, name))) unlinkSync(join(layout.files, name, file));
    }
  }
});

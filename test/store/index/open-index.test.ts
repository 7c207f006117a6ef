import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printManifest } from "../../../src/model/manifest.ts";
import { packGraph } from "../../../src/model/packed-graph.ts";
import { closure, referrers } from "../../../src/operations/collection/closure.ts";
import type { StoreIndex } from "../../../src/store/index/index-entry.ts";
import { openMemoryIndex } from "../../../src/store/index/memory-index.ts";
import { openIndex } from "../../../src/store/index/open-index.ts";
import { isSealed } from "../../../src/store/index/seal.ts";
import { manifestPath } from "../../../src/store/layout.ts";
import { type listObjects, readManifest } from "../../../src/store/manifests.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { useChangeDriver } from "../../helpers/change-driver.ts";
import { makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { addTree, type World } from "../../helpers/worlds.ts";

const driver = useChangeDriver();

/** Objects that mention each other: app needs lib and data, lib needs base. */
async function withFour() {
  const world = makeProfileWorld();
  const store = await world.open();
  const base = await addTree(store, { base: "" }, { name: "base" });
  const lib = await addTree(store, { lib: `uses ${base.path}` }, { name: "lib" });
  const data = await addTree(store, { data: "" }, { name: "data" });
  const app = await addTree(store, { app: `uses ${lib.path} and ${data.path}` }, { name: "app" });
  const paths = { base: base.manifest.path, lib: lib.manifest.path, data: data.manifest.path, app: app.manifest.path };
  return { world, store, paths };
}

/** Every answer that an index can give. */
function answers(index: StoreIndex): unknown {
  const { damaged, strays } = index.others();
  return [
    [...index.names()].map((name) => ({ name, entry: index.get(name), referrers: [...index.referrers(name)] })),
    packGraph(index.graph()),
    [damaged.toSorted(), strays.toSorted()],
  ];
}

async function expectRight(store: Store): Promise<void> {
  const expected = answers(openMemoryIndex(store));
  {
    await using index = await openIndex(store);
    expect(answers(index)).toEqual(expected);
  }
  await using again = await openIndex(store);
  expect(answers(again)).toEqual(expected);
}

const dataFileOf = (store: Store) => join(store.layout.index, "data.mdb");

describe("the index", () => {
  it("answers as the manifests do", async () => {
    const { store, paths } = await withFour();
    await using index = await openIndex(store);
    expect(index.get(paths.lib)).toMatchObject({ name: "lib", version: "1.0", references: [paths.base] });
    expect([...index.names()]).toEqual(Object.values(paths).sort());
    expect(index.referrers(paths.base)).toEqual([paths.lib]);
    expect(index.get("a".repeat(32) as typeof paths.lib)).toBeUndefined();
    await expectRight(store);
  });

  it("knows an object that was added, and forgets one that is gone", async () => {
    const { store, paths } = await withFour();
    await expectRight(store);
    const more = await addTree(store, { more: `uses ${store.layout.storeDir}/${paths.base}` }, { name: "more" });
    await expectRight(store);
    expect(await referrers(store, paths.base)).toEqual([paths.lib, more.manifest.path].sort());
    unlinkSync(manifestPath(store.layout, more.manifest.path));
    await expectRight(store);
    expect(await referrers(store, paths.base)).toEqual([paths.lib]);
  });

  it("notices manifests that were added, removed, replaced and damaged by hand (invariant 10)", async () => {
    const { store, paths } = await withFour();
    await expectRight(store);
    const path = manifestPath(store.layout, paths.app);
    const text = readFileSync(path, "utf8");
    const replace = (content: string) => {
      writeFileSync(`${path}.new`, content);
      renameSync(`${path}.new`, path);
    };
    unlinkSync(path);
    await expectRight(store);
    replace(text);
    await expectRight(store);
    replace(JSON.stringify({ ...readManifest(store, paths.app), format: 1, references: [paths.base] }));
    await expectRight(store);
    expect(await referrers(store, paths.data)).toEqual([]);
    replace("{");
    await expectRight(store);
    replace(text);
    await expectRight(store);
    expect(await referrers(store, paths.data)).toEqual([paths.app]);
  });

  it("notices manifests that were replaced by hand and have the times that the others had", async () => {
    const { store, paths } = await withFour();
    await expectRight(store);
    const path = manifestPath(store.layout, paths.app);
    const { atime, mtime } = statSync(path);
    const text = readFileSync(path, "utf8");
    const others = printManifest({ ...readManifest(store, paths.app), references: [] });
    for (const content of [others, text, "x".repeat(text.length), text]) {
      writeFileSync(`${path}.new`, content);
      renameSync(`${path}.new`, path);
      utimesSync(path, atime, mtime);
      await expectRight(store);
    }
  });

  it("has a seal that tells the version, the store and the sum of the file, without which it is built anew", async () => {
    const { store } = await withFour();
    await expectRight(store);
    const sha256 = createHash("sha256")
      .update(readFileSync(dataFileOf(store)))
      .digest("hex");
    const seal = join(store.layout.index, "seal.json");
    expect(JSON.parse(readFileSync(seal, "utf8"))).toEqual({ format: 3, store: store.file.id, sha256 });
    for (const other of [{ format: 2 }, { store: "0".repeat(32) }, { sha256: "0".repeat(64) }]) {
      writeFileSync(seal, `${JSON.stringify({ format: 3, store: store.file.id, sha256, ...other })}\n`);
      expect(isOnDisk(store)).toBe(false);
    }
  });

  it("may be removed at any time, also while it is open (invariant 10)", async () => {
    const { store } = await withFour();
    const expected = answers(openMemoryIndex(store));
    await using open = await openIndex(store);
    rmSync(store.layout.index, { recursive: true });
    await expectRight(store);
    expect(answers(open)).toEqual(expected);
    await addTree(store, { late: "" }, { name: "late" });
    await expectRight(store);
  });

  it("misses no change that leaves the directory's time as it was, within one step of the clock", async () => {
    const { store, paths } = await withFour();
    // Ahead of the clock, so that a slow machine does not leave the step between two changes.
    const now = new Date(Date.now() + 60_000);
    const place = manifestPath(store.layout, paths.app);
    const text = readFileSync(place, "utf8");
    utimesSync(store.layout.manifests, now, now);
    await expectRight(store);
    unlinkSync(place);
    utimesSync(store.layout.manifests, now, now);
    await expectRight(store);
    expect(await referrers(store, paths.data)).toEqual([]);
    writeFileSync(place, text);
    utimesSync(store.layout.manifests, now, now);
    await expectRight(store);
    expect(await referrers(store, paths.data)).toEqual([paths.app]);
  });

  it("is kept: a second look writes nothing", async () => {
    const { store } = await withFour();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expectRight(store);
    const before = statSync(dataFileOf(store), { bigint: true });
    await expectRight(store);
    const after = statSync(dataFileOf(store), { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
  });
});

/** Whether it was built anew, or still stands: it was not only memory that answered. */
function isOnDisk(store: Store): boolean {
  return existsSync(dataFileOf(store)) && isSealed({ directory: store.layout.index, storeId: store.file.id });
}

/** Each leaves a file that LMDB must not be given. */
const damages: Readonly<Record<string, (store: Store, world: World) => void>> = {
  "is empty": (store) => truncateSync(dataFileOf(store)),
  "is gone, but not its seal": (store) => unlinkSync(dataFileOf(store)),
  "is random": (store) => writeFileSync(dataFileOf(store), noise(statSync(dataFileOf(store)).size)),
  "has a random page in the middle, and the time and size of before": (store) => {
    const path = dataFileOf(store);
    const { mtime, atime } = statSync(path);
    const bytes = readFileSync(path);
    noise(4096).copy(bytes, Math.floor(bytes.length / 8192) * 4096);
    const fd = { flag: "r+" };
    writeFileSync(path, bytes, fd);
    utimesSync(path, atime, mtime);
  },
  "is a directory": (store) => {
    unlinkSync(dataFileOf(store));
    cpSync(store.layout.locks, dataFileOf(store), { recursive: true });
  },
  "is a link to nothing": (store) => {
    unlinkSync(dataFileOf(store));
    symlinkSync("nowhere", dataFileOf(store));
  },
  "has a seal that is damaged": (store) => writeFileSync(join(store.layout.index, "seal.json"), "{"),
  "has a lock file that is random": (store) => writeFileSync(`${dataFileOf(store)}-lock`, noise(8192)),
  "is a file in place of the directory": (store) => {
    rmSync(store.layout.index, { recursive: true });
    writeFileSync(store.layout.index, "");
  },
  "is a link to nowhere in place of the directory": (store) => {
    rmSync(store.layout.index, { recursive: true });
    symlinkSync("/nowhere/at/all", store.layout.index);
  },
};

describe("an index that is damaged gives the right answers (invariant 10):", () => {
  for (const [what, damage] of Object.entries(damages)) {
    it(`it ${what}`, async () => {
      const { store, world } = await withFour();
      await expectRight(store);
      damage(store, world);
      await expectRight(store);
      expect(isOnDisk(store)).toBe(!what.includes("in place of the directory"));
    });
  }

  it("it was cut at a page, each in turn", async () => {
    const { store } = await withFour();
    await expectRight(store);
    const pages = statSync(dataFileOf(store)).size / 4096;
    for (let page = 0; page < pages; page++) {
      truncateSync(dataFileOf(store), page * 4096);
      await expectRight(store);
      expect(isOnDisk(store)).toBe(true);
    }
  });

  it("it is that of another store", async () => {
    const { store } = await withFour();
    const { store: other } = await withFour();
    await addTree(other, { more: "" }, { name: "more" });
    for (const each of [store, other]) await expectRight(each);
    for (const name of ["data.mdb", "seal.json"])
      copyFileSync(join(other.layout.index, name), join(store.layout.index, name));
    await expectRight(store);
  });

  it("it is that of an earlier time", async () => {
    const { world, store } = await withFour();
    await expectRight(store);
    cpSync(store.layout.index, join(world.directory, "kept"), { recursive: true });
    await addTree(store, { more: "" }, { name: "more" });
    await expectRight(store);
    rmSync(store.layout.index, { recursive: true });
    cpSync(join(world.directory, "kept"), store.layout.index, { recursive: true });
    await expectRight(store);
  });
});

describe("an index that cannot be written gives the right answers, and LMDB ends no process (invariant 10):", () => {
  const command = (root: string) => JSON.stringify({ root, steps: [{ do: "index" }, { do: "index" }] });
  const right = { names: true, entries: true, referrers: true };

  /** Opens the index twice in a process of a shell, which prepares what it has to cope with. */
  function expectRightIn(store: Store, shell: readonly string[], prepare: string): void {
    const [file = "", ...args] = [...shell, "sh", "-c", `${prepare} && exec "$0" "$@"`, process.execPath];
    const ran = spawnSync(file, [...args, driver.script(), command(store.layout.root)], { encoding: "utf8" });
    const results = ran.stdout.split("\n").filter((line) => line !== "");
    expect({ prepare, status: ran.status, signal: ran.signal, stderr: ran.status === 0 ? "" : ran.stderr }).toEqual({
      prepare,
      status: 0,
      signal: null,
      stderr: "",
    });
    expect(results.map((line) => JSON.parse(line).result)).toEqual([right, right]);
  }

  const mounts = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]), "--mount"];
  const canMount = spawnSync(mounts[0] as string, [...mounts.slice(1), "true"]).status === 0;

  it("files may not grow beyond a limit, whatever it is", async () => {
    const { store } = await withFour();
    for (const blocks of [1, 16, 17, 32, 64, 96, 2048, 4096]) {
      rmSync(store.layout.index, { recursive: true, force: true });
      expectRightIn(store, [], `trap '' XFSZ && ulimit -f ${blocks}`);
    }
  });

  it.skipIf(!canMount)("the disk is full, sooner or later (skipped without `unshare --mount`)", async () => {
    const { store } = await withFour();
    for (const kilobytes of [4, 12, 24, 36, 52, 96, 1100, 2200, 3300])
      expectRightIn(store, mounts, `mount -t tmpfs -o size=${kilobytes}k none ${store.layout.index}`);
  });

  it.skipIf(!canMount)("the disk has become full since (skipped without `unshare --mount`)", async () => {
    const { store } = await withFour();
    const { index } = store.layout;
    const driverRun = `"$0" "$@" > ${index}/../tmp/out`;
    const fill = `dd if=/dev/zero of=${index}/fill bs=4096 2> ${index}/../tmp/err; rm -f ${index}/../manifests/*demo*`;
    expectRightIn(store, mounts, `mount -t tmpfs -o size=8m none ${index} && ${driverRun} && { ${fill}; }`);
    await expectRight(store);
  });

  it.skipIf(!canMount)("it lies on a filesystem that is read-only (skipped without `unshare --mount`)", async () => {
    const { store } = await withFour();
    const { index } = store.layout;
    const readOnly = `mount --bind ${index} ${index} && mount -o remount,ro,bind ${index}`;
    expectRightIn(store, mounts, readOnly);
    await expectRight(store);
    expectRightIn(store, mounts, readOnly);
    unlinkSync(`${dataFileOf(store)}-lock`);
    expectRightIn(store, mounts, readOnly);
  });

  it("the process is killed at any call of its own that changes the disk", async () => {
    const { store } = await withFour();
    for (let killAt = 1; ; killAt++) {
      rmSync(store.layout.index, { recursive: true, force: true });
      const { killed } = driver.run({ root: store.layout.root, steps: [{ do: "index" }], killAt });
      await expectRight(store);
      if (!killed) break;
      expect(killAt).toBeLessThan(50);
    }
  });
});

describe("closure", () => {
  it("is all that an object needs, each once, itself first", async () => {
    const { store, paths } = await withFour();
    const found = (await closure(store, paths.app)).map(({ path }) => path);
    expect(found[0]).toBe(paths.app);
    expect([...found].sort()).toEqual(Object.values(paths).sort());
    expect((await closure(store, paths.base)).map(({ path }) => path)).toEqual([paths.base]);
  });

  it("of what the store does not hold is refused", async () => {
    const { store } = await withFour();
    const missing = `${"a".repeat(32)}-x-1` as ReturnType<typeof listObjects>[number];
    expect(await caughtAsync(closure(store, missing))).toMatchObject({ code: "NOT_FOUND" });
    expect(await caughtAsync(referrers(store, missing))).toMatchObject({ code: "NOT_FOUND" });
  });
});

/** The same bytes every time. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = 1; at < length; at++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    bytes[at] = state >> 16;
  }
  return bytes;
}

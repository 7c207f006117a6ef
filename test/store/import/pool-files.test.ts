import { spawnSync } from "node:child_process";
import {
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashBlob } from "../../../src/model/git-object.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { removeFile } from "../../../src/system/remove-file.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { faultsOf } from "../../helpers/naive-tree-id.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { type Added, addTree, makeWorld, readTree, type TreeData } from "../../helpers/worlds.ts";

/** Where the pool holds this content. */
function poolPath({ layout }: Store, content: string | Buffer, ending = ""): string {
  const id = hashBlob(Buffer.from(content));
  return join(layout.files, id.slice(0, 2), `${id}${ending}`);
}

/** The names of all files of the pool. */
function poolNames({ layout }: Store): string[] {
  const names = [...readTree(layout.files)].filter(([, { kind }]) => kind === "file").map(([path]) => path.slice(3));
  return names.sort();
}

const inode = (path: string) => statSync(path).ino;

describe("the file pool", () => {
  it("holds each distinct file once, linked into every object that has it", async () => {
    const store = await makeWorld({ memory: true }).store();
    const one = await addTree(store, { "d/a": "same", b: "same", c: "other" });
    const two = await addTree(store, { x: "same", y: "third" }, { name: "two" });
    const three = await addTree(store, { x: "same", z: "more" }, { name: "three", adopt: true });
    expect(poolNames(store)).toEqual(
      ["same", "other", "third", "more"].map((text) => hashBlob(Buffer.from(text))).sort(),
    );
    const inodes = ["d/a", "b"].map((path) => inode(join(one.path, path)));
    expect(
      new Set([...inodes, inode(`${two.path}/x`), inode(`${three.path}/x`), inode(poolPath(store, "same"))]).size,
    ).toBe(1);
    expect(statSync(poolPath(store, "same")).nlink).toBe(5);
    for (const { manifest } of [one, two, three]) expect(faultsOf(store, manifest)).toEqual([]);
  });

  it("holds executable and other files of the same content apart", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { path, manifest } = await addTree(store, { plain: "same", "d/run": { exec: "same" } });
    expect(poolNames(store)).toEqual([hashBlob(Buffer.from("same")), `${hashBlob(Buffer.from("same"))}x`]);
    expect(inode(`${path}/plain`)).toBe(inode(poolPath(store, "same")));
    expect(inode(`${path}/d/run`)).toBe(inode(poolPath(store, "same", "x")));
    expect(faultsOf(store, manifest)).toEqual([]);
  });

  it("names files by their local content", async () => {
    const store = await makeWorld({ memory: true }).store();
    const canonical = `${store.layout.canonicalStoreDir}/x`;
    const { path } = await addTree(store, { file: canonical });
    expect(poolNames(store)).toEqual([hashBlob(Buffer.from(`${store.layout.storeDir}/x`))]);
    expect(inode(`${path}/file`)).toBe(inode(poolPath(store, `${store.layout.storeDir}/x`)));
  });

  it("shares large files too", async () => {
    const store = await makeWorld({ memory: true }).store();
    const big = Buffer.alloc((1 << 20) + 1, "big");
    const one = await addTree(store, { "d/big": big, again: big });
    const two = await addTree(store, { big, other: "" }, { name: "two" });
    expect(inode(`${one.path}/again`)).toBe(inode(`${one.path}/d/big`));
    expect(inode(`${two.path}/big`)).toBe(inode(`${one.path}/d/big`));
    for (const { manifest } of [one, two]) expect(faultsOf(store, manifest)).toEqual([]);
  });

  it("shares equal files of a tree so large that threads pool it", async () => {
    const store = await makeWorld({ memory: true }).store();
    const tree = Object.fromEntries(
      Array.from({ length: 1500 }, (_, at): [string, string] => [`d${at % 5}/e/${at}`, `content ${at % 300}`]),
    );
    const { path, manifest } = await addTree(store, tree);
    expect(poolNames(store)).toHaveLength(300);
    expect(new Set(Object.keys(tree).map((name) => inode(join(path, name)))).size).toBe(300);
    expect(faultsOf(store, manifest)).toEqual([]);
  });
});

describe("a file of the pool that somebody changed", () => {
  const CHANGES: [string, (path: string) => void][] = [
    ["content", (path) => writeFileSync(path, "SAME")],
    ["length, with the time put back", (path) => changeQuietly(path, "longer")],
    ["time", (path) => utimesSync(path, 1, 2)],
  ];

  function changeQuietly(path: string, content: string): void {
    writeFileSync(path, content);
    utimesSync(path, 1, 1);
  }

  for (const adopt of [false, true]) {
    it.each(CHANGES)(`is not spread, and replaced (adopt: ${adopt}): %s`, async (_, change) => {
      const store = await makeWorld({ memory: true }).store();
      await addTree(store, { a: "same" });
      chmodSync(poolPath(store, "same"), 0o644);
      change(poolPath(store, "same"));
      const two = await addTree(store, { "d/b": "same" }, { name: "two", adopt });
      expect(faultsOf(store, two.manifest)).toEqual([]);
      expect(readFileSync(poolPath(store, "same"), "utf8")).toBe("same");
      expect(inode(poolPath(store, "same"))).toBe(inode(`${two.path}/d/b`));
    });
  }
});

describe("the limit of links", () => {
  it("gives the next object a fresh copy, which the pool then holds", async () => {
    const world = makeWorld();
    const store = await world.store();
    const one = await addTree(store, { a: "same" });
    const room = join(world.directory, "links");
    mkdirSync(room);
    if (!fillLinks(poolPath(store, "same"), room)) refuseLinksTo(poolPath(store, "same"));
    for (const adopt of [false, true]) {
      const two = await addTree(store, { "d/b": "same", c: "same" }, { name: `two-${adopt}`, adopt });
      expect(faultsOf(store, two.manifest)).toEqual([]);
      expect(inode(`${two.path}/c`)).not.toBe(inode(`${one.path}/a`));
      expect(inode(`${two.path}/c`)).toBe(inode(poolPath(store, "same")));
      expect(inode(`${two.path}/d/b`)).toBe(inode(`${two.path}/c`));
    }
    spawnSync("rm", ["-r", room]);
  });

  /** Links until the filesystem takes no more; false when it has no limit that can be reached here. */
  function fillLinks(path: string, room: string): boolean {
    try {
      for (let count = 0; count < 66_000; count++) linkSync(path, join(room, String(count)));
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: "EMLINK" });
      return true;
    }
  }

  function refuseLinksTo(path: string): void {
    const full = inode(path);
    patchFs("linkSync", (original) => (...args) => {
      const [from, to] = args as unknown as Parameters<typeof original>;
      if (statSync(from).ino === full && !existsSync(to)) throw errno("EMLINK");
      original(from, to);
    });
  }
});

describe("a filesystem without hard links", () => {
  it("has no pool, and objects all the same", async () => {
    const store = await makeWorld({ memory: true }).store();
    patchFs("linkSync", () => () => {
      throw errno("EPERM");
    });
    const { manifest } = await addTree(store, { a: "same", "d/b": "same" });
    expect(faultsOf(store, manifest)).toEqual([]);
    expect(poolNames(store)).toEqual([]);
  });
});

describe("import methods", () => {
  const TREE: TreeData = {
    small: "text",
    "d/run": { exec: "text" },
    "d/large": Buffer.alloc((1 << 20) + 9, "large"),
    link: { link: "small" },
  };

  async function expectApart(store: Store, source: string, added: Added): Promise<void> {
    expect(faultsOf(store, added.manifest)).toEqual([]);
    const outside = readTree(source);
    for (const [path, { kind, links, inode }] of outside) {
      if (kind === "file") expect([path, links]).toEqual([path, 1]);
      expect(inode).not.toBe(readTree(added.path).get(path)?.inode);
    }
  }

  it.each(["auto", "hardlink", "copy"] as const)("never link to a file outside of the store: %s", async (method) => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree(TREE);
    const first = await addTree(store, source, { method });
    await expectApart(store, source, first);
    await expectApart(store, source, await addTree(store, source, { method, name: "again" }));
    writeFileSync(join(source, "small"), "TEXT");
    writeFileSync(join(source, "d/large"), "changed");
    expect(faultsOf(store, first.manifest)).toEqual([]);
  });

  it("copy shares nothing", async () => {
    const store = await makeWorld({ memory: true }).store();
    const one = await addTree(store, TREE, { method: "copy" });
    const two = await addTree(store, TREE, { method: "copy", name: "two" });
    expect(poolNames(store)).toEqual([]);
    for (const { kind, links } of [...readTree(one.path).values(), ...readTree(two.path).values()]) {
      if (kind === "file") expect(links).toBe(1);
    }
  });

  it("reflink is refused where the filesystem has none, and clones where it has", async () => {
    const store = await makeWorld({ memory: true }).store();
    if (canReflink(store)) await expectClones(store);
    else {
      expect(await caughtAsync(addTree(store, TREE, { method: "reflink" }))).toMatchObject({
        code: "UNSUPPORTED",
        hint: expect.stringContaining("--import-method"),
      });
      expect(readTree(store.layout.temporary).size).toBe(1);
    }
  });

  it("reflink clones files into the pool and out of it, under any umask", async () => {
    const store = await makeWorld({ memory: true }).store();
    patchFs("copyFileSync", (original) => (...args) => {
      const [from, to, flags = 0] = args as unknown as [string, string, number];
      original(from, to, flags & ~constants.COPYFILE_FICLONE_FORCE);
    });
    const umask = process.umask(0o077);
    try {
      await expectClones(store);
    } finally {
      process.umask(umask);
    }
  });

  async function expectClones(store: Store): Promise<void> {
    const one = await addTree(store, TREE, { method: "reflink" });
    const two = await addTree(store, TREE, { method: "reflink", name: "two" });
    expect(poolNames(store)).toHaveLength(3);
    for (const { manifest } of [one, two]) expect(faultsOf(store, manifest)).toEqual([]);
    const all = [one.path, two.path, store.layout.files].flatMap((path) => [...readTree(path).values()]);
    for (const { kind, links } of all) if (kind === "file") expect(links).toBe(1);
    for (const { kind, mode, mtime } of readTree(store.layout.files).values()) {
      if (kind === "file") expect([mode & 0o444, mtime]).toEqual([0o444, 1]);
    }
  }

  function canReflink({ layout }: Store): boolean {
    const [from, to] = [join(layout.temporary, "from"), join(layout.temporary, "to")];
    writeFileSync(from, "x");
    const { status } = spawnSync("cp", ["--reflink=always", from, to]);
    for (const path of [from, to]) removeFile(path);
    return status === 0;
  }
});

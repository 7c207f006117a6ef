import { chmodSync, linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteString, fromText } from "../../src/model/byte-string.ts";
import { parseFileList } from "../../src/model/file-list.ts";
import { BLOB_HEADER_ROOM } from "../../src/model/git-object.ts";
import { parseBaseName } from "../../src/model/ids.ts";
import { commitObjects } from "../../src/store/commit-objects.ts";
import { fileListPath } from "../../src/store/layout.ts";
import { openLease } from "../../src/store/leases.ts";
import type { Store } from "../../src/store/open-store.ts";
import { stagedTree, stageObject } from "../../src/store/stage-object.ts";
import { createTemporaryDirectory } from "../../src/system/temporary-directory.ts";
import { anyTree } from "../helpers/any-tree.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { makeGit } from "../helpers/git.ts";
import { faultsOf, naiveTreeId, toCanonical } from "../helpers/naive-tree-id.ts";
import { runs } from "../helpers/runs.ts";
import { addTree, type Entry, makeWorld, nameOf, readTree, stageTree, type TreeData } from "../helpers/worlds.ts";

const MEBIBYTE = 1 << 20;

async function stagedTreeId(store: Store, tree: TreeData | string, adopt: boolean): Promise<string> {
  using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
  return (await stageTree(store, tree, { adopt, temporary })).manifest.treeId;
}

describe("the tree id of a staged object", () => {
  it("is the one that real git gives, for random trees, copied and adopted", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const git = makeGit(world.directory);
    await fc.assert(
      fc.asyncProperty(anyTree, async (tree) => {
        const id = git.treeId(tree);
        expect(await stagedTreeId(store, tree, false)).toBe(id);
        expect(await stagedTreeId(store, tree, true)).toBe(id);
      }),
      { numRuns: runs(6) },
    );
  });

  it("is the one that `git add` and `git write-tree` give for a directory on disk", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const git = makeGit(world.directory);
    const tree = world.tree({
      "bin/run": { exec: "#!/bin/sh\n" },
      "bin/link": { link: "../lib/é" },
      "lib/é": "text",
      "lib.d/10": "",
      "lib-x/9": "nine",
      "share/constructor": "",
      "share/__proto__x": "\0",
    });
    writeFileSync(join(tree, "__proto__"), "a name that plain objects lose");
    writeFileSync(join(tree, "odd-mode"), "executable for the group only");
    chmodSync(join(tree, "odd-mode"), 0o654);
    expect(await stagedTreeId(store, tree, false)).toBe(git.writeTree(tree));
    chmodSync(join(tree, "odd-mode"), 0o744);
    expect(await stagedTreeId(store, tree, false)).toBe(git.writeTree(tree));
  });

  it("holds for files around the size that is read whole", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const git = makeGit(world.directory);
    for (const size of [MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, MEBIBYTE + 33, 2 * MEBIBYTE + 7]) {
      const tree = { big: Buffer.alloc(size, `${size} `), "bin/big": { exec: Buffer.alloc(size, "x") } };
      expect(await stagedTreeId(store, tree, false)).toBe(git.treeId(tree));
      expect(await stagedTreeId(store, tree, true)).toBe(git.treeId(tree));
    }
  });

  it("holds for deep directories", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const path = Array.from({ length: 120 }, (_, depth) => `d${depth}`).join("/");
    const tree = { [`${path}/file`]: "deep", [`${path}/empty/er`]: { directory: true as const } };
    expect(await stagedTreeId(store, tree, false)).toBe(naiveTreeId(world.tree(tree)));
    expect(await stagedTreeId(store, tree, true)).toBe(naiveTreeId(world.tree(tree)));
  });

  it("holds for so many files that threads share the work", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const tree = Object.fromEntries(
      Array.from({ length: 1000 }, (_, at): [string, Entry] => [`d${at % 7}/${at}`, `content ${at % 900}`]),
    );
    const source = world.tree(tree);
    expect(await stagedTreeId(store, source, false)).toBe(naiveTreeId(source));
    expect(await stagedTreeId(store, tree, true)).toBe(naiveTreeId(source));
  });

  it("does not depend on times, owners, further modes and hard links of the source", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ a: "same", "d/x": { exec: "run" } });
    const id = await stagedTreeId(store, source, false);
    chmodSync(join(source, "a"), 0o4666);
    chmodSync(join(source, "d/x"), 0o2711);
    chmodSync(join(source, "d"), 0o3700);
    expect(await stagedTreeId(store, source, false)).toBe(id);
    chmodSync(join(source, "d/x"), 0o644);
    expect(await stagedTreeId(store, source, false)).not.toBe(id);
  });
});

describe("stageObject", () => {
  it("writes down each file, link and empty directory in the file list", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const { storeDir } = store.layout;
    const git = makeGit(world.directory);
    const { manifest } = await addTree(store, {
      plain: "text",
      "bin/run": { exec: `#!${storeDir}/x\n` },
      "bin/empty": { directory: true },
      link: { link: "bin/run" },
    });
    const entries = parseFileList(readFileSync(fileListPath(store.layout, manifest.path), "utf8"));
    const canonical = `#!${"/store/pkgs".padEnd(48, "_")}/x\n`;
    const local = `#!${storeDir}/x\n`;
    expect(entries).toEqual([
      { mode: "40000", id: git.treeId({}), size: 0, localId: undefined, path: "bin/empty" },
      {
        mode: "100755",
        id: git.blobId(Buffer.from(canonical)),
        size: 53,
        localId: git.blobId(Buffer.from(local)),
        path: "bin/run",
      },
      { mode: "120000", id: git.blobId(Buffer.from("bin/run")), size: 7, localId: undefined, path: "link" },
      { mode: "100644", id: git.blobId(Buffer.from("text")), size: 4, localId: undefined, path: "plain" },
    ]);
    expect(manifest).toMatchObject({ files: 3, size: 57, localised: true, references: [] });
  });

  it("writes the list in git's order, in which a slash stands behind the name of a directory", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { manifest } = await addTree(store, { "a/b": "", "a.b/c": "", "a-b": "", a0: "", "d/a/b": "", "d/a.b": "" });
    const entries = parseFileList(readFileSync(fileListPath(store.layout, manifest.path), "utf8"));
    expect(entries?.map(({ path }) => path)).toEqual(["a-b", "a.b/c", "a/b", "a0", "d/a.b", "d/a/b"]);
  });

  it("records time, origin, name, version and further members in the manifest", async () => {
    const store = await makeWorld({ memory: true }).store();
    const options = { name: "@scope+lib", version: "1.10", metadata: { platform: "x" } };
    const { manifest } = await addTree(store, { a: "1" }, options);
    expect(manifest).toMatchObject({
      name: "@scope+lib",
      version: "1.10",
      addressing: "content",
      localised: false,
      origin: { kind: "directory" },
      unknown: { platform: "x" },
    });
    expect(manifest.created).toMatch(/^2026-01-02T03:04:\d\d\.000Z$/);
  });

  it("takes the longest names and versions", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { manifest } = await addTree(store, { a: "1" }, { name: "n".repeat(128), version: "1".repeat(80) });
    expect(faultsOf(store, manifest)).toEqual([]);
  });

  it("finds references to objects that are there, in files and links, and to no others", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const one = await addTree(store, { a: "1" }, { name: "one" });
    const two = await addTree(store, { a: "2" }, { name: "two" });
    const three = await addTree(store, { a: "3" }, { name: "three" });
    const gone = `${"a".repeat(32)}-gone-1.0`;
    const { manifest } = await addTree(store, {
      small: `${store.layout.storeDir}/${two.manifest.path}/bin.`,
      large: Buffer.concat([Buffer.alloc(MEBIBYTE - 20, " "), Buffer.from(`${one.manifest.path}\0`), Buffer.alloc(99)]),
      link: { link: `../${three.manifest.path}/a` },
      other: gone,
    });
    expect(manifest.references).toEqual([one, two, three].map((each) => each.manifest.path).sort());
  });

  it("sees what stands across the end of a piece of a large file, at each place", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { storeDir } = store.layout;
    const border = BLOB_HEADER_ROOM + MEBIBYTE + 1;
    const across = (text: string, before: number) =>
      Buffer.concat([Buffer.alloc(border - before, " "), Buffer.from(text), Buffer.alloc(300, " ")]);
    for (const before of [1, 24, 40, 41, 47]) {
      const { manifest } = await addTree(store, { large: across(storeDir, before) }, { name: `at-${before}` });
      expect([before, manifest.localised, faultsOf(store, manifest)]).toEqual([before, true, []]);
    }
    const { manifest: other } = await addTree(store, { a: "1" }, { name: "n".repeat(128), version: "1".repeat(80) });
    for (const before of [1, 33, 200, other.path.length - 1]) {
      const { manifest } = await addTree(store, { large: across(other.path, before) }, { name: `to-${before}` });
      expect([before, manifest.references]).toEqual([before, [other.path]]);
    }
  });

  it("localises a file or link that names nothing but the object itself", async () => {
    const store = await makeWorld({ memory: true }).store();
    const zero = `${"0".repeat(32)}-demo-1.0`;
    for (const adopt of [false, true]) {
      for (const tree of [{ link: { link: `../../${zero}/a` } }, { file: `../${zero}/a` }]) {
        const { manifest, path } = await addTree(store, { ...tree, a: String(adopt) }, { adopt });
        const [[, seen] = [], ...none] = [...readTree(path)].filter(([name]) => /^(link|file)$/.test(name));
        expect([String(seen?.content), none]).toEqual([expect.stringContaining(`../${manifest.path}/a`), []]);
        expect([manifest.localised, faultsOf(store, manifest)]).toEqual([true, []]);
      }
    }
  });

  it("refuses a tree that mixes canonical and local form, naming both files", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { storeDir, canonicalStoreDir } = store.layout;
    const tree = { "d/local": `${storeDir}/x`, canonical: { link: `${canonicalStoreDir}/x` } };
    expect(await caughtAsync(addTree(store, tree))).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(/d\/local.*canonical/),
    });
    const both = { file: `${storeDir}:${canonicalStoreDir}` };
    expect(await caughtAsync(addTree(store, both))).toMatchObject({ code: "INVALID_INPUT" });
  });

  it.each([false, true])("takes a tree that was made at another name in the storeDir (adopt: %s)", async (adopt) => {
    const store = await makeWorld({ memory: true }).store();
    const tree = (baseName: string): TreeData => ({
      alone: baseName,
      "d/small": `${store.layout.storeDir}/${baseName}/bin`,
      "d/large": Buffer.concat([Buffer.alloc(MEBIBYTE - 9, "."), Buffer.from(`${baseName}.`)]),
      link: { link: `../${baseName}` },
    });
    const scratch = `${"scratch7".repeat(4)}-demo-1.0`;
    const { manifest, path } = await addTree(store, tree(scratch), { selfName: scratch, adopt });
    expect(manifest.treeId).toBe((await addTree(store, tree(`${"0".repeat(32)}-demo-1.0`))).manifest.treeId);
    expect(faultsOf(store, manifest)).toEqual([]);
    expect(
      readTree(path)
        .get("link" as ByteString)
        ?.content.toString(),
    ).toBe(`../${manifest.path}`);
    expect(manifest).toMatchObject({ references: [], localised: true });
  });

  it("takes a name that is not that of the content", async () => {
    const store = await makeWorld({ memory: true }).store();
    const baseName = parseBaseName(`${"inputkey".repeat(4)}-demo-1.0`);
    const tree = { self: `${store.layout.storeDir}/${"0".repeat(32)}-demo-1.0` };
    const { manifest, path } = await addTree(store, tree, { baseName });
    expect(manifest).toMatchObject({ path: baseName, addressing: "input" });
    expect(readFileSync(join(path, "self"), "utf8")).toBe(path);
    expect(naiveTreeId(path, toCanonical(store, baseName))).toBe(manifest.treeId);
  });

  it("adds what is there already as reused, without another copy", async () => {
    const store = await makeWorld({ memory: true }).store();
    const tree = { "d/a": "1", b: { exec: "2" } };
    const first = await addTree(store, tree);
    const before = readTree(first.path);
    const again = await addTree(store, tree, { metadata: { later: true } });
    expect(again).toMatchObject({ reused: true, manifest: first.manifest });
    expect(readTree(first.path)).toEqual(before);
  });

  it("leaves the source as it was", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ a: "1", "d/b": { exec: `${store.layout.storeDir}/x` }, l: { link: "a" } });
    const before = readTree(source);
    for (const method of ["auto", "hardlink", "copy"] as const) {
      await addTree(store, source, { method, name: method });
      expect(readTree(source)).toEqual(before);
    }
  });
});

describe("odd sources", () => {
  it("keeps names that are not UTF-8 through localising", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const name = "\xff\xe9" as ByteString;
    const tree = new Map<ByteString, Entry>([
      [`${name}/${name}` as ByteString, `${store.layout.storeDir}/x`],
      [`${name}/link` as ByteString, { link: `${fromText(store.layout.storeDir)}/\xff` }],
    ]);
    const { manifest, path } = await addTree(store, tree);
    expect(faultsOf(store, manifest)).toEqual([]);
    expect([...readTree(path).keys()].sort()).toEqual(["", name, `${name}/link`, `${name}/${name}`].sort());
  });

  it("adds an empty directory", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { manifest, path } = await addTree(store, {});
    expect(manifest).toMatchObject({ files: 0, size: 0 });
    expect(faultsOf(store, manifest)).toEqual([]);
    expect(readTree(path).size).toBe(1);
  });

  it("adopts hard links within the tree, large and small, also where they mention the store", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const big = Buffer.concat([Buffer.alloc(MEBIBYTE, "."), Buffer.from(`${store.layout.storeDir}/x`)]);
    const tree = { "1/small": `${store.layout.storeDir}/y`, "1/big": big };
    const expected = { ...tree, "2/small": tree["1/small"], "2/big": big };
    using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    const directory = world.tree(tree, stagedTree(temporary));
    mkdirSync(join(directory, "2"));
    for (const name of ["small", "big"]) linkSync(join(directory, "1", name), join(directory, "2", name));
    using lease = openLease(store);
    const staged = await stageObject(store, { ...nameOf({}), origin: { kind: "directory" }, temporary, lease });
    await commitObjects(store, [staged]);
    expect(faultsOf(store, staged.manifest)).toEqual([]);
    expect(staged.manifest.treeId).toBe((await addTree(store, expected)).manifest.treeId);
  });
});

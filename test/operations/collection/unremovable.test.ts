import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromText } from "../../../src/model/byte-string.ts";
import { type FileListEntry, printFileList } from "../../../src/model/file-list.ts";
import { hashBlob } from "../../../src/model/git-object.ts";
import { baseNameOf, digestOf } from "../../../src/model/ids.ts";
import { treeIdOfList } from "../../../src/model/list-tree.ts";
import { printManifest } from "../../../src/model/manifest.ts";
import { deleteObjects } from "../../../src/operations/collection/delete-objects.ts";
import { storeUsage } from "../../../src/operations/collection/du.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { type VerifyResult, verify } from "../../../src/operations/upkeep/verify.ts";
import { fileListPath, manifestPath, objectPath } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { makeDeepTree } from "../../helpers/deep-tree.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { DEFAULT } from "../../helpers/profile-worlds.ts";
import { addTree, makeWorld, nameOf } from "../../helpers/worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/", contents: true };
const LONG = "n".repeat(250);
const SHAPES = [
  { what: "deep", levels: 3000, name: "d" },
  { what: "long", levels: 40, name: LONG },
];

function namesIn({ layout }: Store): string[] {
  const { storeDir, manifests, trash, temporary } = layout;
  return [storeDir, manifests, trash, temporary].flatMap((path) => readdirSync(path));
}

/** As an older version committed it: its paths fitted into `tmp/`, and do not fit into the storeDir. */
function addOverlong(store: Store, tree: string): string {
  const path = fromText(`${`${LONG}/`.repeat(16)}f`);
  const content = Buffer.from("deep");
  const entry: FileListEntry = { mode: "100644", id: hashBlob(content), size: 4, localId: undefined, path };
  const treeId = treeIdOfList([entry]);
  const { name, version } = nameOf({ name: "overlong" });
  const object = baseNameOf(digestOf(treeId), name, version);
  renameSync(makeDeepTree(tree, { levels: 16, name: LONG }), objectPath(store.layout, object));
  writeFileSync(fileListPath(store.layout, object), printFileList([entry]));
  const manifest = { path: object, name, version, treeId, addressing: "content" as const, size: 4, files: 1 };
  const rest = { references: [], localised: false, created: "2026-01-02T03:04:05.000Z", unknown: {} };
  const text = printManifest({ ...manifest, ...rest, origin: { kind: "directory" } });
  writeFileSync(manifestPath(store.layout, object), text);
  return object;
}

describe.each(SHAPES)("a store with a tree in it that is $what", ({ levels, name }) => {
  it("is verified, measured and collected", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const { path } = await addTree(store, { f: "f" });
    const lying = makeDeepTree(join(world.directory, "lying"), { levels, name });
    chmodSync(path, 0o755);
    renameSync(lying, join(path, "lying"));
    const orphan = join(store.layout.storeDir, `${"a".repeat(32)}-orphan-1.0`);
    renameSync(makeDeepTree(join(world.directory, "orphan"), { levels, name }), orphan);
    mkdirSync(join(store.layout.temporary, "0123456789abcdef"));
    const left = join(store.layout.temporary, "0123456789abcdef/left");
    renameSync(makeDeepTree(join(world.directory, "left"), { levels, name }), left);

    const { damaged, leftovers } = await verify(store, REQUEST);
    expect(damaged.map(({ subject }) => subject)).toContain(`${basename(path)}/lying`);
    expect(JSON.stringify(leftovers)).toContain(basename(orphan));
    await storeUsage(store);
    await gc(store, { dryRun: true });
    const { deleted } = await gc(store);
    expect([deleted, namesIn(store)]).toEqual([[path], []]);
  });
});

it("an object whose paths are longer than the system takes is told of, and can go", async () => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const object = addOverlong(store, join(world.directory, "tree"));
  const unreadable = ({ damaged }: VerifyResult) => damaged.filter(({ kind }) => kind === "unreadable-file");
  expect(unreadable(await verify(store, REQUEST))).toMatchObject([{ object, reason: "cannot be read (ENAMETOOLONG)" }]);
  expect(unreadable(await repair(store, REQUEST))).toHaveLength(1);
  expect((await gc(store)).deleted.map((path) => basename(path))).toEqual([object]);
  expect(namesIn(store)).toEqual([]);
});

describe("what the system does not let go of", () => {
  /** Refuses to remove what has this name, until `allow` is called. */
  function refuse(name: string): { allow(): void } {
    let isRefused = true;
    patchFs("unlinkSync", (original) => (path: string) => {
      if (isRefused && basename(String(path)) === name) throw Object.assign(errno("EPERM"), { path });
      original(path);
    });
    return {
      allow() {
        isRefused = false;
      },
    };
  }

  function listen() {
    const warnings: string[] = [];
    const onEvent = (event: StoreEvent) => {
      if (event.kind === "warning") warnings.push(event.message);
    };
    return { warnings, onEvent };
  }

  it("is told, lies in the trash no deeper each time, and everything else goes", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const { path } = await addTree(store, { stuck: "s" }, { name: "stuck" });
    const others = await Promise.all(["a", "b"].map((name) => addTree(store, { [name]: name }, { name })));
    const { allow } = refuse("stuck");
    const { warnings, onEvent } = listen();
    const first = await gc(store, {}, { onEvent });
    expect(new Set(first.deleted)).toEqual(new Set([path, ...others.map((other) => other.path)]));
    const depth = () =>
      readdirSync(store.layout.trash, { recursive: true }).map((name) => String(name).split("/").length);
    const deepest = Math.max(...depth());
    const { path: next } = await addTree(store, { next: "n" }, { name: "next" });
    for (let run = 0; run < 3; run++) await gc(store, {}, { onEvent });
    expect([existsSync(next), readdirSync(store.layout.trash).length, Math.max(...depth())]).toEqual([
      false,
      1,
      deepest,
    ]);
    expect(warnings).toHaveLength(4);
    expect(warnings[0]).toMatch(/^something that nothing needs could not be removed: .* permit this on .*\/stuck$/);
    allow();
    await gc(store, {}, { onEvent });
    expect([namesIn(store), warnings.length]).toEqual([[], 4]);
  });

  it("does not keep `delete` from what it deletes, nor a leftover in tmp the collection", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const { manifest } = await addTree(store, { stuck: "s" }, { name: "stuck" });
    refuse("stuck");
    const { warnings, onEvent } = listen();
    const { deleted } = await deleteObjects(store, { objects: [manifest.path] }, { onEvent });
    expect([deleted.length, warnings.length]).toEqual([1, 1]);
    world.tree({ stuck: "s" }, join(store.layout.temporary, "0123456789abcdef"));
    const { path } = await addTree(store, { other: "o" }, { name: "other" });
    await gc(store, {}, { onEvent });
    expect([existsSync(path), warnings.at(-1)]).toEqual([false, expect.stringContaining("(and 1 more)")]);
  });
});

import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { StoreError } from "../../../src/errors.ts";
import type { ImportProgress } from "../../../src/store/import/import-tree.ts";
import { openLease } from "../../../src/store/leases.ts";
import { stageObject } from "../../../src/store/stage-object.ts";
import { createTemporaryDirectory } from "../../../src/system/temporary-directory.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { makeDeepTree } from "../../helpers/deep-tree.ts";
import { faultsOf } from "../../helpers/naive-tree-id.ts";
import { patchFs } from "../../helpers/patch-fs.ts";
import { addTree, makeWorld, nameOf, readTree } from "../../helpers/worlds.ts";

const MEBIBYTE = 1 << 20;

describe("a file that changes while it is read", () => {
  it.each([
    ["a small file that shrinks", "0123456789", (path: string) => truncateSync(path, 4)],
    ["a large file that shrinks", Buffer.alloc(3 * MEBIBYTE), (path: string) => truncateSync(path, 2 * MEBIBYTE)],
    ["a large file that grows", Buffer.alloc(3 * MEBIBYTE), (path: string) => appendFileSync(path, "more")],
    ["a file that is empty only at first", "", (path: string) => appendFileSync(path, "more")],
  ])("is refused by name: %s", async (_, content, change) => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ "d/file": content });
    let changed = false;
    patchFs("readSync", (original) => (...args) => {
      const [fd] = args as unknown as Parameters<typeof original>;
      if (!changed && readlinkSync(`/proc/self/fd/${fd}`) === join(source, "d/file")) {
        changed = true;
        change(join(source, "d/file"));
      }
      return original(...(args as unknown as Parameters<typeof original>));
    });
    expect(await caughtAsync(addTree(store, source))).toMatchObject({
      code: "FAILED",
      message: `${join(source, "d/file")} changed while it was read`,
    });
  });

  it.each([
    ["vanishes", () => undefined],
    ["becomes a symlink", (path: string) => symlinkSync("/etc/passwd", path)],
  ])("is refused when it %s", async (_, replace) => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ "d/file": "content" });
    const path = join(source, "d/file");
    patchFs("openSync", (original) => (...args) => {
      const [opened] = args as unknown as Parameters<typeof original>;
      if (opened === path) {
        unlinkSync(path);
        replace(path);
      }
      return original(...(args as unknown as Parameters<typeof original>));
    });
    expect(await caughtAsync(addTree(store, source))).toMatchObject({ code: "FAILED", details: { path } });
  });

  it.each<["before" | "after", string, (path: string, other: string) => unknown]>([
    ["before", "a symlink", (path, other) => symlinkSync(other, path)],
    ["after", "a symlink", (path, other) => symlinkSync(other, path)],
    ["after", "another directory", (path, other) => renameSync(other, path)],
  ])("is refused when %s its directory is listed that becomes %s", async (moment, _, replace) => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ "d/e/file": "content" });
    const other = world.tree({ file: "content of somebody else" });
    const path = join(source, "d/e");
    let isReplaced = false;
    patchFs("readdirSync", (original) => (...args) => {
      const list = () => original(...(args as unknown as Parameters<typeof original>));
      if (isReplaced || String(args[0]) !== path) return list();
      isReplaced = true;
      const listed = moment === "after" ? list() : undefined;
      renameSync(path, `${path}.moved`);
      replace(path, other);
      return listed ?? list();
    });
    expect(await caughtAsync(addTree(store, source))).toMatchObject({ code: "FAILED", details: { path } });
    expect(isReplaced).toBe(true);
  });
});

describe("what is no file, directory or symlink", () => {
  const MAKERS: [string, (path: string) => unknown][] = [
    ["a pipe", (path) => spawnSync("mkfifo", [path])],
    ["a socket", (path) => listen(path)],
    ...(process.getuid?.() === 0
      ? [
          ["a device", (path: string) => spawnSync("mknod", [path, "c", "1", "3"])] as [
            string,
            (path: string) => unknown,
          ],
        ]
      : []),
  ];

  it.each(MAKERS)("is refused by name: %s", async (_, make) => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ "d/file": "" });
    await make(join(source, "d/it"));
    expect(readTree(source).get("d/it" as never)?.kind).toBe("other");
    expect(await caughtAsync(addTree(store, source))).toMatchObject({
      code: "INVALID_INPUT",
      message: `${join(source, "d/it")} is neither a file, a directory nor a symlink`,
    });
    expect(readTree(store.layout.temporary).size).toBe(1);
    expect(readTree(store.layout.storeDir).size).toBe(1);
  });

  it.each([
    ["too deep", { levels: 513, name: "d" }, /^d\/d\/.*… lies 513 directories deep/],
    ["too deep for the stack", { levels: 3000, name: "d" }, /^d\/d\/.*… lies 513 directories deep/],
    ["too long", { levels: 20, name: "n".repeat(250) }, /^n+…? has a path of 3262 bytes/],
  ])("is refused before it is copied, and nothing of it stays: %s", async (_what, shape, message) => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const error = (await caughtAsync(addTree(store, makeDeepTree(join(world.directory, "deep"), shape)))) as StoreError;
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringMatching(message) });
    expect(error.message.length).toBeLessThan(300);
    expect(readTree(store.layout.temporary).size).toBe(1);
  });

  it("is not refused as long as it just fits", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const { path } = await addTree(store, makeDeepTree(join(world.directory, "deep"), { levels: 512 }));
    expect(readTree(path).size).toBe(514);
  });

  it("is refused as clearly behind so many files that threads are at work", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const files = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`a/${at}`, String(at)]));
    const source = world.tree({ ...files, "z/file": "" });
    spawnSync("mkfifo", [join(source, "z/it")]);
    expect(await caughtAsync(addTree(store, source))).toMatchObject({ code: "INVALID_INPUT" });
  });

  async function listen(path: string): Promise<void> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
  }
});

describe("a few large files", () => {
  it("are shared between threads and come out as they are", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const large = (letter: string) => Buffer.alloc(9 * MEBIBYTE, letter);
    const tree = { a: large("a"), "d/b": large("b"), "d/c": large("c"), "d/d": large("d"), "d/e": "e", "d/f": "" };
    const added = await addTree(store, tree);
    expect(faultsOf(store, added.manifest)).toEqual([]);
    expect(added.manifest.size).toBe(36 * MEBIBYTE + 1);
    const again = await addTree(store, tree, { adopt: true });
    expect(again.manifest.path).toBe(added.manifest.path);
  });
});

describe("an import in threads that ends early", () => {
  const many = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`d${at % 3}/f${at}`, `content ${at}`]));
  const openFiles = () => readdirSync("/proc/self/fd").length;

  it("for something in it that is no file leaves no promise behind", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({
      ...many,
      ...Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`g${at}`, "g"])),
    });
    mkdirSync(join(source, "z"));
    spawnSync("mkfifo", [join(source, "z/pipe")]);
    const unheard: unknown[] = [];
    const listen = (error: unknown) => unheard.push(error);
    process.on("unhandledRejection", listen);
    onTestFinished(() => void process.off("unhandledRejection", listen));
    expect(await caughtAsync(addTree(store, source))).toMatchObject({ code: "INVALID_INPUT" });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unheard).toEqual([]);
  });

  it("by the signal leaves no file open", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const large = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`l${at}/f`, Buffer.alloc(6 * MEBIBYTE)]));
    const source = world.tree({ ...many, ...large });
    const add = async () => {
      using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
      using lease = openLease(store);
      const abort = new AbortController();
      const { name, version } = nameOf({});
      const options = { name, version, origin: { kind: "directory" as const }, temporary, lease, source };
      const onProgress = ({ bytes }: ImportProgress) => bytes > 6 * MEBIBYTE && abort.abort();
      expect(await caughtAsync(stageObject(store, { ...options, signal: abort.signal, onProgress }))).toMatchObject({
        name: "AbortError",
      });
    };
    await add();
    const before = openFiles();
    for (let time = 0; time < 16; time++) await add();
    expect(openFiles()).toBeLessThan(before + 4);
  });
});

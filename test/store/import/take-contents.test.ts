import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { StoreError } from "../../../src/errors.ts";
import { type ByteString, fromText } from "../../../src/model/byte-string.ts";
import { hashBlob } from "../../../src/model/git-object.ts";
import type { ImportRunner } from "../../../src/store/import/runner.ts";
import { createScanAhead } from "../../../src/store/import/scan-ahead.ts";
import { type ImportTask, importTaskSteps } from "../../../src/store/import/tasks.ts";
import { openLease } from "../../../src/store/leases.ts";
import { stagedTree, stageObject } from "../../../src/store/stage-object.ts";
import { extractArchive } from "../../../src/system/archive/extract-archive.ts";
import type { FileWatch } from "../../../src/system/archive/tree-writer.ts";
import { OpenFiles } from "../../../src/system/open-files.ts";
import { finish } from "../../../src/system/steps.ts";
import { createTemporaryDirectory } from "../../../src/system/temporary-directory.ts";
import { makeTar, type TarMember } from "../../helpers/archives.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { extracted, treeOf, WIDE } from "../../helpers/extracted.ts";
import { adoptSettings } from "../../helpers/import-settings.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { addTree, DIRECTORY, type Entry, makeWorld, nameOf, readTree } from "../../helpers/worlds.ts";

const MEBIBYTE = 1 << 20;
const STORE_DIR = "/home/somebody/.local/share/store/pkgs__________";

/** What an archive is unpacked with, by tasks that do not begin before `mayBegin` is kept. */
function makeUnpacking(archive: Uint8Array, { mayBegin = () => Promise.resolve() } = {}) {
  const world = makeWorld({ memory: true });
  const file = join(world.directory, "input.tar");
  writeFileSync(file, archive);
  const target = world.tree({});
  const settings = adoptSettings({
    files: world.tree({}),
    scratch: world.tree({}),
    localStoreDir: STORE_DIR,
    canonicalStoreDir: "/store/pkgs".padEnd(48, "_"),
  });
  const tasks: ImportTask["kind"][] = [];
  const runner = {
    useThreads: () => true,
    async run(task: ImportTask) {
      tasks.push(task.kind);
      await mayBegin();
      return finish(importTaskSteps(settings, task));
    },
  } as unknown as ImportRunner;
  const openFiles = new OpenFiles();
  const ahead = createScanAhead(target, runner, openFiles);
  return {
    file,
    target,
    tasks,
    async unpack() {
      using _ = openFiles;
      const options = { strip: 0, limits: WIDE, watch: ahead } as const;
      const result = await extractArchive(file, target, options);
      return { result, known: await ahead.results(undefined) };
    },
  };
}

function openHere(directory: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      return [];
    }
  });
}

/** An error, without the archive's path. */
function whatOf(error: unknown) {
  if (!(error instanceof StoreError)) throw new Error("expected a StoreError", { cause: error });
  return [error.code, error.details.entry, error.message.slice(error.message.indexOf(": "))];
}

const anyName = fc.constantFrom("a", "b", "d/a", "d/b", "d/e/f", "g", "caf\xe9");
const anyContent = fc.oneof(
  fc.constantFrom("", "one", "two", "x".repeat(511), "y".repeat(512), "z".repeat(70_000)),
  fc.constantFrom(`see ${STORE_DIR}/x`, `at ${"0".repeat(32)}-demo-1.0`, "w".repeat(2 * MEBIBYTE + 5)),
);
const anyMember: fc.Arbitrary<TarMember> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: anyName, content: anyContent, mode: fc.constantFrom(0o644, 0o755) }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, type: fc.constant("1"), link: anyName }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, type: fc.constant("2"), link: anyName }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constantFrom("d/", "a/", "new/") }) },
);

describe("an archive whose contents are written by tasks", () => {
  it("is the tree that it is otherwise, or the same error; nothing stays open", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyMember, { minLength: 1, maxLength: 14 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 }),
        async (members, cut) => {
          const whole = makeTar(members);
          const archive = cut === null ? whole : whole.subarray(0, Math.floor(cut * whole.length));
          const unpacking = makeUnpacking(archive);
          const plain = await extracted(archive).catch((error: unknown) => error as StoreError);
          const taken = await unpacking.unpack().catch((error: unknown) => error as StoreError);
          expect(openHere(unpacking.target)).toEqual([]);
          expect(openHere(unpacking.file)).toEqual([]);
          if (plain instanceof StoreError) {
            expect(whatOf(taken)).toEqual(whatOf(plain));
            return;
          }
          if (taken instanceof StoreError) throw taken;
          expect(treeOf(unpacking.target)).toEqual(plain.tree);
          expect(taken.result).toEqual(plain.result);
          const tree = readTree(unpacking.target);
          for (const [path, { id, size, executable }] of taken.known.files) {
            const { content, mode, mtime } = tree.get(path) as NonNullable<ReturnType<typeof tree.get>>;
            expect({ id, size }).toEqual({ id: hashBlob(content), size: content.length });
            expect(taken.known.frozen.has(path)).toBe(true);
            expect([mode & 0o777, mtime]).toEqual([executable ? 0o555 : 0o444, 1]);
          }
          // What is missing there is read again later: what must be rewritten, and further names of a file.
          const mentions = [...tree].filter(([, { content }]) => /\/pkgs_|0{32}-/.test(content.toString("latin1")));
          for (const [path] of mentions) expect(taken.known.files.has(path)).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("has few files open at once, however many it holds", async () => {
    const members = Array.from({ length: 3000 }, (_, at) => ({ name: `d/f${at}`, content: `file ${at}` }));
    let most = 0;
    const unpacking = makeUnpacking(makeTar(members), {
      mayBegin: async () => {
        await new Promise(setImmediate);
        most = Math.max(most, openHere(unpacking.target).length);
      },
    });
    const { known } = await unpacking.unpack();
    expect(known.files.size).toBe(3000);
    expect(treeOf(unpacking.target)["d/f2999"]).toBe("file: file 2999");
    expect(most).toBeGreaterThan(32);
    expect(most).toBeLessThanOrEqual(128);
  });

  it("goes on while a thread that was given some of them is slow", async () => {
    const members = Array.from({ length: 3000 }, (_, at) => ({ name: `d/f${at}`, content: `file ${at}` }));
    let begun = 0;
    const unpacking = makeUnpacking(makeTar(members), {
      // The first tasks wait for nearly all others.
      mayBegin: async () => {
        if (begun++ < 2) await vi.waitFor(() => expect(begun).toBeGreaterThan(80), { timeout: 30_000 });
        else await new Promise(setImmediate);
      },
    });
    const { known } = await unpacking.unpack();
    expect(known.files.size).toBe(3000);
  });

  it("reads nothing of the contents but by tasks", async () => {
    const unpacking = makeUnpacking(makeTar([{ name: "large", content: Buffer.alloc(9 * MEBIBYTE, "x") }]));
    let read = 0;
    patchFs("readSync", (original) => (...args) => {
      const count = original(...(args as unknown as Parameters<typeof original>));
      read += count;
      return count;
    });
    await unpacking.unpack();
    expect(unpacking.tasks).toEqual(["unpack"]);
    expect(read).toBeLessThan(9 * MEBIBYTE + 200_000);
  });

  it("is refused when it is cut short meanwhile", async () => {
    const members = [1, 2].map((at) => ({ name: `f${at}`, content: Buffer.alloc(at * MEBIBYTE, "x") }));
    const unpacking = makeUnpacking(makeTar(members), {
      mayBegin: async () => truncateSync(unpacking.file, 2 * MEBIBYTE),
    });
    expect(await caughtAsync(unpacking.unpack())).toMatchObject({
      code: "FAILED",
      message: `${unpacking.file} changed while it was read`,
    });
    expect(openHere(unpacking.target)).toEqual([]);
  });

  it("tells which entry a full disk had no room for", async () => {
    const members = [1, 2, 3].map((at) => ({ name: `d/f${at}`, content: Buffer.alloc(at * 100_000, `${at}`) }));
    const unpacking = makeUnpacking(makeTar(members));
    patchFs("writeSync", (original) => (...args) => {
      const [, bytes] = args as unknown as [number, Buffer];
      if (bytes[0] === "2".charCodeAt(0)) throw errno("ENOSPC");
      return original(...(args as unknown as Parameters<typeof original>));
    });
    expect(await caughtAsync(unpacking.unpack())).toMatchObject({
      code: "NO_SPACE",
      message: `${unpacking.file}: entry 'd/f2' cannot be written: no space is left on the disk of the store`,
      hint: "Make room there (`df -h`, `df -i`), then try again.",
      details: { archive: unpacking.file, entry: "d/f2" },
    });
    expect(openHere(unpacking.target)).toEqual([]);
  });

  it("fails when a file cannot be closed: a quota can tell only then that there was no room", async () => {
    const unpacking = makeUnpacking(makeTar([{ name: "a", content: "one" }]));
    patchFs("closeSync", (original) => (fd: number) => {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      original(fd);
      if (path === join(unpacking.target, "a")) throw errno("EDQUOT");
    });
    expect(await caughtAsync(unpacking.unpack())).toMatchObject({ code: "EDQUOT" });
  });

  it("knows files by the names that they have in the end", async () => {
    const unpacking = makeUnpacking(
      makeTar([
        { name: "a", content: "old" },
        { name: "b", content: "kept" },
        { name: "a", content: "new" },
      ]),
    );
    const { known } = await unpacking.unpack();
    expect(known.files.get(fromText("a"))?.id).toBe(hashBlob(Buffer.from("new")));
    expect([...known.frozen].sort()).toEqual(["a", "b"] as ByteString[]);
  });
});

describe("an object of a large archive", () => {
  it("is the one of the same tree in a directory, and comes from threads that wrote it", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const entries: Record<string, Entry> = {
      mention: `see ${store.layout.storeDir}/y`,
      "bin/run": { exec: `#!/bin/sh\nexec ${store.layout.storeDir}/y` },
      link: { link: "bin/run" },
      empty: "",
      "d/large": "x".repeat(3 * MEBIBYTE),
    };
    for (let at = 0; at < 600; at++) entries[`many/${at % 7}/f${at}`] = `${at} `.repeat(20_000);
    const { manifest } = await addTree(store, entries);
    const archive = join(world.directory, "input.tar");
    execFileSync("tar", [
      "-C",
      world.tree({ "top-1": DIRECTORY, ...under("top-1", entries) }),
      "-cf",
      archive,
      "top-1",
    ]);
    using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
    using lease = openLease(store);
    mkdirSync(stagedTree(temporary));
    let isTaken = false;
    const staged = await stageObject(store, {
      ...nameOf({}),
      temporary,
      lease,
      reread: true,
      replace: true,
      origin: { kind: "directory" },
      fill: async (tree, watch) => {
        const taking = (file: Parameters<NonNullable<FileWatch["takeContents"]>>[0]) => {
          const taker = watch.takeContents?.(file);
          isTaken = taker !== undefined;
          return taker;
        };
        const observed = { written: watch.written, replaced: watch.replaced, takeContents: taking };
        const result = await extractArchive(archive, tree, { strip: "auto", limits: WIDE, watch: observed });
        return result.strippedDirectory;
      },
    });
    expect(isTaken).toBe(true);
    expect({ ...staged.manifest, created: "" }).toEqual({ ...manifest, created: "" });
    expect(openHere(`${temporary.path}/`)).toEqual([]);
    expect(openHere(archive)).toEqual([]);
  });
});

function under(top: string, entries: Readonly<Record<string, Entry>>): Record<string, Entry> {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [`${top}/${name}`, entry]));
}

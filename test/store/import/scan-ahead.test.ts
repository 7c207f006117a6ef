import { mkdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ByteString, fromText } from "../../../src/model/byte-string.ts";
import { hashBlob } from "../../../src/model/git-object.ts";
import type { ImportSettings } from "../../../src/store/import/import-settings.ts";
import type { ImportRunner } from "../../../src/store/import/runner.ts";
import { createScanAhead } from "../../../src/store/import/scan-ahead.ts";
import { type ImportTask, importTaskSteps } from "../../../src/store/import/tasks.ts";
import { openLease } from "../../../src/store/leases.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { stagedTree, stageObject } from "../../../src/store/stage-object.ts";
import type { FileWatch } from "../../../src/system/archive/tree-writer.ts";
import { OpenFiles } from "../../../src/system/open-files.ts";
import { finish } from "../../../src/system/steps.ts";
import { createTemporaryDirectory } from "../../../src/system/temporary-directory.ts";
import { adoptSettings } from "../../helpers/import-settings.ts";
import { addTree, DIRECTORY, type Entry, makeWorld, nameOf } from "../../helpers/worlds.ts";

const MEBIBYTE = 1 << 20;

/** A runner that does at once what it is asked to, and tells what that was. */
function runHere(settings: ImportSettings, { enough }: { readonly enough: (files: number) => boolean }) {
  const tasks: ImportTask[] = [];
  const runner = {
    useThreads: ({ files }: { readonly files: number }) => enough(files),
    async run(task: ImportTask) {
      tasks.push(task);
      return finish(importTaskSteps(settings, task));
    },
  } as unknown as ImportRunner;
  return { runner, tasks };
}

function settingsFor({ layout }: Store): ImportSettings {
  return adoptSettings({
    files: layout.files,
    scratch: layout.temporary,
    localStoreDir: layout.storeDir,
    canonicalStoreDir: layout.canonicalStoreDir,
  });
}

async function makeAhead(enough: (files: number) => boolean = () => true) {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const directory = world.tree({});
  const { runner, tasks } = runHere(settingsFor(store), { enough });
  const openFiles = new OpenFiles();
  onTestFinished(() => openFiles[Symbol.dispose]());
  const ahead = createScanAhead(directory, runner, openFiles);
  const path = (name: string) => fromText(name);
  return {
    store,
    tasks,
    ahead,
    write(name: string, content: string | Buffer) {
      mkdirSync(join(directory, name, ".."), { recursive: true });
      writeFileSync(join(directory, name), content);
      ahead.written(path(name), content.length);
    },
    remove(name: string) {
      rmSync(join(directory, name), { recursive: true });
      ahead.replaced(path(name));
    },
    /** Ends a batch: one more file that is as large as a batch may be. */
    fill(name: string) {
      this.write(name, Buffer.alloc(4 * MEBIBYTE));
    },
    /** Ids by path. */
    async results(hoisted?: string) {
      const { files } = await ahead.results(hoisted === undefined ? undefined : path(hoisted));
      return Object.fromEntries([...files].map(([name, { id }]) => [name, id]));
    },
  };
}

const idOf = (content: string | Buffer) => hashBlob(Buffer.from(content as string));

describe("reading ahead", () => {
  it("reads files in batches while others are written", async () => {
    const it = await makeAhead();
    it.write("a", "one");
    expect(it.tasks).toHaveLength(0);
    it.fill("b");
    expect(it.tasks).toHaveLength(1);
    it.write("d/c", "three");
    expect(await it.results()).toEqual({ a: idOf("one"), b: idOf(Buffer.alloc(4 * MEBIBYTE)), "d/c": idOf("three") });
    expect(it.tasks).toHaveLength(2);
  });

  it("forgets what it read of a file that was replaced later", async () => {
    const it = await makeAhead();
    it.write("file", "old");
    it.write("gone", "old");
    it.fill("one");
    it.remove("file");
    it.remove("gone");
    it.write("file", "new");
    expect(await it.results()).toEqual({ file: idOf("new"), one: expect.anything() });
  });

  it("leaves out a file that it did not find, and takes one that came back", async () => {
    const it = await makeAhead();
    it.write("a", "one");
    it.remove("a");
    it.write("b", "two");
    it.remove("b");
    it.write("b", "three");
    it.fill("c");
    expect(await it.results()).toEqual({ b: idOf("three"), c: expect.anything() });
  });

  it("leaves a file that mentions the store to those who rewrite it", async () => {
    const it = await makeAhead();
    it.write("a", `path ${it.store.layout.storeDir}/x`);
    it.write("b", `path ${it.store.layout.canonicalStoreDir}/x`);
    it.write("c", `path ${"0".repeat(32)}-demo-1.0`);
    it.write("d", "plain");
    expect(await it.results()).toEqual({ d: idOf("plain") });
  });

  it("names files as they are called when the top directory was left out", async () => {
    const it = await makeAhead();
    it.write("top/a", "one");
    it.write("top/d/b", "two");
    expect(await it.results("top")).toEqual({ a: idOf("one"), "d/b": idOf("two") });
  });

  it("reads nothing of a few files, and all once there are enough of them", async () => {
    const few = await makeAhead((files) => files > 2);
    few.fill("a");
    few.write("b", "two");
    expect(await few.results()).toEqual({});
    expect(few.tasks).toEqual([]);
    const many = await makeAhead((files) => files > 2);
    for (const name of ["a", "b", "c"]) many.fill(name);
    expect(Object.keys(await many.results())).toEqual(["a", "b", "c"]);
  });
});

describe("an object whose tree is written while it is read", () => {
  it("is the one that it would be otherwise, whatever is replaced meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name: fc.constantFrom("a", "b", "c", "d/e", "d/f", "g"),
            content: fc.constantFrom("", "one", "two", "x".repeat(5 * MEBIBYTE), "mention"),
            exec: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        async (steps) => {
          const world = makeWorld({ memory: true });
          const store = await world.store();
          const textOf = (content: string) => (content === "mention" ? `see ${store.layout.storeDir}/y` : content);
          const final: Record<string, Entry> = { many: DIRECTORY };
          for (const { name, content, exec } of steps) final[name] = exec ? { exec: textOf(content) } : textOf(content);
          for (let at = 0; at < 600; at++) final[`many/${at}`] = `file ${at}`;

          using temporary = createTemporaryDirectory(store.layout.temporary, "test", store.context.now);
          using lease = openLease(store);
          mkdirSync(stagedTree(temporary));
          const { name, version } = nameOf({});
          const fill = async (tree: string, watch: FileWatch) => {
            const written = new Set<string>();
            const write = (path: string, text: string, mode: number) => {
              mkdirSync(join(tree, path, ".."), { recursive: true });
              if (written.has(path)) {
                unlinkSync(join(tree, path));
                watch.replaced(path as ByteString);
              }
              writeFileSync(join(tree, path), text, { mode });
              written.add(path);
              watch.written(path as ByteString, text.length);
            };
            for (let at = 0; at < 600; at++) write(`many/${at}`, `file ${at}`, 0o644);
            for (const step of steps) {
              write(step.name, textOf(step.content), step.exec ? 0o755 : 0o644);
              await new Promise(setImmediate);
            }
            return undefined;
          };
          const options = { name, version, temporary, lease, origin: { kind: "directory" as const } };
          const staged = await stageObject(store, { ...options, fill });
          const { manifest } = await addTree(store, final);
          expect({ ...staged.manifest, created: "" }).toEqual({ ...manifest, created: "" });
          expect(staged.fileList).not.toBe("");
        },
      ),
      { numRuns: 8 },
    );
  });
});

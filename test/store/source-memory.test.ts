import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { add } from "../../src/operations/packages/add.ts";
import type { StoreEvent } from "../../src/operations/run-options.ts";
import type { Store } from "../../src/store/open-store.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { makeWorld, writeTree } from "../helpers/worlds.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Sources of which nothing was changed for an hour. */
function muchLater(): void {
  const now = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
}

const FILES = 70;

function makeSource(): string {
  const path = join(makeWorld({ memory: true }).directory, "big-1.0");
  writeTree(
    Object.fromEntries([
      ...Array.from({ length: FILES }, (_, n) => [`d${n % 3}/f${n}`, `content ${n}`] as const),
      ["bin/run", { exec: "#!/bin/sh\n" }] as const,
      ["bin/link", { link: "run" }] as const,
      ["empty", { directory: true }] as const,
    ]),
    path,
  );
  return path;
}

/** Adds the directory and tells whether its files were read. */
async function addAgain(
  store: Store,
  from: string,
  more: { readonly checksum?: boolean; readonly name?: string } = {},
) {
  const events: StoreEvent[] = [];
  const { path, reused } = await add(store, { from, cwd: "/", ...more }, { onEvent: (event) => events.push(event) });
  return { path, reused, read: events.some(({ kind }) => kind === "importing") };
}

async function makeRemembered() {
  muchLater();
  const store = await makeWorld({ memory: true }).store();
  const source = makeSource();
  const first = await addAgain(store, source);
  expect(first).toMatchObject({ reused: false, read: true });
  return { store, source, path: first.path };
}

it("a directory that nobody changed since it was added is not read again", async () => {
  const { store, source, path } = await makeRemembered();
  expect(await addAgain(store, source)).toEqual({ path, reused: true, read: false });
});

it("--checksum reads it in any case", async () => {
  const { store, source, path } = await makeRemembered();
  expect(await addAgain(store, source, { checksum: true })).toEqual({ path, reused: true, read: true });
});

it("under another name it is another object", async () => {
  const { store, source, path } = await makeRemembered();
  const other = await addAgain(store, source, { name: "other" });
  expect(other).toMatchObject({ reused: false, read: true });
  expect(other.path).not.toBe(path);
});

/** Each does something to a source; the time that a file says it was written at is put back where that is possible. */
const CHANGES: Readonly<Record<string, (source: string) => void>> = {
  "another byte in a file, of the same size and time": (source) => {
    const path = join(source, "d0/f0");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("0", "1"));
    utimesSync(path, 1, 1);
  },
  "a longer file": (source) => appendFileSync(join(source, "d1/f1"), "x"),
  "a shorter file": (source) => truncateSync(join(source, "d1/f1"), 1),
  "a file that has become executable": (source) => chmodSync(join(source, "d2/f2"), 0o755),
  "a file that is no longer": (source) => chmodSync(join(source, "bin/run"), 0o644),
  "a new file": (source) => writeFileSync(join(source, "d0/new"), ""),
  "a new directory": (source) => mkdirSync(join(source, "d0/more")),
  "a file less": (source) => unlinkSync(join(source, "d0/f0")),
  "an empty directory less": (source) => rmSync(join(source, "empty"), { recursive: true }),
  "a file by another name": (source) => renameSync(join(source, "d0/f0"), join(source, "d0/f0a")),
  "two files that changed places": (source) => {
    renameSync(join(source, "d0/f0"), join(source, "aside"));
    renameSync(join(source, "d1/f1"), join(source, "d0/f0"));
    renameSync(join(source, "aside"), join(source, "d1/f1"));
  },
  "a directory by another name": (source) => renameSync(join(source, "d0"), join(source, "d9")),
  "a link that leads elsewhere": (source) => {
    unlinkSync(join(source, "bin/link"));
    symlinkSync("ran", join(source, "bin/link"));
  },
  "a link in the place of a file": (source) => {
    unlinkSync(join(source, "d0/f0"));
    symlinkSync("f3", join(source, "d0/f0"));
  },
  "a directory in the place of a file": (source) => {
    unlinkSync(join(source, "d0/f0"));
    mkdirSync(join(source, "d0/f0"));
  },
};

it.each(Object.entries(CHANGES))("notices %s", async (_, change) => {
  const { store, source, path } = await makeRemembered();
  change(source);
  const again = await addAgain(store, source);
  expect(again).toMatchObject({ reused: false, read: true });
  expect(again.path).not.toBe(path);
  expect(again.path).toBe((await addAgain(store, source, { checksum: true })).path);
});

it("after any changes it is the object that reading everything gives", async () => {
  const { store, source } = await makeRemembered();
  const names = Object.keys(CHANGES);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...names), { maxLength: 3 }), async (changes) => {
      for (const name of changes) {
        try {
          CHANGES[name]?.(source);
        } catch {
          // Another change has left nothing for this one.
        }
      }
      const quick = await addAgain(store, source);
      expect(quick.path).toBe((await addAgain(store, source, { checksum: true })).path);
    }),
    { numRuns: 30 },
  );
});

it("what was copied with all its times is another file, and the same object", async () => {
  const { store, source, path } = await makeRemembered();
  copyFileSync(join(source, "d0/f0"), join(source, "copy"));
  renameSync(join(source, "copy"), join(source, "d0/f0"));
  expect(await addAgain(store, source)).toEqual({ path, reused: true, read: true });
  expect(await addAgain(store, source)).toEqual({ path, reused: true, read: false });
});

it("a file that was changed a moment ago could be changed again without a trace: nothing is remembered", async () => {
  const store = await makeWorld({ memory: true }).store();
  const source = makeSource();
  const written = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => written + 20);
  await addAgain(store, source);
  expect(await addAgain(store, source)).toMatchObject({ reused: true, read: true });
  expect(existsSync(store.layout.sourceMemory)).toBe(false);
});

it("a clock that was put back does not make a fresh file an old one", async () => {
  const store = await makeWorld({ memory: true }).store();
  const source = makeSource();
  const now = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => now() - 3_600_000);
  await addAgain(store, source);
  expect(existsSync(store.layout.sourceMemory)).toBe(false);
});

it("a signal ends the look at it", async () => {
  const { store, source } = await makeRemembered();
  const signal = AbortSignal.abort();
  await expect(add(store, { from: source, cwd: "/" }, { signal })).rejects.toMatchObject({ name: "AbortError" });
});

it("little is not remembered, nor what mentions the store", async () => {
  muchLater();
  const store = await makeWorld({ memory: true }).store();
  const little = join(makeWorld({ memory: true }).directory, "little-1.0");
  writeTree({ a: "a" }, little);
  await addAgain(store, little);
  const mention = makeSource();
  writeFileSync(join(mention, "script"), `cd ${store.layout.storeDir}/x`);
  await addAgain(store, mention);
  expect(existsSync(store.layout.sourceMemory)).toBe(false);
});

describe("an object that the directory became once is looked at:", () => {
  it("one that is gone is made again", async () => {
    const { store, source, path } = await makeRemembered();
    const name = path.split("/").at(-1);
    removeTree(path);
    for (const suffix of ["json", "files"]) unlinkSync(join(store.layout.manifests, `${name}.${suffix}`));
    expect(await addAgain(store, source)).toEqual({ path, reused: false, read: true });
  });

  it("one that has lost something is replaced", async () => {
    const { store, source, path } = await makeRemembered();
    chmodSync(join(path, "d0"), 0o755);
    chmodSync(path, 0o755);
    rmSync(join(path, "d0"), { recursive: true });
    expect(await addAgain(store, source)).toEqual({ path, reused: false, read: true });
    expect(readFileSync(join(path, "d0/f0"), "utf8")).toBe("content 0");
  });
});

describe("what is remembered can be lost, and is not believed when it is damaged:", () => {
  const onFile = (change: (path: string) => void) => (directory: string) => {
    for (const name of readdirSync(directory)) change(join(directory, name));
  };
  const changeObject = (path: string, object: unknown) =>
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), object }));
  const replaceByDirectory = (path: string) => {
    unlinkSync(path);
    mkdirSync(path);
  };
  const replaceByFile = (directory: string) => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, "");
  };
  it.each<[string, (directory: string) => void]>([
    ["gone", (directory) => rmSync(directory, { recursive: true })],
    ["cut", onFile((path) => truncateSync(path, 20))],
    ["empty", onFile((path) => truncateSync(path))],
    ["random", onFile((path) => writeFileSync(path, "\0\x01{}"))],
    ["of another directory", onFile((path) => writeFileSync(path, readFileSync(path, "utf8").replace("big", "bag")))],
    ["of an object that is no name", onFile((path) => changeObject(path, "../../x"))],
    ["of an object that is no text", onFile((path) => changeObject(path, 5))],
    ["of an object with another name", onFile((path) => changeObject(path, `${"a".repeat(32)}-bag-1.0`))],
    ["a directory", onFile(replaceByDirectory)],
    ["a file where its directory should be", replaceByFile],
  ])("%s", async (_, damage) => {
    const { store, source, path } = await makeRemembered();
    damage(store.layout.sourceMemory);
    expect(await addAgain(store, source)).toEqual({ path, reused: true, read: true });
  });
});

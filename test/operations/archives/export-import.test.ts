import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type ByteString, fromBytes } from "../../../src/model/byte-string.ts";
import { parseProfileName } from "../../../src/model/ids.ts";
import { packedFileName } from "../../../src/model/packed-object.ts";
import { addToArchives } from "../../../src/operations/archives/archives.ts";
import { exportObjects } from "../../../src/operations/archives/export-objects.ts";
import { importObjects } from "../../../src/operations/archives/import-objects.ts";
import { indexRepository } from "../../../src/operations/archives/index-repository.ts";
import { obtainObjects } from "../../../src/operations/archives/obtain-objects.ts";
import { add } from "../../../src/operations/packages/add.ts";
import { install } from "../../../src/operations/profiles/install.ts";
import { fileListPath, objectPath } from "../../../src/store/layout.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { integrityOf, serveFile, startServer } from "../../helpers/fetch-world.ts";
import { type Added, addTree, DIRECTORY, makeWorld, readTree, type World } from "../../helpers/worlds.ts";

const profile = parseProfileName("default");

/** Names that are not UTF-8, long ones, links, modes, an empty directory, and mentions of the store in all of them. */
function strangeTree({ layout }: Store): Map<ByteString, Parameters<Map<ByteString, never>["set"]>[1]> {
  const self = `${layout.canonicalStoreDir}/${"0".repeat(32)}-demo-1.0`;
  return new Map<ByteString, unknown>([
    ["bin/run", { exec: `#!/bin/sh\ncat "${self}/share/text"\n` }],
    ["share/text", "hello\n"],
    ["share/empty", ""],
    ["share/large", Buffer.alloc(1_200_000, `${self} `)],
    ["absolute", { link: `${self}/share/text` }],
    ["dangling", { link: "n".repeat(150) }],
    ["hollow", DIRECTORY],
    [`${"d".repeat(80)}/${"f".repeat(200)}`, "long"],
    [fromBytes(Buffer.from([0x62, 0xff, 0xfe])), "not UTF-8"],
    [fromBytes(Buffer.from("ünïcode 100%")), { link: "ü" }],
    ["new\nline", "x"],
    ["__proto__", "x"],
  ] as [ByteString, unknown][]) as never;
}

const exportOne = async (store: Store, object: Added, directory: string) => {
  const [exported] = await exportObjects(store, {
    what: [object.manifest.path],
    profile,
    cwd: directory,
    output: `${directory}/`,
  });
  return exported!.file;
};

async function twoStores(): Promise<{ world: World; one: Store; two: Store; out: string }> {
  const world = makeWorld({ memory: true });
  return { world, one: await world.store("one"), two: await world.store("another"), out: join(world.directory, "out") };
}

describe("an exported object", () => {
  it("is no package: to add it tells how to import it, and that way works", async () => {
    const { world, one, two, out } = await twoStores();
    const object = await addTree(one, { file: "hello" });
    mkdirSync(out);
    const file = await exportOne(one, object, out);
    const other = join(out, "any-name-1.0.tgz");
    cpSync(file, other);
    const path = objectPath(two.layout, object.manifest.path);
    await using server = await startServer((request, response) =>
      serveFile(request, response, { content: readFileSync(file) }),
    );
    const integrity = integrityOf(readFileSync(file));
    const url = { from: `${server.url}/demo.tar.gz`, integrity };
    for (const each of [{ from: file }, { from: other }, url])
      expect(await caughtAsync(add(two, { ...each, cwd: world.directory }))).toMatchObject({
        code: "INVALID_INPUT",
        message: `${each.from} is a packed object, ${object.manifest.path}`,
        hint: expect.stringMatching(`store archive import .*store install ${path}`),
      });
    expect(listObjects(two)).toEqual([]);
    await importObjects(two, { files: [other], cwd: world.directory });
    await install(two, { packages: [{ from: path, cwd: world.directory }], profile });
  });

  it("gives the same digest in a store at another root, and lies there as if it was added there", async () => {
    const { world, one, two, out } = await twoStores();
    const added = await addTree(one, strangeTree(one) as never);
    const file = await exportOne(one, added, out);
    expect(basename(file)).toBe(packedFileName(added.manifest.path));
    const [imported] = await importObjects(two, { files: [file], cwd: "/" });
    expect(imported).toMatchObject({ baseName: added.manifest.path, reused: false });
    const third = await world.store("third");
    const other = await addTree(third, strangeTree(one) as never);
    const seen = (path: string, { layout }: Store) =>
      [...readTree(path)].map(([name, { kind, mode, mtime, content }]) => {
        return [name, kind, mode, mtime, content.toString("latin1").replaceAll(layout.storeDir, "STORE")];
      });
    expect(seen(imported!.path, two)).toEqual(seen(other.path, third));
    expect(execFileSync(join(imported!.path, "bin/run"), { encoding: "utf8" })).toBe("hello\n");
    expect(readFileSync(join(imported!.path, "bin/run"), "utf8")).toContain(two.layout.storeDir);
    expect(readFileSync(fileListPath(two.layout, imported!.baseName), "utf8").split("\n").length).toBe(
      readFileSync(fileListPath(one.layout, imported!.baseName), "utf8").split("\n").length,
    );
    expect((await importObjects(two, { files: [file], cwd: "/" }))[0]).toMatchObject({ reused: true });
  });

  it("has the same bytes whichever store it comes from", async () => {
    const { one, two, out } = await twoStores();
    const added = await addTree(one, strangeTree(one) as never);
    const file = await exportOne(one, added, out);
    const [imported] = await importObjects(two, { files: [file], cwd: "/" });
    const again = await exportObjects(two, { what: [imported!.baseName], profile, cwd: out, output: "again/" });
    expect(readFileSync(again[0]!.file).equals(readFileSync(file))).toBe(true);
  });

  it("goes into a FIFO, which stays", async () => {
    const { world, one, out } = await twoStores();
    const added = await addTree(one, strangeTree(one) as never);
    const [pipe, what] = [join(world.directory, "pipe"), [added.manifest.path]];
    execFileSync("mkfifo", [pipe]);
    const exported = exportObjects(one, { what, profile, cwd: world.directory, output: "pipe" });
    const bytes = await readFile(pipe);
    expect(bytes.equals(readFileSync(await exportOne(one, added, out)))).toBe(true);
    expect(await exported).toMatchObject([{ file: pipe, size: bytes.length }]);
  });

  it("is a tar archive whose tree has the tree id for git", async () => {
    const { world, one, out } = await twoStores();
    const added = await addTree(one, { "bin/a": { exec: "x" }, b: { link: "bin/a" }, "ü/c": "y" });
    const file = await exportOne(one, added, out);
    const target = join(world.directory, "plain");
    mkdirSync(target);
    execFileSync("tar", ["-xzf", file, "-C", target]);
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd: join(target, "tree"), encoding: "utf8" }).trim();
    git("init", "-q", "--object-format=sha256");
    git("add", "-A");
    expect(git("write-tree")).toBe(added.manifest.treeId);
    expect(JSON.parse(readFileSync(join(target, "manifest.json"), "utf8"))).toMatchObject({
      format: 1,
      path: added.manifest.path,
      treeId: added.manifest.treeId,
    });
  });
});

describe("references", () => {
  const wanted = async () => {
    const stores = await twoStores();
    const library = await addTree(stores.one, { "lib/x": "x" }, { name: "library" });
    const text = `${stores.one.layout.canonicalStoreDir}/${library.manifest.path}/lib/x`;
    const program = await addTree(stores.one, { "bin/y": text }, { name: "program" });
    return { ...stores, library, program };
  };

  it("come along with the closure, in any order of files", async () => {
    const { one, two, out, library, program } = await wanted();
    const what = [program.manifest.path];
    const exported = await exportObjects(one, { what, profile, cwd: out, output: `${out}/`, closure: true });
    expect(exported.map(({ path }) => path)).toEqual([library.manifest.path, program.manifest.path]);
    const files = exported.map(({ file }) => file).reverse();
    const imported = await importObjects(two, { files, cwd: "/" });
    expect(imported.map(({ baseName }) => baseName)).toEqual([library.manifest.path, program.manifest.path]);
  });

  it("that cannot be had keep the object out, unless a repository has them", async () => {
    const { one, two, out, library, program } = await wanted();
    const file = await exportOne(one, program, join(out, "a"));
    expect(await caughtAsync(importObjects(two, { files: [file], cwd: "/" }))).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(library.manifest.path),
      hint: expect.stringContaining("--closure"),
    });
    mkdirSync(join(out, "rubbish"));
    writeFileSync(join(out, "rubbish", packedFileName(library.manifest.path)), "rubbish");
    const useless = { files: [file], cwd: out, repositories: ["absent", "rubbish"] };
    const { message } = (await caughtAsync(importObjects(two, useless))) as Error;
    expect(message).toContain(`\n  ${library.manifest.path}: ${join(out, "absent")}: there is no directory`);
    expect(message).toContain(`; ${join(out, "rubbish")}: `);
    expect(listObjects(two)).toEqual([]);
    rmSync(join(out, "rubbish"), { recursive: true });
    await exportOne(one, library, join(out, "deep/er"));
    const request = { files: [file], cwd: out, repositories: ["."], recursive: true };
    expect(await importObjects(two, request)).toHaveLength(1);
    expect(listObjects(two).sort()).toEqual([library.manifest.path, program.manifest.path].sort());
  });
});

describe("a file that is not what it says", () => {
  type Change = (directory: string, added: Added) => void;
  const manifest = (directory: string, change: Record<string, unknown>) => {
    const path = join(directory, "manifest.json");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
  };
  const cases: [string, string, RegExp, Change][] = [
    ["other content", "INTEGRITY", /does not hold/, (at) => writeFileSync(join(at, "tree/share/text"), "evil")],
    ["one file more", "INTEGRITY", /does not hold/, (at) => writeFileSync(join(at, "tree/more"), "")],
    ["another digest", "INTEGRITY", /does not hold/, (at) => manifest(at, { path: `${"a".repeat(32)}-demo-1.0` })],
    [
      "forged references",
      "INTEGRITY",
      /does not mention/,
      (at, { manifest: { path } }) => manifest(at, { references: [path] }),
    ],
    ["another width", "UNSUPPORTED", /width 80/, (at) => manifest(at, { width: 80 })],
    ["no width", "ARCHIVE", /width/, (at) => manifest(at, { width: undefined })],
    ["a base name that is a path", "ARCHIVE", /path/, (at) => manifest(at, { path: "../../x" })],
    ["a newer format", "NEWER_FORMAT", /format 2/, (at) => manifest(at, { format: 2 })],
    ["no manifest", "ARCHIVE", /manifest\.json/, (at) => unlinkSync(join(at, "manifest.json"))],
    ["something beside the tree", "ARCHIVE", /manifest\.json/, (at) => writeFileSync(join(at, "zzz"), "")],
  ];

  it.each(cases)("(%s) is refused, and nothing is added", async (_what, code, message, change) => {
    const { world, one, two, out } = await twoStores();
    const added = await addTree(one, strangeTree(one) as never);
    const file = await exportOne(one, added, out);
    const target = join(world.directory, "opened");
    mkdirSync(target);
    execFileSync("tar", ["-xzf", file, "-C", target]);
    change(target, added);
    execFileSync("tar", ["-czf", file, "-C", target, ...readdirSync(target)]);
    const error = (await caughtAsync(importObjects(two, { files: [file], cwd: "/" }))) as Error;
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.message.split(file).length).toBeLessThanOrEqual(2);
    expect(listObjects(two)).toEqual([]);
    expect(readdirSync(two.layout.storeDir)).toEqual([]);
    expect(readdirSync(two.layout.temporary)).toEqual([]);
  });

  it("with any byte of its tar flipped adds nothing that is wrong", async () => {
    const { one, two, out } = await twoStores();
    const added = await addTree(one, { "bin/a": { exec: "text" } });
    const file = await exportOne(one, added, out);
    const tar = gunzipSync(readFileSync(file));
    let refused = 0;
    for (let at = 0; at < tar.length; at += 397) {
      const changed = Buffer.from(tar);
      changed[at]! ^= 0x41;
      writeFileSync(file, gzipSync(changed));
      const outcome = await importObjects(two, { files: [file], cwd: "/" }).catch(() => undefined);
      if (outcome === undefined) refused += 1;
      else expect(outcome[0]?.baseName).toBe(added.manifest.path);
      for (const object of listObjects(two)) expect(object).toBe(added.manifest.path);
    }
    expect(refused).toBeGreaterThan(0);
  });
});

describe("what a packed object unpacks to", () => {
  // Beyond what counts, and a thousand times the size of its file.
  const zeros = { "share/zeros": Buffer.alloc(20 << 20) };

  it("may be as much as gzip can pack, and comes back from archives, repositories and files", async () => {
    const { one, two, out } = await twoStores();
    const { manifest, path } = await addTree(one, zeros);
    const object = manifest.path;
    await addToArchives(one, { what: [path], profile, cwd: "/" });
    removeTree(path);
    expect(await obtainObjects(one, [object], { cwd: "/" })).toMatchObject({ obtained: [{ from: "archive" }] });
    const [exported] = await exportObjects(one, { what: [object], profile, cwd: out, output: `${out}/` });
    expect(await importObjects(two, { files: [exported!.file], cwd: "/" })).toMatchObject([{ baseName: object }]);
    removeTree(objectPath(two.layout, object));
    expect(await obtainObjects(two, [object], { cwd: "/", repositories: [out] })).toMatchObject({
      obtained: [{ from: "repository" }],
    });
  });

  it("is limited where it comes from elsewhere, and says how to raise that; the store's own archives have no limit", async () => {
    const { one, two, out } = await twoStores();
    const added = await addTree(one, zeros);
    const file = await exportOne(one, added, out);
    const limits = { maxBytes: 1 << 20 };
    expect(await caughtAsync(importObjects(two, { files: [file], cwd: "/", limits }))).toMatchObject({
      code: "LIMIT",
      details: { limit: "maxBytes" },
    });
    const { path } = added.manifest;
    expect((await obtainObjects(two, [path], { cwd: "/", repositories: [out], limits })).missing).toMatchObject([
      { reasons: [expect.stringContaining("`store archive import FILE --max-bytes SIZE` takes more")] },
    ]);
    cpSync(out, two.layout.archives, { recursive: true });
    expect((await obtainObjects(two, [path], { cwd: "/", limits })).obtained).toMatchObject([{ from: "archive" }]);
  });

  it("is nothing that only sparse files or another compression make so large", async () => {
    const { world, one, two, out } = await twoStores();
    const file = await exportOne(one, await addTree(one, { a: "x" }), out);
    const target = join(world.directory, "opened");
    mkdirSync(target);
    execFileSync("tar", ["-xzf", file, "-C", target]);
    execFileSync("truncate", ["-s", "1G", join(target, "tree/a")]);
    execFileSync("tar", ["-S", "-czf", file, "-C", target, ...readdirSync(target)]);
    expect(await caughtAsync(importObjects(two, { files: [file], cwd: "/" }))).toMatchObject({
      code: "ARCHIVE",
      message: expect.stringContaining("which no gzip file does"),
    });
  });
});

describe("exporting", () => {
  it("and indexing remove what a killed export left in the directory", async () => {
    const { one, out } = await twoStores();
    const added = await addTree(one, { a: "x" });
    const file = basename(await exportOne(one, added, out));
    const leave = () => {
      const left = join(out, ".tmp-0123456789abcdef.store-part");
      writeFileSync(left, "half");
      utimesSync(left, 1, 1);
    };
    leave();
    await exportOne(one, added, out);
    expect(readdirSync(out)).toEqual([file]);
    leave();
    await indexRepository({ directory: ".", cwd: out });
    expect(readdirSync(out)).toEqual([file, "packed-objects.json"]);
  });

  it("refuses an object that is damaged, and leaves no file", async () => {
    const { one, out } = await twoStores();
    const added = await addTree(one, { a: "content" });
    const path = join(added.path, "a");
    cpSync(added.path, join(out, "kept"), { recursive: true });
    removeTree(added.path);
    mkdirSync(added.path);
    writeFileSync(path, "CONTENT", { mode: 0o444 });
    expect(await caughtAsync(exportOne(one, added, out))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining("a has other content"),
    });
    unlinkSync(path);
    expect(await caughtAsync(exportOne(one, added, out))).toMatchObject({ code: "DAMAGED" });
    expect(readdirSync(out)).toEqual(["kept"]);
  });

  it("refuses an object that is named by its derivation", async () => {
    const { one, out } = await twoStores();
    const baseName = `${"a".repeat(32)}-demo-1.0` as Added["manifest"]["path"];
    const added = await addTree(one, { a: "x" }, { baseName });
    expect(await caughtAsync(exportOne(one, added, out))).toMatchObject({ code: "UNSUPPORTED" });
  });

  it("makes a directory that is asked for, and none for a file", async () => {
    const { one, out } = await twoStores();
    const what = [(await addTree(one, { a: "x" })).manifest.path];
    const to = (output: string) => exportObjects(one, { what, profile, cwd: out, output });
    expect(await caughtAsync(to("absent/x.tar.gz"))).toMatchObject({
      code: "NOT_FOUND",
      message: `there is no directory ${join(out, "absent")}`,
    });
    expect(existsSync(out)).toBe(false);
    await to("made/deep/");
    await to("made/x.tar.gz");
    expect(readdirSync(join(out, "made")).sort()).toEqual(["deep", "x.tar.gz"]);
  });

  it("does not squeeze two objects into one file", async () => {
    const { one, out } = await twoStores();
    const what = [(await addTree(one, { a: "1" })).manifest.path, (await addTree(one, { a: "2" })).manifest.path];
    expect(await caughtAsync(exportObjects(one, { what, profile, cwd: out, output: "file" }))).toMatchObject({
      code: "INVALID_INPUT",
      hint: expect.stringContaining("file/"),
    });
    expect(existsSync(out)).toBe(false);
  });
});

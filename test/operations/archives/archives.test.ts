import { createHash } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type BaseName, parseProfileName } from "../../../src/model/ids.ts";
import { addToArchives, archives, pruneArchives } from "../../../src/operations/archives/archives.ts";
import { forecastObjects } from "../../../src/operations/archives/obtain/forecast.ts";
import { obtainObjects } from "../../../src/operations/archives/obtain-objects.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { blame } from "../../../src/operations/packages/blame.ts";
import { install } from "../../../src/operations/profiles/install.ts";
import { remove } from "../../../src/operations/profiles/remove.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { changeSetting } from "../../../src/operations/upkeep/config.ts";
import { archivePath, manifestPath, objectPath } from "../../../src/store/layout.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { holdUnfinished } from "../../../src/system/unfinished-output.ts";
import { makeBuildWorld } from "../../helpers/build-world.ts";
import { caught } from "../../helpers/caught.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { addTree, fakeContext, makeWorld } from "../../helpers/worlds.ts";

const profile = parseProfileName("default");

/** One bit in the middle is another one: no look at the file shows it. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length >> 1;
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

describe("the archives of a store", () => {
  it("take what is installed with what it needs, once", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const library = await addTree(store, { x: "x" }, { name: "library" });
    const user = await addTree(
      store,
      { y: `${store.layout.canonicalStoreDir}/${library.manifest.path}/x` },
      { name: "user" },
    );
    await install(store, { profile, packages: [{ from: user.path, cwd: "/" }] });
    const request = { what: [], profile, cwd: "/" };
    const added = await addToArchives(store, request);
    expect(added.map(({ path }) => path)).toEqual([library.manifest.path, user.manifest.path]);
    expect(await addToArchives(store, request)).toEqual(added.map(({ path }) => ({ path })));
    removeTree(user.path);
    expect(archives(store)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: library.manifest.path, present: true, needed: true }),
        expect.objectContaining({ path: user.manifest.path, present: false, needed: true }),
      ]),
    );
    expect(pruneArchives(store, { keepLast: 0, youngerThan: 0 })).toEqual({ deleted: [], freedBytes: 0 });
    expect(await obtainObjects(store, [user.manifest.path], { cwd: "/" })).toMatchObject({
      obtained: [{}, {}],
      missing: [],
    });
  });

  it("are filled with each change where the settings say so, and pruned by the rules", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store("s", { context: fakeContext({ now: () => new Date(Date.now() + 86_400_000) }) });
    const [one, two] = [await addTree(store, { x: "1" }), await addTree(store, { x: "2" })];
    await install(store, { profile, packages: [{ from: one.path, cwd: "/" }] });
    expect(existsSync(store.layout.archives)).toBe(false);
    await changeSetting(store, { key: "archives.automatic", values: ["yes"] });
    await install(store, { profile, packages: [{ from: two.path, cwd: "/" }] });
    expect(readdirSync(store.layout.archives)).toEqual([`${two.manifest.path}.tar.gz`]);
    expect(statSync(store.layout.archives).mode & 0o777).toBe(0o700);
    const loose = await addTree(store, { x: "3" }, { name: "loose" });
    await addToArchives(store, { what: [loose.path], profile, cwd: "/" });
    writeFileSync(join(store.layout.archives, "README"), "not ours");
    expect(pruneArchives(store)).toEqual({ deleted: [], freedBytes: 0 });
    const rules = { keepLast: 0, youngerThan: 3_600_000 };
    const size = statSync(archivePath(store.layout, loose.manifest.path)).size;
    const pruned = { deleted: [loose.manifest.path], freedBytes: size };
    expect(pruneArchives(store, { ...rules, dryRun: true })).toEqual(pruned);
    expect(pruneArchives(store, rules)).toEqual(pruned);
    expect(readdirSync(store.layout.archives).sort()).toEqual(["README", `${two.manifest.path}.tar.gz`].sort());
  });

  it("are rid of what killed processes left half-packed by the next that packs, and by a collection", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store("s", { context: fakeContext({ now: () => new Date(Date.now() + 2 * 3_600_000) }) });
    const { path } = await addTree(store, { x: "1" });
    const request = { what: [path], profile, cwd: "/" };
    await addToArchives(store, request);
    const { archives: directory } = store.layout;
    const left = (name: string) => writeFileSync(join(directory, name), Buffer.alloc(10_000));
    writeFileSync(join(directory, "README"), "not ours");
    const before = readdirSync(directory).sort();
    left(".tmp-0123456789abcdef");
    left(".tmp-0123456789abcdef.store-part");
    await addToArchives(store, request);
    expect(readdirSync(directory).sort()).toEqual(before);
    left(".tmp-0123456789abcdef.store-part");
    using _held = holdUnfinished(join(directory, ".tmp-0123456789abcdef.store-part"));
    left(".tmp-fedcba9876543210.store-part");
    await gc(store, { dryRun: true });
    expect(readdirSync(directory)).toContain(".tmp-fedcba9876543210.store-part");
    await gc(store);
    expect(readdirSync(directory).sort()).toEqual([".tmp-0123456789abcdef.store-part", ...before].sort());
  });

  it("are packed again where they are damaged: with `archive add` whatever it is, with a change what a look finds", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const one = await addTree(store, { x: "1" });
    await install(store, { profile, packages: [{ from: one.path, cwd: "/" }] });
    const request = { what: [], profile, cwd: "/" };
    const [added] = await addToArchives(store, request);
    const file = archivePath(store.layout, one.manifest.path);
    const good = readFileSync(file);
    for (const bad of [Buffer.alloc(0), good.subarray(0, 150), Buffer.alloc(good.length), flipped(good)]) {
      writeFileSync(file, bad);
      expect(await addToArchives(store, request)).toEqual([added]);
      expect(readFileSync(file)).toEqual(good);
    }
    await changeSetting(store, { key: "archives.automatic", values: ["yes"] });
    writeFileSync(file, good.subarray(0, 150));
    await install(store, {
      profile,
      packages: [{ from: (await addTree(store, { y: "2" }, { name: "other" })).path, cwd: "/" }],
    });
    expect(readFileSync(file)).toEqual(good);
  });

  it("that cannot be written keep no change from being made", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const { path } = await addTree(store, { x: "1" });
    await changeSetting(store, { key: "archives.automatic", values: ["yes"] });
    writeFileSync(store.layout.archives, "in the way");
    const warnings: string[] = [];
    const change = await install(
      store,
      { profile, packages: [{ from: path, cwd: "/" }] },
      { onEvent: (event) => void (event.kind === "warning" && warnings.push(event.message)) },
    );
    expect(change).toMatchObject({ to: 1, changed: true });
    expect(warnings).toEqual([expect.stringContaining("could not be archived")]);
    await remove(store, { profile, names: ["demo"] });
  });
});

describe("what a collection deletes", () => {
  const HOUR = 3_600_000;

  async function withDead(settings: Readonly<Record<string, string>>) {
    const world = makeWorld({ memory: true });
    const store = await world.store("s", { context: fakeContext({ now: () => new Date(Date.now() + HOUR) }) });
    for (const [key, value] of Object.entries(settings)) await changeSetting(store, { key, values: [value] });
    const dead = [
      await addTree(store, { x: "1" }, { name: "dead" }),
      await addTree(store, { x: "2" }, { name: "dead" }),
    ];
    return { store, paths: dead.map(({ path }) => path), names: dead.map(({ manifest }) => manifest.path).sort() };
  }

  it("is packed first as far as the rules keep it, and told to be", async () => {
    const { store, paths, names } = await withDead({ "archives.automatic": "yes", "archives.younger-than": "0h" });
    expect(await gc(store, { dryRun: true })).toMatchObject({ packed: expect.arrayContaining(paths) });
    expect(existsSync(store.layout.archives)).toBe(false);
    await changeSetting(store, { key: "archives.keep-last", values: ["1"] });
    const { deleted, packed } = await gc(store);
    expect([deleted.length, packed?.length]).toEqual([2, 1]);
    const [kept] = archives(store).map(({ path }) => path);
    expect(names).toContain(kept);
    expect((await obtainObjects(store, [kept!], { cwd: "/" })).obtained).toMatchObject([{ from: "archive" }]);
    expect(await gc(store)).toMatchObject({ deleted: packed, packed });
  });

  it("is packed again when its packed object is damaged, or that of another object", async () => {
    const { store, paths } = await withDead({ "archives.automatic": "yes" });
    await addToArchives(store, { what: paths, profile, cwd: "/" });
    const files = archives(store).map(({ path }) => archivePath(store.layout, path));
    const [first, second] = files.map((file) => readFileSync(file)) as [Buffer, Buffer];
    writeFileSync(files[0]!, flipped(first));
    writeFileSync(files[1]!, first);
    expect((await gc(store)).packed?.toSorted()).toEqual(paths.toSorted());
    expect(files.map((file) => readFileSync(file))).toEqual([first, second]);
    const objects = archives(store).map(({ path }) => path);
    expect((await obtainObjects(store, objects, { cwd: "/" })).missing).toEqual([]);
  });

  it("is not told to be packed when a look at its packed object shows that it is damaged", async () => {
    const { store, paths } = await withDead({});
    await addToArchives(store, { what: paths, profile, cwd: "/" });
    truncateSync(archivePath(store.layout, archives(store)[0]!.path));
    expect((await gc(store, { dryRun: true })).packed).toHaveLength(1);
    expect((await gc(store)).packed).toHaveLength(1);
  });

  it("stays when its packed object is damaged and there is no room to pack it again, and the others go", async () => {
    const { store, paths } = await withDead({ "archives.automatic": "yes" });
    await addToArchives(store, { what: paths, profile, cwd: "/" });
    const [good, bad] = archives(store).map(({ path }) => path) as [BaseName, BaseName];
    truncateSync(archivePath(store.layout, bad));
    patchFs("openSync", (original) => (...args) => {
      const [path, flags] = args as unknown as [string, string];
      if (flags === "wx" && path.startsWith(store.layout.archives)) throw errno("ENOSPC");
      return original(...(args as unknown as Parameters<typeof original>));
    });
    const hints: (string | undefined)[] = [];
    const onEvent = (event: StoreEvent) => void (event.kind === "warning" && hints.push(event.hint));
    const { deleted, packed } = await gc(store, {}, { onEvent });
    expect(hints).toEqual([
      expect.stringMatching(new RegExp(`again when other objects have made room.*store delete ${bad}.*needs none`)),
    ]);
    expect([deleted, packed]).toEqual([[objectPath(store.layout, good)], [objectPath(store.layout, good)]]);
    expect(existsSync(objectPath(store.layout, bad))).toBe(true);
  });

  it("is not packed where nobody asks for archives", async () => {
    const { store } = await withDead({});
    expect(await gc(store)).toMatchObject({ deleted: [{}, {}].map(() => expect.any(String)), packed: [] });
  });

  it("stays when it cannot be packed", async () => {
    const { store, names } = await withDead({ "archives.automatic": "yes" });
    writeFileSync(store.layout.archives, "in the way");
    const warnings: string[] = [];
    const onEvent = (event: StoreEvent) => void (event.kind === "warning" && warnings.push(event.message));
    expect(await gc(store, {}, { onEvent })).toMatchObject({ deleted: [], left: 2 });
    expect(warnings).toEqual(names.map(() => expect.stringMatching(/-dead-\S+ could not be packed, and stays: /)));
  });
});

describe("pruning, when a manifest is lost", () => {
  it("keeps what a packed object says that it needs, and removes nothing when nobody says it", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const library = await addTree(store, { x: "x" }, { name: "library" });
    const text = `${store.layout.canonicalStoreDir}/${library.manifest.path}/x`;
    const user = await addTree(store, { y: text }, { name: "user" });
    await install(store, { profile, packages: [{ from: user.path, cwd: "/" }] });
    await addToArchives(store, { what: [], profile, cwd: "/" });
    for (const { path } of [user, library]) removeTree(path);
    unlinkSync(manifestPath(store.layout, user.manifest.path));
    const rules = { keepLast: 0, youngerThan: 0 };
    expect(pruneArchives(store, rules)).toEqual({ deleted: [], freedBytes: 0 });
    unlinkSync(archivePath(store.layout, user.manifest.path));
    expect(caught(() => pruneArchives(store, rules))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining(user.manifest.path),
    });
    expect(archives(store)).toMatchObject([{ path: library.manifest.path, needed: true }]);
  });
});

describe("without archive or repository", () => {
  it("a package comes again from its directory, as long as that has the content", async () => {
    const world = makeWorld({ memory: true });
    const store = await world.store();
    const source = world.tree({ "bin/x": "x" }, join(world.directory, "tool-1.0"));
    const { added } = await install(store, { profile, packages: [{ from: source, cwd: "/" }] });
    const { path } = added[0]!;
    const options = { cwd: "/", rebuild: { cwd: "/", recipes: [] } };
    const lose = () => removeTree(join(store.layout.storeDir, path));
    lose();
    expect(await obtainObjects(store, [path], options)).toMatchObject({
      obtained: [{ from: "source", where: source }],
    });
    lose();
    unlinkSync(manifestPath(store.layout, path));
    expect(await obtainObjects(store, [path], options)).toMatchObject({
      obtained: [{ from: "source", where: source }],
    });
    lose();
    writeFileSync(join(source, "bin/x"), "other");
    expect(await obtainObjects(store, [path], options)).toMatchObject({
      missing: [{ reasons: [expect.stringContaining("by now")] }],
    });
  });

  it("a build is carried out again from its record, with sources that are kept, and gives the same object", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const server = createServer((_request, response) => response.end("low\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/low.txt`;
    const integrity = `sha256-${createHash("sha256").update("low\n").digest("base64")}`;
    world.recipe(
      "low",
      `sources:\n  - url: ${url}\n    integrity: ${integrity}\nbuild: script\nphases: {install: 'mkdir "$out"; cat low.txt > "$out/text"; echo "$out" > "$out/self"'}\n`,
    );
    world.recipe(
      "high",
      `dependencies: {link: [low]}\nbuild: script\nphases: {install: 'mkdir "$out"; ln -s {{deps.low}}/text "$out/text"'}\n`,
    );
    const { built } = await world.build(store, "high", { sandbox: "off" });
    const [high] = built;
    const record = await world.build(store, "low", { sandbox: "off" });
    const low = record.built[0]!;
    await install(store, { profile, packages: [{ from: low.path, cwd: "/" }] });
    expect(blame(store, profile, { what: "text", cwd: "/" }).packages).toMatchObject([
      { name: "low", recipe: expect.stringContaining("low"), sources: [`low.txt ${integrity} ${url}`] },
    ]);
    for (const { path } of [low, high!]) removeTree(path);
    const options = { cwd: "/", rebuild: { cwd: "/", recipes: [], sandbox: "off" as const, offline: true } };
    const expected = {
      obtained: [
        { path: low.baseName, from: "build", where: low.key },
        { path: high!.baseName, from: "build", where: high!.key },
      ],
      missing: [],
    };
    const build = ["low", "high"].map((name) =>
      expect.objectContaining({ name, certain: true, expectedSeconds: expect.any(Number) }),
    );
    expect(await forecastObjects(store, [high!.baseName], options, {})).toEqual({ ...expected, fetch: [], build });
    expect(existsSync(low.path)).toBe(false);
    expect(await obtainObjects(store, [high!.baseName], options)).toEqual(expected);
    for (const { path } of [low, high!]) removeTree(path);
    rmSync(join(store.layout.sources, "sha256"), { recursive: true });
    const online = { ...options, rebuild: { ...options.rebuild, offline: false } };
    expect(await forecastObjects(store, [high!.baseName], online, {})).toEqual({
      ...{ ...expected, build },
      fetch: [expect.objectContaining({ name: "low", url })],
    });
    expect((await forecastObjects(store, [high!.baseName], options, {})).missing).toMatchObject([
      { path: low.baseName, reasons: [expect.stringMatching(/offline/)] },
      { path: high!.baseName },
    ]);
    const { missing } = await obtainObjects(store, [high!.baseName], options);
    expect(missing).toMatchObject([
      { path: low.baseName, reasons: [expect.stringMatching(/offline/)] },
      { path: high!.baseName, reasons: [expect.stringContaining(low.baseName)] },
    ]);
  });
});

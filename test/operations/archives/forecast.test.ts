import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { exportObjects } from "../../../src/operations/archives/export-objects.ts";
import { indexRepository } from "../../../src/operations/archives/index-repository.ts";
import { obtainObjects } from "../../../src/operations/archives/obtain-objects.ts";
import { planRevert, revert } from "../../../src/operations/history/revert.ts";
import { undo } from "../../../src/operations/history/undo.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { acquireLock } from "../../../src/system/lock.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { startServer } from "../../helpers/fetch-world.ts";
import { DEFAULT, installFrom, liveFiles, makeProfileWorld, removeNames } from "../../helpers/profile-worlds.ts";

/** a and b were installed, packed below `served/deep`, and removed; neither the source nor the object of a is left. */
async function withLost() {
  const world = makeProfileWorld();
  const store = await world.open();
  const [a, b] = ["a", "b"].map((name) => world.source(`${name}-1`, { [name]: name })) as [string, string];
  await installFrom(store, a, b);
  const served = join(world.directory, "served");
  const packed = await exportObjects(store, {
    ...{ what: ["a", "b"], profile: DEFAULT, cwd: world.directory, output: "served/deep/" },
  });
  await removeNames(store, "a");
  for (const name of readdirSync(store.layout.storeDir).filter((each) => each.endsWith("-a-1")))
    removeTree(join(store.layout.storeDir, name));
  removeTree(a);
  return { world, store, served, packed, path: packed[0]!.path, before: changeable(store) };
}

/** What a plan must leave as it is. */
function changeable({ layout }: Store): readonly string[] {
  return [layout.storeDir, layout.manifests, join(layout.profiles, "default")].flatMap((path) => readdirSync(path));
}

async function serve(directory: string) {
  const server = await startServer(({ url = "" }, response) => {
    const file = join(directory, decodeURIComponent(url));
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const back = { selector: "gen-1" };

describe("what plan tells", () => {
  it("of a repository directory is what revert then does", async () => {
    const { world, store, served, path, before } = await withLost();
    const obtain = () => ({ cwd: world.directory, repositories: [served], recursive: true });
    const plan = await planRevert(store, DEFAULT, back, { obtain });
    expect(plan).toMatchObject({ obtained: [{ path, from: "repository", where: served }], fetch: [], build: [] });
    expect(changeable(store)).toEqual(before);
    const { obtained, added } = await revert(store, DEFAULT, back, { obtain });
    expect({ obtained, added }).toEqual({ obtained: plan.obtained, added: plan.added });
  });

  it("of a server says what would be fetched, and fetches nothing", async () => {
    const { store, served, packed, path, before } = await withLost();
    const server = await serve(join(served, "deep"));
    const obtain = () => ({ cwd: "/", repositories: [server.url] });
    const plan = await planRevert(store, DEFAULT, back, { obtain });
    expect(plan).toMatchObject({
      obtained: [{ path, from: "repository" }],
      fetch: [{ name: "a", version: "1", url: `${server.url}/${path}.tar.gz` }],
    });
    expect(changeable(store)).toEqual(before);
    expect(await undo(store, DEFAULT, { transaction: 2 }, { obtain, dryRun: true })).toMatchObject({
      fetch: [{ name: "a", url: `${server.url}/${path}.tar.gz` }],
    });
    expect(packed).toHaveLength(2);
    await revert(store, DEFAULT, back, { obtain });
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
  });

  it("of what nobody has is the refusal of revert, or what --missing=remove leaves out", async () => {
    const { store } = await withLost();
    const obtain = () => ({ cwd: "/", repositories: [] });
    const [planned, done] = [
      await caughtAsync(planRevert(store, DEFAULT, back, { obtain })),
      await caughtAsync(revert(store, DEFAULT, back, { obtain })),
    ];
    expect(planned).toMatchObject({ code: "UNSAFE", message: expect.stringContaining("no place that was looked at") });
    expect(planned).toMatchObject({ message: (done as Error).message });
    const plan = await planRevert(store, DEFAULT, back, { obtain, missing: "remove" });
    const change = await revert(store, DEFAULT, back, { obtain, missing: "remove" });
    const facts = ({ added, removed, upgraded, leftOut, madeFrom }: typeof plan) => [
      ...[added, removed, upgraded, leftOut, madeFrom],
    ];
    expect(facts(plan)).toEqual(facts(change));
    expect(facts(plan)).toEqual([[], [], [], [expect.objectContaining({ name: "a" })], 1]);
  });
});

describe("an undo in conflict", () => {
  it("is refused before anything is looked for", async () => {
    const { world, store, served } = await withLost();
    const server = await serve(join(served, "deep"));
    await installFrom(store, world.source("a-2", { a: "other" }));
    const obtain = () => ({ cwd: "/", repositories: [server.url] });
    expect(await caughtAsync(undo(store, DEFAULT, { transaction: 2 }, { obtain }))).toMatchObject({
      message: expect.stringContaining("later changes depend on it"),
    });
    expect(server.asked).toEqual([]);
  });
});

describe("a server's directories", () => {
  it("are known by the index there, which export brings up to date", async () => {
    const { world, store, served, path } = await withLost();
    const server = await serve(served);
    const options = { cwd: world.directory, repositories: [server.url], recursive: true };
    expect((await obtainObjects(store, [path], options)).missing).toEqual([
      { path, reasons: [expect.stringContaining(`there is no packed-objects.json at ${server.url}/`)] },
    ]);
    expect(await indexRepository({ directory: "served", cwd: world.directory })).toEqual({
      ...{ file: join(served, "packed-objects.json"), objects: 2 },
    });
    expect((await obtainObjects(store, [path], { ...options, recursive: false })).missing).toHaveLength(1);
    expect((await obtainObjects(store, [path], options)).obtained).toMatchObject([{ path, from: "repository" }]);
    mkdirSync(join(served, "other"));
    renameSync(join(served, "deep", `${path}.tar.gz`), join(served, "other", `${path}.tar.gz`));
    await exportObjects(store, { what: ["b"], profile: DEFAULT, cwd: world.directory, output: "served/" });
    const { objects } = JSON.parse(readFileSync(join(served, "packed-objects.json"), "utf8"));
    expect(objects[path]).toBe(`other/${path}.tar.gz`);
    expect(await caughtAsync(indexRepository({ directory: "no", cwd: "/" }))).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("have an index that may change without a warning", async () => {
    const { world, store, served, path } = await withLost();
    const server = await serve(served);
    const file = join(served, "packed-objects.json");
    writeFileSync(file, '{"format":1,"objects":{}}');
    const options = { cwd: world.directory, repositories: [server.url], recursive: true };
    const seen: string[] = [];
    const onEvent = (event: StoreEvent) => void (event.kind === "fetching" && seen.push(event.event.kind));
    expect((await obtainObjects(store, [path], options, { onEvent })).missing).toHaveLength(1);
    await indexRepository({ directory: served, cwd: "/" });
    expect((await obtainObjects(store, [path], options, { onEvent })).obtained).toHaveLength(1);
    expect(seen).toContain("fetched");
    expect(seen).not.toContain("changed");
  });

  it("keep an index of a newer program, and what another one wrote into it", async () => {
    const { world, store, served } = await withLost();
    const file = join(served, "packed-objects.json");
    const request = { what: ["b"], profile: DEFAULT, cwd: world.directory, output: "served/" };
    const newer = '{"format":2,"objects":{}}';
    writeFileSync(file, newer);
    const before = readdirSync(served);
    expect(await caughtAsync(exportObjects(store, request))).toMatchObject({ code: "NEWER_FORMAT" });
    expect(await caughtAsync(indexRepository({ directory: served, cwd: "/" }))).toMatchObject({ code: "NEWER_FORMAT" });
    expect([readdirSync(served), readFileSync(file, "utf8")]).toEqual([before, newer]);
    writeFileSync(file, '{"format":1,"objects":{},"by":"another"}');
    await exportObjects(store, request);
    const { by, objects } = JSON.parse(readFileSync(file, "utf8"));
    expect(by).toBe("another");
    expect(Object.keys(objects)).not.toEqual([]);
  });

  it("have an index that misses nothing when several write it at once", async () => {
    const { world, served } = await withLost();
    const file = join(served, "packed-objects.json");
    const how = { command: "other", now: () => new Date(), wait: true, vanishes: true };
    const other = await acquireLock(`${file}.lock`, how);
    const written = indexRepository({ directory: "served", cwd: world.directory });
    await sleep(50);
    expect(existsSync(file)).toBe(false);
    writeFileSync(join(served, `${"a".repeat(32)}-late-1.tar.gz`), "");
    other[Symbol.dispose]();
    expect((await written).objects).toBe(3);
    expect(readdirSync(served).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });
});

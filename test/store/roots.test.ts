import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseGenerationNumber, parseProfileName } from "../../src/model/ids.ts";
import { describeRoot } from "../../src/model/root.ts";
import { exportObjects } from "../../src/operations/archives/export-objects.ts";
import { addRoot, removeRoot, roots } from "../../src/operations/collection/roots.ts";
import { repair } from "../../src/operations/upkeep/repair.ts";
import { verify } from "../../src/operations/upkeep/verify.ts";
import { generationFile, manifestPath, namedRootPath } from "../../src/store/layout.ts";
import { listResultLinks } from "../../src/store/result-links.ts";
import { processRoots } from "../../src/store/roots.ts";
import { removeFile } from "../../src/system/remove-file.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { caught, caughtAsync } from "../helpers/caught.ts";
import { patchFs } from "../helpers/patch-fs.ts";
import { DEFAULT, installFrom, makeProfileWorld } from "../helpers/profile-worlds.ts";
import { addTree, makeWorld } from "../helpers/worlds.ts";

async function worldWithObject() {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const added = await addTree(store, { "bin/x": { exec: "#!/bin/sh\n" }, data: "data" });
  return { world, store, path: added.path, object: added.manifest.path };
}

test("a named root keeps an object until it is removed", async () => {
  const { store, object, path } = await worldWithObject();
  expect(await addRoot(store, { object })).toEqual({ root: "demo-1.0", path });
  expect(await addRoot(store, { object })).toEqual({ root: "demo-1.0", path });
  expect(roots(store)).toEqual([{ kind: "named", name: "demo-1.0", objects: [object] }]);
  const other = (await addTree(store, { data: "other" })).manifest.path;
  expect(await caughtAsync(addRoot(store, { object: other }))).toMatchObject({ code: "CONFLICT" });
  await addRoot(store, { object: other, name: "other" });
  expect(roots(store).map(describeRoot)).toEqual(["root 'demo-1.0'", "root 'other'"]);
  expect(removeRoot(store, { root: "demo-1.0", cwd: "/" })).toBe("demo-1.0");
  expect(caught(() => removeRoot(store, { root: "demo-1.0", cwd: "/" }))).toMatchObject({ code: "NOT_FOUND" });
  expect(roots(store)).toHaveLength(1);
});

test("a root that leads nowhere is found, and is forgotten or given anew as its hint says", async () => {
  const { world, store, object, path } = await worldWithObject();
  const link = join(world.directory, "result");
  await addRoot(store, { object });
  await addRoot(store, { object, link });
  const request = { profile: DEFAULT, cwd: "/" };
  expect((await verify(store, request)).damaged).toEqual([]);

  const named = namedRootPath(store.layout, "demo-1.0");
  const record = listResultLinks(store)[0]!.record;
  for (const place of [named, record]) {
    unlinkSync(place);
    cpSync(path, place, { recursive: true });
  }
  symlinkSync("/nowhere", namedRootPath(store.layout, "dangling"));
  const subjects = ["roots/named/dangling", "roots/named/demo-1.0", `roots/links/${basename(record)}`];
  const found = subjects.map((subject) => ({ kind: "root", subject, reason: "leads to no object of the store" }));
  expect((await verify(store, request)).damaged).toMatchObject(found);
  expect((await repair(store, request)).damaged).toMatchObject(
    found.map((each) => ({ ...each, outcome: { state: "no-source", hint: expect.stringContaining("root remove") } })),
  );
  expect(caught(() => roots(store))).toMatchObject({ code: "DAMAGED" });

  expect(removeRoot(store, { root: "demo-1.0", cwd: "/" })).toBe("demo-1.0");
  expect(removeRoot(store, { root: "dangling", cwd: "/" })).toBe("dangling");
  expect(caught(() => roots(store))).toMatchObject({ code: "DAMAGED", hint: expect.stringContaining("--link FILE") });
  await addRoot(store, { object, link });
  expect(roots(store)).toMatchObject([{ kind: "link", path: link }]);
  expect(readdirSync(store.layout.aside)).toHaveLength(2);
  expect((await verify(store, request)).damaged).toEqual([]);
});

test("a root whose object is gone is found, and the object is had again where that can be", async () => {
  const { world, store, object, path } = await worldWithObject();
  await addRoot(store, { object });
  const request = { profile: DEFAULT, cwd: "/" };
  const repository = join(world.directory, "repository");
  await exportObjects(store, { ...request, what: [path], output: `${repository}/` });
  removeTree(path);
  unlinkSync(manifestPath(store.layout, object));
  expect((await verify(store, request)).damaged).toMatchObject([{ kind: "root", reference: object }]);
  const repositories = { cwd: "/", repositories: [repository] };
  expect(await repair(store, { ...request, repositories })).toMatchObject({
    damaged: [],
    repaired: [{ kind: "root" }],
  });
  expect(existsSync(path)).toBe(true);
});

test("names that could lead elsewhere, and objects that are not there, are refused", async () => {
  const { store, object } = await worldWithObject();
  for (const name of ["../x", "", ".tmp-x", "a/b", "a b"])
    expect(await caughtAsync(addRoot(store, { object, name }))).toMatchObject({ code: "INVALID_INPUT" });
  const gone = object.replace("demo", "gone") as typeof object;
  expect(await caughtAsync(addRoot(store, { object: gone }))).toMatchObject({ code: "NOT_FOUND" });
  expect(roots(store)).toEqual([]);
});

test("a result link keeps its object while it is there and leads to it", async () => {
  const { world, store, object, path } = await worldWithObject();
  const link = join(world.directory, "result");
  expect(await addRoot(store, { object, link })).toEqual({ root: link, path });
  expect(roots(store)).toEqual([{ kind: "link", path: link, objects: [object] }]);
  unlinkSync(link);
  expect([roots(store), listResultLinks(store)]).toEqual([
    [],
    [{ path: link, record: expect.any(String), object: undefined }],
  ]);
  symlinkSync(world.directory, link);
  expect(roots(store)).toEqual([]);
  expect(await caughtAsync(addRoot(store, { object, link }))).toMatchObject({ code: "INVALID_INPUT" });
  unlinkSync(link);
  await addRoot(store, { object, link });
  expect(removeRoot(store, { root: "result", cwd: world.directory })).toBe(link);
  expect([roots(store), existsSync(link)]).toEqual([[], true]);
  expect(await caughtAsync(addRoot(store, { object, link: join(world.directory, "no/result") }))).toMatchObject({
    code: "NOT_FOUND",
  });
});

test("a file in the place of the note of a result link is damage, with a way out", async () => {
  const { world, store, object } = await worldWithObject();
  await addRoot(store, { object, link: join(world.directory, "result") });
  const record = listResultLinks(store)[0]?.record ?? "";
  unlinkSync(record);
  writeFileSync(record, "");
  expect(caught(() => roots(store))).toMatchObject({
    code: "DAMAGED",
    message: `${record} is no link`,
    hint: expect.stringContaining("Move it away"),
  });
});

test("a root that cannot be read is an error and never passed over", async () => {
  const { store, object } = await worldWithObject();
  await addRoot(store, { object });
  unlinkSync(namedRootPath(store.layout, "demo-1.0"));
  writeFileSync(namedRootPath(store.layout, "demo-1.0"), "");
  expect(caught(() => roots(store))).toMatchObject({ code: "DAMAGED", hint: expect.stringContaining("root remove") });
  removeRoot(store, { root: "demo-1.0", cwd: "/" });
  const profile = parseProfileName("p");
  const record = generationFile(store.layout, profile, parseGenerationNumber(1));
  mkdirSync(join(store.layout.profiles, "p"));
  writeFileSync(record, "{");
  expect(caught(() => roots(store))).toMatchObject({ code: "DAMAGED" });
});

test("processes that have an object open, mapped, in their environment or as directory are roots", async () => {
  const { store, path, object } = await worldWithObject();
  const started = (options: { cwd?: string; env?: NodeJS.ProcessEnv; args?: string[] }) => {
    const child = spawn("/bin/sh", options.args ?? ["-c", "exec sleep 60"], {
      ...options,
      stdio: ["pipe", "ignore", "ignore"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
  const children = [
    started({ cwd: path }),
    started({ env: { PATH: `${path}/bin:/usr/bin:/bin` } }),
    started({ args: ["-c", `exec 3< ${path}/data; exec sleep 60`] }),
  ];
  await expect
    .poll(() => processRoots(store).filter(({ objects }) => objects.includes(object)).length)
    .toBeGreaterThanOrEqual(3);
  const seen = processRoots(store).flatMap((root) => (root.kind === "process" ? [root.pid] : []));
  expect(seen).toEqual(expect.arrayContaining(children.map(({ pid }) => pid)));
  expect(seen).not.toContain(process.pid);
});

test("a generation that is deleted while the roots are being read is none of them", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const version of ["1", "2"]) await installFrom(store, world.source(`a-${version}`, { a: version }));
  const file = generationFile(store.layout, DEFAULT, parseGenerationNumber(1));
  patchFs("existsSync", (original) => (...args: Parameters<typeof original>) => {
    const isThere = original(...args);
    if (args[0] === file) removeFile(file);
    return isThere;
  });
  patchFs("openSync", (original) => (...args: Parameters<typeof original>) => {
    if (args[0] === file) removeFile(file);
    return original(...args);
  });
  patchFs("readFileSync", (original) => (...args: Parameters<typeof original>) => {
    if (args[0] === file) removeFile(file);
    return original(...args);
  });
  const generations = roots(store).flatMap((root) => (root.kind === "generation" ? [root.generation] : []));
  expect(generations).toEqual([0, 1, 2]);
  expect(existsSync(file)).toBe(false);
});

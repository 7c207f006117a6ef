import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { addToArchives } from "../../../src/operations/archives/archives.ts";
import { exportObjects } from "../../../src/operations/archives/export-objects.ts";
import { deleteObjects } from "../../../src/operations/collection/delete-objects.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { checkStore } from "../../../src/operations/upkeep/doctor/check-store.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { type VerifyResult, verify } from "../../../src/operations/upkeep/verify.ts";
import { checkLog } from "../../../src/store/check-log.ts";
import { archivePath, generationLink, manifestPath, objectPath } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { caught, caughtAsync } from "../../helpers/caught.ts";
import { DAMAGES, flip, makeDamageWorld } from "../../helpers/damages.ts";
import { patchFs } from "../../helpers/patch-fs.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, generation, installFrom, liveFiles, makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { addTree } from "../../helpers/worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/" };
const verifyAll = (store: Store) => verify(store, { ...REQUEST, contents: true });
const repairAll = (store: Store) => repair(store, { ...REQUEST, contents: true });

function told({ damaged }: VerifyResult): string[] {
  return damaged.map(({ kind, subject }) => `${kind} ${subject}`).sort();
}

describe("verify and repair", () => {
  it("find nothing in a store that is whole", async () => {
    const { store } = await makeDamageWorld();
    expect(await verifyAll(store)).toMatchObject({ damaged: [], repaired: [], leftovers: [], continued: null });
    expect(await repairAll(store)).toMatchObject({ damaged: [], repaired: [], leftovers: [] });
  });

  // One world for all, since to make one takes long, and every damage but the last ones is repaired.
  it("find and repair every kind of damage, one after the other", async () => {
    const world = await makeDamageWorld();
    const { store } = world;
    const before = liveFiles(store);
    for (const { name, damage, finds, hidden = false } of DAMAGES) {
      damage(world);
      const found = told(await verifyAll(store));
      expect(found, name).toHaveLength(finds.length);
      for (const [kind, end] of finds)
        expect(
          found.filter((line) => line.startsWith(`${kind} `) && line.endsWith(end)),
          `${name}: ${kind} ${end}`,
        ).not.toEqual([]);
      const quick = told(await verify(store, REQUEST));
      if (hidden) expect(quick, name).toEqual([]);
      else expect(quick, name).not.toEqual([]);

      const result = await repairAll(store);
      expect(result.damaged, name).toEqual([]);
      expect(result.repaired, name).toHaveLength(finds.length);
      expect(brokenRules(store), name).toEqual([]);
      expect(liveFiles(store), name).toEqual(before);
    }
    expect(await verifyAll(store)).toMatchObject({ damaged: [], repaired: [] });
  });

  it("look at packed objects, and pack damaged ones again where the object is there or can be had", async () => {
    const world = await makeDamageWorld();
    const { store } = world;
    await addToArchives(store, { ...REQUEST, what: [] });
    expect(await verifyAll(store)).toMatchObject({ damaged: [], leftovers: [] });
    const [file, other] = ["a", "b"].map((name) => archivePath(store.layout, world.object(name))) as [string, string];
    const subjects = [file, other].map((path) => `archive archives/${basename(path)}`).sort();
    const good = readFileSync(file);
    flip(file, 150);
    truncateSync(other, statSync(other).size - 10);
    expect(told(await verify(store, REQUEST))).toEqual([subjects.find((subject) => subject.endsWith(basename(other)))]);
    expect(told(await verifyAll(store))).toEqual(subjects);
    expect(await repairAll(store)).toMatchObject({
      damaged: [],
      repaired: [{ outcome: { from: "packed again from the object" } }, { outcome: { state: "repaired" } }],
    });
    expect(readFileSync(file)).toEqual(good);
    expect(await verifyAll(store)).toMatchObject({ damaged: [] });

    const { manifest, path } = await addTree(store, { x: "only packed" }, { name: "gone" });
    const repository = join(world.directory, "repository");
    await exportObjects(store, { ...REQUEST, what: [path], output: `${repository}/` });
    await addToArchives(store, { ...REQUEST, what: [path] });
    await deleteObjects(store, { objects: [manifest.path] });
    flip(archivePath(store.layout, manifest.path), 150);
    expect(await repairAll(store)).toMatchObject({ damaged: [{ kind: "archive", outcome: { state: "no-source" } }] });
    const repositories = { cwd: "/", repositories: [repository] };
    expect(await repair(store, { ...REQUEST, contents: true, repositories })).toMatchObject({
      damaged: [],
      repaired: [{ kind: "archive", outcome: { from: `packed again from ${repository}` } }],
    });
    expect(await verifyAll(store)).toMatchObject({ damaged: [] });
  });

  it("keep generations aside that an older copy of the store, put over a newer one, leaves", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "a" }));
    const older = join(world.directory, "older");
    cpSync(store.layout.root, older, { recursive: true, verbatimSymlinks: true });
    for (const name of ["b-1", "c-1"]) await installFrom(store, world.source(name, { [name]: "" }));
    const parts = ["log", "profiles"].map((part) => join(older, part));
    execFileSync("cp", ["-a", "--remove-destination", ...parts, store.layout.root]);
    const subjects = ["default/gen-2", "default/gen-3"].map((subject) => ({ kind: "leftover", subject }));
    const before = await verifyAll(store);
    expect(before).toMatchObject({ damaged: [], leftovers: subjects });
    expect(checkStore(store, undefined)).toContainEqual(
      expect.objectContaining({ topic: "leftovers", text: expect.stringContaining("default/gen-2, default/gen-3") }),
    );
    await expect(deleteGenerations(store, DEFAULT, { patterns: ["3"] })).rejects.toMatchObject({
      code: "NOT_FOUND",
      hint: expect.stringContaining("never live"),
    });
    const from = expect.stringContaining("moved to aside/");
    expect(await repair(store, REQUEST)).toMatchObject({
      damaged: [],
      leftovers: subjects.map((subject) => ({ ...subject, outcome: { state: "repaired", from } })),
    });
    expect(await verifyAll(store)).toMatchObject({ damaged: [], leftovers: [] });
    expect((await gc(store)).deleted).toHaveLength(4);
    expect(brokenRules(store)).toEqual([]);
  });

  it("forget what lies in the place of the record of a build and is no file, and keep it", async () => {
    const { store } = await makeDamageWorld();
    const record = join(store.layout.builds, `${"ab".repeat(32)}.json`);
    mkdirSync(record);
    const { leftovers, damaged } = await verifyAll(store);
    expect([damaged, leftovers.map(({ kind, subject }) => [kind, subject])]).toEqual([
      [],
      [["build", `builds/${"ab".repeat(32)}.json`]],
    ]);
    await repairAll(store);
    expect(await verifyAll(store)).toMatchObject({ damaged: [], leftovers: [] });
    expect(readdirSync(store.layout.aside)).toHaveLength(1);
  });

  it("find links of no generation, whose objects a collection keeps, and move them aside", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    for (const name of ["a-1", "b-1", "c-1"]) await installFrom(store, world.source(name, { [name]: "" }));
    const link = (number: number) => generationLink(store.layout, DEFAULT, generation(number));
    const target = readlinkSync(link(1));
    await deleteGenerations(store, DEFAULT, { patterns: ["1"] });
    for (const number of [1, 7]) symlinkSync(target, link(number));
    const subjects = ["default/gen-1", "default/gen-7"].map((subject) => ({ kind: "leftover", subject }));
    expect(await verifyAll(store)).toMatchObject({ damaged: [], leftovers: subjects });
    expect((await gc(store)).deleted).toEqual([]);
    const from = expect.stringContaining("moved to aside/");
    expect((await repair(store, REQUEST)).leftovers).toMatchObject(
      subjects.map((subject) => ({ ...subject, outcome: { state: "repaired", from } })),
    );
    expect(await verifyAll(store)).toMatchObject({ damaged: [], leftovers: [] });
    expect((await gc(store)).deleted).toHaveLength(1);
    expect(brokenRules(store)).toEqual([]);
  });

  it("go on without any profile, which gc and the log refuse with the way out, and make all anew from the log", async () => {
    const { store } = await makeDamageWorld();
    const before = liveFiles(store);
    rmSync(store.layout.profiles, { recursive: true });
    const out = { code: "DAMAGED", hint: expect.stringContaining("store verify --repair") };
    expect(await caughtAsync(gc(store))).toMatchObject(out);
    expect(caught(() => checkLog(store))).toMatchObject(out);
    expect(told(await verifyAll(store))).toContain("profile profiles");
    expect((await repairAll(store)).damaged).toEqual([]);
    expect(liveFiles(store)).toEqual(before);

    for (const lost of [store.layout.profiles, store.layout.log]) rmSync(lost, { recursive: true });
    expect((await repairAll(store)).damaged).toMatchObject([
      { subject: "profiles", outcome: { state: "no-source", hint: expect.stringContaining("put both back") } },
    ]);
  });

  it("do not call a leftover repaired that stays", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    mkdirSync(join(store.layout.profiles, "unfinished"));
    const leftovers = [{ subject: "profiles/unfinished", outcome: { state: "found" } }];
    expect(await repair(store, REQUEST)).toMatchObject({ damaged: [], leftovers });
    expect(await verify(store, REQUEST)).toMatchObject({ damaged: [], leftovers });
  });

  it("take an object that is deleted while it is looked at for none", async () => {
    const { store } = await makeDamageWorld();
    const { manifest } = await addTree(store, { file: "deleted" });
    const path = objectPath(store.layout, manifest.path);
    patchFs("lstatSync", (original) => (...args) => {
      const [place] = args as unknown as [string];
      if (place === path && existsSync(path)) {
        unlinkSync(manifestPath(store.layout, manifest.path));
        renameSync(path, `${store.layout.trash}/gone`);
      }
      return original(...(args as unknown as Parameters<typeof original>));
    });
    expect((await verify(store, REQUEST)).damaged).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  it("leave a file as it is when nobody has good bytes, and keep it out of further objects", async () => {
    const { store, at } = await makeDamageWorld({ spare: false });
    flip(at("b", "own"));
    const bytes = readFileSync(at("b", "own"));
    expect(told(await verifyAll(store)).map((line) => line.split(" ")[0])).toEqual(["changed-file", "pool-file"]);
    const result = await repairAll(store);
    expect(told(result)).toEqual([expect.stringMatching(/^changed-file .*-b-1\/own$/)]);
    expect(result.damaged[0]?.outcome.state).toBe("no-source");
    expect(readFileSync(at("b", "own"))).toEqual(bytes);
    const { path } = await addTree(store, { own: "only in b" }, { name: "e" });
    expect(readFileSync(join(path, "own"), "utf8")).toBe("only in b");
    // Now there are good bytes.
    expect((await repairAll(store)).damaged).toEqual([]);
    expect(readFileSync(at("b", "own"), "utf8")).toBe("only in b");
  });

  it("take good bytes from where the package came", async () => {
    const { store, at, source } = await makeDamageWorld({ spare: false });
    source("b-1", { "share/doc/same": "shared by all", own: "only in b" });
    flip(at("b", "own"));
    const { damaged, repaired } = await repairAll(store);
    expect(damaged).toEqual([]);
    expect(repaired.map(({ outcome }) => outcome)).toContainEqual({
      state: "repaired",
      from: "fetched again from where it came",
    });
    expect(readFileSync(at("b", "own"), "utf8")).toBe("only in b");
  });

  it("repair what other objects share when only one is asked for", async () => {
    const { store, at, object } = await makeDamageWorld();
    flip(at("a", "a/share/doc/same"));
    const request = { ...REQUEST, contents: true, what: [object("a")] };
    expect(told(await verify(store, request))).toEqual([`changed-file ${object("a")}/a/share/doc/same`]);
    expect((await repair(store, request)).damaged).toEqual([]);
    expect((await verifyAll(store)).damaged).toEqual([]);
    expect(statSync(at("a", "a/share/doc/same")).ino).toBe(statSync(at("b", "share/doc/same")).ino);
  });
});

import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../../src/errors.ts";
import type { Generation } from "../../../src/model/generation.ts";
import { changeProfile } from "../../../src/operations/profiles/change-profile.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { upgrade } from "../../../src/operations/profiles/upgrade.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import { generationFile } from "../../../src/store/layout.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { hasProfile } from "../../../src/store/profiles.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { integrityOf } from "../../helpers/fetch-world.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  goBack,
  installFrom,
  installWith,
  liveFiles,
  liveNumber,
  logRecords,
  logTypes,
  makeProfileWorld,
  profileDirectory,
  removeNames,
  switchTo,
} from "../../helpers/profile-worlds.ts";

describe("install", () => {
  it("puts a package into the profile and says so", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const from = world.source("zlib-1.3", { "bin/z": { exec: "z" }, "share/z/README": "read" });
    const change = await installFrom(store, from);
    const path = expect.stringMatching(/^[a-z2-7]{32}-zlib-1\.3$/);
    expect(change).toEqual({
      transaction: 1,
      profile: "default",
      from: 0,
      to: 1,
      changed: true,
      added: [{ name: "zlib", version: "1.3", options: {}, path }],
      removed: [],
      upgraded: [],
    });
    expect(liveFiles(store)).toEqual({ "bin/z": "z", "share/z/README": "read" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("makes no generation whose record could not be read again, and the log tells of none", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    const prepare = async () => (head: Generation) => head.packages.map((item) => ({ ...item, priority: 0.5 }));
    const request = { profile: DEFAULT, reason: "odd", plan: {}, prepare };
    expect(await caughtAsync(changeProfile(store, request, {}))).toMatchObject({ code: "FAILED" });
    expect(
      logRecords(store)
        .map(({ event }) => event.type)
        .slice(-2),
    ).toEqual(["begin", "abort"]);
    expect(liveNumber(store)).toBe(1);
    expect(brokenRules(store)).toEqual([]);
  });

  it("begins with gen-0, which is empty and has no parent (invariant 3)", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    const zero = readGeneration(store, DEFAULT, generation(0));
    expect(zero).toMatchObject({ parent: undefined, packages: [], reason: "empty", transaction: 0 });
    await goBack(store);
    expect(liveFiles(store)).toEqual({});
  });

  it("keeps what is there, and makes the live generation the parent", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { "bin/a": "a" }));
    await installFrom(store, world.source("b-1", { "bin/b": "b" }));
    await goBack(store);
    const change = await installFrom(store, world.source("c-1", { "bin/c": "c" }));
    expect(change).toMatchObject({ from: 1, to: 3 });
    expect(readGeneration(store, DEFAULT, change.to).parent).toBe(1);
    expect(liveFiles(store)).toEqual({ "bin/a": "a", "bin/c": "c" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("keeps members of package records that it does not know, as removals and upgrades do, and the log has them", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const a = world.source("a-1", { a: "" });
    await installFrom(store, a, world.source("c-1", { c: "" }));
    const file = generationFile(store.layout, DEFAULT, generation(1));
    const record = JSON.parse(readFileSync(file, "utf8"));
    const later = { since: "a later version" };
    writeFileSync(
      file,
      JSON.stringify({ ...record, packages: [{ ...record.packages[0], later }, record.packages[1]] }),
    );
    await installFrom(store, world.source("b-1", { b: "" }));
    await removeNames(store, "c");
    world.tree({ a: "new" }, a);
    await upgrade(store, { profile: DEFAULT, names: [], input: { cwd: "/" } });
    for (const number of [2, 3, 4])
      expect(readGeneration(store, DEFAULT, generation(number)).packages[0]).toMatchObject({
        name: "a",
        unknown: { later },
      });
    const upgraded = [{ name: "a", from: { later }, to: { later } }];
    expect(logRecords(store).at(-3)?.event).toMatchObject({ type: "generation", generation: 4, change: { upgraded } });
  });

  it("replaces a package of the same name and tells of the upgrade", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const first = await installFrom(store, world.source("a-1.9", { "bin/a": "old" }));
    const change = await installFrom(store, world.source("a-1.10", { "bin/a": "new" }));
    expect(change.added).toEqual([]);
    expect(change.upgraded).toEqual([
      { name: "a", from: first.added[0], to: expect.objectContaining({ version: "1.10" }) },
    ]);
    expect(liveFiles(store)).toEqual({ "bin/a": "new" });
  });

  it("makes no generation when nothing changes, and no other record than that", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const from = world.source("a-1", { a: "" });
    await installFrom(store, from);
    const before = profileDirectory(store);
    const change = await installFrom(store, from);
    expect(change).toMatchObject({ transaction: 2, from: 1, to: 1, changed: false, added: [], upgraded: [] });
    expect(profileDirectory(store)).toEqual(before);
    expect(logTypes(store, 2)).toEqual(["begin", "commit"]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("installs all packages of one command as one generation", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const names = ["c-1", "a-1", "b-1"];
    const change = await installFrom(store, ...names.map((name) => world.source(name, { [`bin/${name}`]: name })));
    expect(change).toMatchObject({ from: 0, to: 1 });
    expect(change.added.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(readGeneration(store, DEFAULT, change.to).packages.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  it("leaves everything as it was when the third of three packages fails (invariant 5)", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    const [before, objects] = [profileDirectory(store), listObjects(store)];
    const good = ["b-1", "c-1"].map((name) => world.source(name, { [name]: name }));
    const error = await caughtAsync(installFrom(store, ...good, "/nowhere/d-1"));
    expect(error).toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("/nowhere/d-1") });
    expect(profileDirectory(store)).toEqual(before);
    expect(listObjects(store)).toEqual(objects);
    expect(readdirSync(store.layout.temporary)).toEqual([]);
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("works again with what failed, and gives the next number", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await caughtAsync(installFrom(store, "/nowhere/a-1"));
    const change = await installFrom(store, world.source("a-1", { a: "" }));
    expect(change).toMatchObject({ transaction: 2, to: 1 });
  });

  it("makes a profile of its own for each name", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const other = "other" as typeof DEFAULT;
    await installFrom(store, world.source("a-1", { a: "a" }));
    await installWith(store, { profile: other }, world.source("b-1", { b: "b" }));
    expect([liveFiles(store), liveFiles(store, other)]).toEqual([{ a: "a" }, { b: "b" }]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("keeps no user name and password of a URL, neither in the log nor in a record", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await caughtAsync(installFrom(store, { from: "https://me:secret@localhost:1/a-1.tar", offline: true }));
    const text = JSON.stringify(logRecords(store).map(({ members }) => members));
    expect(text).toContain("https://localhost:1/a-1.tar");
    expect(text).not.toContain("secret");
  });
});

describe("a number", () => {
  it("is not given out again after a rollback (invariant 4)", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    for (const name of ["a-1", "b-1"]) await installFrom(store, world.source(name, { [name]: "" }));
    await goBack(store, 2);
    expect(liveNumber(store)).toBe(0);
    expect(await installFrom(store, world.source("c-1", { c: "" }))).toMatchObject({ from: 0, to: 3 });
  });

  it("is not given out again after its generation was deleted (invariant 4)", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    await installFrom(store, world.source("b-1", { b: "" }));
    await goBack(store);
    const record = generationFile(store.layout, DEFAULT, generation(2));
    unlinkSync(record);
    unlinkSync(record.replace(".json", ""));
    expect(await installFrom(store, world.source("c-1", { c: "" }))).toMatchObject({ to: 3 });
  });
});

describe("the log of an install", () => {
  it("tells command, user, base, plan, generation and result", async () => {
    const world = makeProfileWorld();
    const store = await world.open({ command: ["store", "install", "a"], user: "ann", timeZone: "Europe/Berlin" });
    const from = world.source("a-1", { a: "" });
    const change = await installWith(store, { priority: 3 }, from);
    const events = logRecords(store).map(({ event, tx, profile, zone }) => ({ tx, profile, zone, ...event }));
    const common = { tx: 1, profile: "default", zone: "Europe/Berlin" };
    const { path } = change.added[0] as (typeof change.added)[0];
    const packages = [{ name: "a", version: "1", options: {}, path, priority: 3, requested: from }];
    const forest = readGeneration(store, DEFAULT, change.to).path;
    expect(events).toMatchObject([
      {
        ...common,
        type: "begin",
        command: ["store", "install", "a"],
        user: "ann",
        base: 0,
        plan: { install: [{ from, priority: 3 }] },
      },
      {
        ...common,
        type: "generation",
        generation: 1,
        parent: 0,
        path: forest,
        reason: `install ${from} with priority 3`,
        change: { added: packages, removed: [], upgraded: [] },
      },
      { ...common, type: "intent", from: 0, to: 1 },
      { ...common, type: "commit", from: 0, to: 1, changed: true },
    ]);
  });

  it("tells how a package was asked for: its name, version, integrity and priority", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const from = join(world.source("d", { "x.txt": "content" }), "x.txt");
    const asked = { from, name: "y", version: "2", integrity: integrityOf(Buffer.from("content")) };
    await installWith(store, { priority: 3 }, asked);
    expect(logRecords(store)[0]?.event).toMatchObject({ plan: { install: [{ ...asked, priority: 3 }] } });
  });

  it("tells what was asked for also of every other change, and what it started from", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const a = world.source("a-1", { "a-1": "" });
    await installFrom(store, a, world.source("b-1", {}));
    await removeNames(store, "b");
    await goBack(store, 2);
    await switchTo(store, "-");
    world.tree({ "a-1": "new" }, a);
    await upgrade(store, { profile: DEFAULT, names: ["a"], input: { cwd: "/" } });
    await pin(store, DEFAULT, { selector: "1", pinned: true });
    const asked = logRecords(store).flatMap(({ event }) => (event.type === "begin" ? [[event.base, event.plan]] : []));
    expect(asked.slice(1)).toEqual([
      [1, { remove: ["b"] }],
      [2, { rollback: 2 }],
      [0, { switch: "-" }],
      [2, { upgrade: ["a"] }],
      [3, { pin: "1" }],
    ]);
  });

  it("tells why a change failed", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const error = (await caughtAsync(installFrom(store, "/nowhere/a-1"))) as StoreError;
    const { event } = logRecords(store).at(-1) ?? {};
    expect(event).toMatchObject({ type: "abort", reason: { code: error.code, message: error.message } });
  });

  it("tells of an interrupted change, which leaves nothing behind", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const controller = new AbortController();
    const onEvent = ({ kind }: StoreEvent) => void (kind === "importing" && controller.abort());
    const from = world.source("a-1", { a: "" });
    await expect(installWith(store, { signal: controller.signal, onEvent }, from)).rejects.toThrow();
    expect(logRecords(store).at(-1)?.event).toMatchObject({ type: "abort", reason: { code: "INTERRUPTED" } });
    expect([hasProfile(store, DEFAULT), listObjects(store).length]).toEqual([false, 0]);
    expect(readdirSync(store.layout.temporary)).toEqual([]);
    expect(await installFrom(store, from)).toMatchObject({ to: 1 });
  });
});

describe("a conflict", () => {
  async function conflicting() {
    const world = makeProfileWorld();
    const store = await world.open();
    const [a, b] = ["a", "b"].map((name) =>
      world.source(`${name}-1`, { "bin/x": name, "lib/y": `${name}!`, same: "same", [`only-${name}`]: "" }),
    ) as [string, string];
    return { world, store, a, b };
  }

  it("is told before anything is written, with every path and the commands that settle it", async () => {
    const { store, a, b } = await conflicting();
    await installFrom(store, a);
    const before = profileDirectory(store);
    const error = (await caughtAsync(installFrom(store, b))) as StoreError;
    expect(error).toBeInstanceOf(StoreError);
    expect(error.code).toBe("CONFLICT");
    expect(error.message).toMatch(/^(a and b|b and a) have different content at$/m);
    expect(error.message).toContain("bin/x");
    expect(error.message).toContain("lib/y");
    expect(error.message).not.toContain("same");
    for (const spec of [a, b]) expect(error.hint).toContain(`  store install ${spec} --priority 4    or`);
    expect(error.hint).toMatch(/or {4}store remove a$/m);
    // It is not installed: to remove it would take out nothing, or another version.
    expect(error.hint).toMatch(/b.* --priority 4 {4}or {4}leave it out$/m);
    expect(profileDirectory(store)).toEqual(before);
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
    expect(existsSync(join(store.layout.profiles, "default", "gen-2"))).toBe(false);
  });

  it("is settled by a priority, which the package keeps until it gets another", async () => {
    const { world, store, a, b } = await conflicting();
    await installFrom(store, a);
    await installWith(store, { priority: 4 }, b);
    expect(liveFiles(store)).toEqual({ "bin/x": "b", "lib/y": "b!", same: "same", "only-a": "", "only-b": "" });
    await installFrom(store, world.source("b-2", { "bin/x": "b2" }));
    expect(liveFiles(store)).toMatchObject({ "bin/x": "b2", "lib/y": "a!" });
    const change = await installWith(store, { priority: 3 }, a);
    expect(change).toMatchObject({ changed: true, added: [], removed: [], upgraded: [] });
    expect(liveFiles(store)).toMatchObject({ "bin/x": "a" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("is settled by removing one package", async () => {
    const { store, a, b } = await conflicting();
    await installFrom(store, a);
    await removeNames(store, "a");
    await installFrom(store, b);
    expect(liveFiles(store)).toMatchObject({ "bin/x": "b" });
  });

  it("names the profile in the commands, and quotes what a shell would not take as it is", async () => {
    const { world, store, a } = await conflicting();
    const profile = "other" as typeof DEFAULT;
    const odd = world.tree({ "bin/x": "odd" }, join(world.directory, "it's here", "odd-1"));
    await installWith(store, { profile }, a);
    const error = (await caughtAsync(installWith(store, { profile }, odd))) as StoreError;
    const quoted = `'${odd.replace("'", "'\\''")}'`;
    expect(error.hint).toContain(`store install ${quoted} --priority 4 --profile other`);
    expect(error.hint).toMatch(/or {4}store remove a --profile other$/m);
    expect(error.hint).toMatch(/ --profile other {4}or {4}leave it out$/m);
  });

  it("is found between two packages of the same command", async () => {
    const { store, a, b } = await conflicting();
    expect(await caughtAsync(installFrom(store, a, b))).toMatchObject({ code: "CONFLICT" });
    expect(hasProfile(store, DEFAULT)).toBe(false);
  });
});

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { StoreError } from "../../../src/errors.ts";
import { generations, listPackages } from "../../../src/operations/packages/list.ts";
import { rollback, switchGeneration } from "../../../src/operations/profiles/switch.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import {
  currentPath,
  generationFile,
  generationLink,
  manifestPath,
  objectPath,
  previousPath,
  profileFile,
  profilePath,
} from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readProfile } from "../../../src/store/profiles.ts";
import { replaceLink } from "../../../src/system/atomic-file.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  goBack,
  installFrom,
  liveFiles,
  liveNumber,
  logRecords,
  logTypes,
  makeProfileWorld,
  type ProfileWorld,
  profileDirectory,
  removeNames,
  switchTo,
} from "../../helpers/profile-worlds.ts";
import { addTree } from "../../helpers/worlds.ts";

/** Generations 1 to 4, each with one package more. */
async function withFour(): Promise<{ world: ProfileWorld; store: Store }> {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const name of ["a", "b", "c", "d"]) await installFrom(store, world.source(`${name}-1`, { [name]: name }));
  return { world, store };
}

describe("switch", () => {
  it("makes a generation live and tells what that changes", async () => {
    const { store } = await withFour();
    const change = await switchTo(store, "gen-2");
    expect(change).toMatchObject({ transaction: 5, profile: "default", from: 4, to: 2, changed: true });
    expect(change.removed.map(({ name }) => name)).toEqual(["c", "d"]);
    expect([change.added, change.upgraded]).toEqual([[], []]);
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
    expect(logTypes(store, 5)).toEqual(["begin", "intent", "commit"]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("logs what was asked for and what changed", async () => {
    const { store } = await withFour();
    await switchTo(store, "-1");
    const [begin, , commit] = logRecords(store).slice(-3);
    expect(begin?.event).toMatchObject({ base: 4, plan: { switch: "-1" } });
    expect(commit?.event).toMatchObject({ from: 4, to: 3, changed: true, change: { removed: [{ name: "d" }] } });
  });

  it("makes no generation, and does nothing when it is there already", async () => {
    const { store } = await withFour();
    const [before, records] = [profileDirectory(store), logRecords(store).length];
    const change = await switchTo(store, "gen-4");
    expect(change).toMatchObject({ transaction: 0, from: 4, to: 4, changed: false, added: [], removed: [] });
    expect(profileDirectory(store)).toEqual(before);
    expect(logRecords(store).length).toBe(records);
  });

  it("goes to and fro with `-`", async () => {
    const { store } = await withFour();
    await switchTo(store, "gen-1");
    const seen: number[] = [];
    for (let times = 0; times < 4; times++) seen.push((await switchTo(store, "-")).to);
    expect(seen).toEqual([4, 1, 4, 1]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("only tells, with dryRun", async () => {
    const { store } = await withFour();
    const before = [profileDirectory(store), logRecords(store).length];
    const change = await switchGeneration(store, DEFAULT, { selector: "gen-1" }, { dryRun: true });
    expect(change).toMatchObject({ transaction: 0, from: 4, to: 1, changed: false });
    expect(change.removed.map(({ name }) => name)).toEqual(["b", "c", "d"]);
    expect([profileDirectory(store), logRecords(store).length]).toEqual(before);
  });

  it("refuses a profile that is not there, and names those that are", async () => {
    const { store } = await withFour();
    const error = await caughtAsync(switchGeneration(store, "defualt" as typeof DEFAULT, { selector: "-1" }));
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("There is default;") });
  });
});

describe("rollback", () => {
  it("goes to the parent, again and again, and stops at gen-0", async () => {
    const { store } = await withFour();
    const seen: number[] = [];
    for (let times = 0; times < 4; times++) seen.push((await goBack(store)).to);
    expect(seen).toEqual([3, 2, 1, 0]);
    const error = await caughtAsync(goBack(store));
    expect(error).toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("gen-0") });
    expect(liveNumber(store)).toBe(0);
    expect(brokenRules(store)).toEqual([]);
  });

  it("follows parents, not numbers", async () => {
    const { world, store } = await withFour();
    await switchTo(store, "gen-2");
    await installFrom(store, world.source("e-1", { e: "e" }));
    expect(liveNumber(store)).toBe(5);
    expect((await goBack(store)).to).toBe(2);
    expect((await goBack(store)).to).toBe(1);
  });

  it("goes several steps as one change", async () => {
    const { store } = await withFour();
    expect(await goBack(store, 3)).toMatchObject({ transaction: 5, from: 4, to: 1 });
    expect((await switchTo(store, "-")).to).toBe(4);
    expect(await caughtAsync(goBack(store, 5))).toMatchObject({ code: "NOT_FOUND" });
    expect(liveNumber(store)).toBe(4);
  });

  it("only tells, with dryRun", async () => {
    const { store } = await withFour();
    expect(await rollback(store, DEFAULT, {}, { dryRun: true })).toMatchObject({ to: 3, changed: false });
    expect(liveNumber(store)).toBe(4);
  });
});

describe("a target that is not whole is refused before anything moves (invariant 9):", () => {
  type Damage = (store: Store) => void;
  const second = (store: Store) => readGeneration(store, DEFAULT, generation(2));
  const packagePathOf = (store: Store, name: string) => {
    const found = second(store).packages.find((item) => item.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found.path;
  };
  const discard = (path: string) => {
    chmodSync(path, 0o755);
    rmSync(path, { recursive: true });
  };
  const damages: Readonly<Record<string, [Damage, string]>> = {
    "a missing package": [(store) => discard(objectPath(store.layout, packagePathOf(store, "b"))), "-b-1"],
    "a missing forest": [(store) => discard(objectPath(store.layout, second(store).path)), "-profile-default"],
    "a file in place of a package": [
      (store) => {
        const path = objectPath(store.layout, packagePathOf(store, "b"));
        discard(path);
        writeFileSync(path, "");
      },
      "-b-1",
    ],
    "a missing manifest": [(store) => unlinkSync(manifestPath(store.layout, packagePathOf(store, "b"))), "-b-1"],
    "an empty manifest": [(store) => truncateSync(manifestPath(store.layout, packagePathOf(store, "a"))), "-a-1"],
    "an empty manifest of the forest": [
      (store) => truncateSync(manifestPath(store.layout, second(store).path)),
      "-profile-",
    ],
    "a missing manifest of the forest": [
      (store) => unlinkSync(manifestPath(store.layout, second(store).path)),
      "-profile-",
    ],
    "half a record": [(store) => truncateSync(generationFile(store.layout, DEFAULT, generation(2)), 40), "gen-2.json"],
    "an empty record": [(store) => truncateSync(generationFile(store.layout, DEFAULT, generation(2))), "gen-2.json"],
    "the record of another generation": [
      (store) =>
        cpSync(
          generationFile(store.layout, DEFAULT, generation(1)),
          generationFile(store.layout, DEFAULT, generation(2)),
        ),
      "gen-2.json",
    ],
  };

  for (const [what, [damage, told]] of Object.entries(damages)) {
    it(what, async () => {
      const { store } = await withFour();
      damage(store);
      const before = profileDirectory(store);
      const error = (await caughtAsync(switchTo(store, "gen-2"))) as StoreError;
      const code = told.endsWith(".json") ? "DAMAGED" : "UNSAFE";
      expect(error).toMatchObject({ code });
      expect(error.message).toContain(told);
      expect(error.hint).toBeDefined();
      expect(profileDirectory(store)).toEqual(before);
      expect(liveNumber(store)).toBe(4);
      expect(logTypes(store, 5)).toEqual(["begin", "abort"]);
      expect(await caughtAsync(goBack(store, 2))).toMatchObject({ code });
    });
  }

  it("an empty manifest of a package that is not live", async () => {
    const { store } = await withFour();
    await switchTo(store, "gen-1");
    truncateSync(manifestPath(store.layout, packagePathOf(store, "b")));
    const error = (await caughtAsync(switchTo(store, "gen-2"))) as StoreError;
    expect(error).toMatchObject({ code: "UNSAFE" });
    expect(error.message).toContain("-b-1");
    expect(liveNumber(store)).toBe(1);
  });

  it("an empty manifest of what a package needs", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const dep = await addTree(store, { dep: "dep" }, { name: "dep" });
    await installFrom(store, world.source("b-1", { b: `${dep.path}/dep` }));
    await installFrom(store, world.source("c-1", { c: "c" }));
    await removeNames(store, "b");
    truncateSync(manifestPath(store.layout, dep.manifest.path));
    const error = (await caughtAsync(switchTo(store, "gen-1"))) as StoreError;
    expect(error).toMatchObject({ code: "UNSAFE" });
    expect(error.message).toContain("-dep-1.0");
    expect(liveNumber(store)).toBe(3);
  });

  it.each<[string, (link: string) => void]>([
    ["missing", () => {}],
    ["to another forest", (link) => symlinkSync("gen-1", link)],
  ])("but a link that is %s is put right: the record tells where it leads", async (_what, damage) => {
    const { store } = await withFour();
    const link = generationLink(store.layout, DEFAULT, generation(2));
    const before = readlinkSync(link);
    unlinkSync(link);
    damage(link);
    expect(await switchTo(store, "gen-2")).toMatchObject({ to: 2, changed: true });
    expect(readlinkSync(link)).toBe(before);
  });

  it("a record of a newer format", async () => {
    const { store } = await withFour();
    const path = generationFile(store.layout, DEFAULT, generation(2));
    writeFileSync(path, JSON.stringify({ format: 99 }));
    expect(await caughtAsync(switchTo(store, "gen-2"))).toMatchObject({ code: "NEWER_FORMAT" });
    expect(liveNumber(store)).toBe(4);
  });

  it("a missing record, which is no generation", async () => {
    const { store } = await withFour();
    unlinkSync(generationFile(store.layout, DEFAULT, generation(2)));
    const error = await caughtAsync(switchTo(store, "gen-2"));
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("gen-3") });
    expect(liveNumber(store)).toBe(4);
  });

  it("with all that is missing in one message", async () => {
    const { store } = await withFour();
    for (const name of ["a", "b"]) unlinkSync(manifestPath(store.layout, packagePathOf(store, name)));
    const error = (await caughtAsync(switchTo(store, "gen-2"))) as StoreError;
    expect(error.details.missing).toMatchObject(["a", "b"].map((name) => ({ path: packagePathOf(store, name) })));
  });
});

describe("a live generation that is damaged keeps nobody from leaving it:", () => {
  async function leave(damage: (store: Store) => void) {
    const { store } = await withFour();
    damage(store);
    const events: StoreEvent[] = [];
    const change = await switchGeneration(store, DEFAULT, { selector: "gen-3" }, { onEvent: (e) => events.push(e) });
    expect(change).toMatchObject({ from: 4, to: 3, changed: true });
    expect(liveFiles(store)).toEqual({ a: "a", b: "b", c: "c" });
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 3, previous: 4, last: 4 });
    return { store, events };
  }

  it("its record is damaged", async () => {
    const { events } = await leave((store) => truncateSync(generationFile(store.layout, DEFAULT, generation(4))));
    expect(events).toContainEqual(expect.objectContaining({ kind: "warning" }));
  });

  it("its record is gone", async () => {
    await leave((store) => unlinkSync(generationFile(store.layout, DEFAULT, generation(4))));
  });

  it("the live link is gone", async () => {
    const { store } = await leave((store) => unlinkSync(currentPath(store.layout, DEFAULT)));
    expect(brokenRules(store)).toEqual([]);
  });

  it("the live link leads elsewhere", async () => {
    await leave((store) => {
      unlinkSync(currentPath(store.layout, DEFAULT));
      symlinkSync("/", currentPath(store.layout, DEFAULT));
    });
  });

  it("the links are directories, as a copy that follows links has them", async () => {
    const { store } = await leave((store) => {
      for (const path of [currentPath(store.layout, DEFAULT), previousPath(store.layout, DEFAULT)]) {
        unlinkSync(path);
        mkdirSync(path);
        writeFileSync(join(path, "copy"), "");
      }
    });
    const kept = readdirSync(store.layout.aside).flatMap((room) => readdirSync(join(store.layout.aside, room)));
    expect(kept.sort()).toEqual(["current", "previous"]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("the live link is gone, and the same generation is chosen", async () => {
    const { store } = await withFour();
    unlinkSync(currentPath(store.layout, DEFAULT));
    expect(await switchTo(store, "gen-4")).toMatchObject({ from: 4, to: 4, changed: true });
    expect(liveFiles(store)).toMatchObject({ d: "d" });
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 4, previous: 3 });
    expect(brokenRules(store)).toEqual([]);
  });

  it("while everything that needs it says what to do", async () => {
    const { world, store } = await withFour();
    unlinkSync(currentPath(store.layout, DEFAULT));
    const error = await caughtAsync(installFrom(store, world.source("e-1", { e: "" })));
    expect(error).toMatchObject({ code: "DAMAGED", hint: expect.stringContaining("store switch gen-N") });
    const listed = generations(store, DEFAULT, { last: 2 });
    expect(listed.map(({ generation, current }) => [generation, current])).toEqual([
      [3, false],
      [4, false],
    ]);
  });

  it("also when it leads to a generation that was never made", async () => {
    const { world, store } = await withFour();
    replaceLink("gen-77", currentPath(store.layout, DEFAULT));
    for (const action of [listPackages(store, DEFAULT), installFrom(store, world.source("e-1", { e: "" }))])
      expect(await caughtAsync(action)).toMatchObject({ code: "DAMAGED", message: expect.stringContaining("gen-77") });
    expect(generations(store, DEFAULT).map(({ generation }) => generation)).toEqual([0, 1, 2, 3, 4]);
    expect(await rollback(store, DEFAULT)).toMatchObject({ from: 4, to: 3, changed: true });
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 3, last: 4 });
    expect(brokenRules(store)).toEqual([]);
  });

  it("but a lost profile.json is no empty profile", async () => {
    const { world, store } = await withFour();
    unlinkSync(profileFile(store.layout, DEFAULT));
    const before = profileDirectory(store);
    for (const attempt of [switchTo(store, "gen-1"), installFrom(store, world.source("e-1", { e: "" }))])
      expect(await caughtAsync(attempt)).toMatchObject({ code: "DAMAGED" });
    expect(profileDirectory(store)).toEqual(before);
  });
});

describe("a switch that fails", () => {
  it("at the rename leaves the live generation as it was and says so in the log", async () => {
    const { store } = await withFour();
    const before = profileDirectory(store);
    patchFs("renameSync", (original) => (from: string, to: string) => {
      if (to.endsWith("/current")) throw errno("EIO");
      original(from, to);
    });
    expect(await caughtAsync(switchTo(store, "gen-1"))).toMatchObject({ code: "EIO" });
    expect(profileDirectory(store)).toEqual(before);
    expect(logTypes(store, 5)).toEqual(["begin", "intent", "abort"]);
  });

  it("behind the rename is done, warns, and is completed by the next command", async () => {
    const { world, store } = await withFour();
    let isBroken = true;
    patchFs("renameSync", (original) => (from: string, to: string) => {
      if (isBroken && to.endsWith("/previous")) throw errno("ENOSPC");
      original(from, to);
    });
    const events: StoreEvent[] = [];
    const change = await switchGeneration(store, DEFAULT, { selector: "1" }, { onEvent: (e) => events.push(e) });
    expect(change).toMatchObject({ from: 4, to: 1, changed: true });
    const told = `gen-1 is live, but the log does not say so yet: no space is left on the disk of ${store.layout.root}`;
    expect(events).toContainEqual(expect.objectContaining({ kind: "warning", message: told }));
    expect(logTypes(store, 5)).toEqual(["begin", "intent"]);
    isBroken = false;
    await installFrom(store, world.source("e-1", { e: "e" }));
    expect(logTypes(store, 5)).toEqual(["begin", "intent", "commit"]);
    const settled = logRecords(store).find(({ tx, event }) => tx === 5 && event.type === "commit");
    expect(settled?.event).toMatchObject({ change: { removed: [{ name: "b" }, { name: "c" }, { name: "d" }] } });
    expect(brokenRules(store)).toEqual([]);
  });

  it("to flush the directory behind the rename is done all the same", async () => {
    const { store } = await withFour();
    let isRenamed = false;
    patchFs("renameSync", (original) => (from: string, to: string) => {
      original(from, to);
      isRenamed = to.endsWith("/current");
    });
    patchFs("fsyncSync", (original) => (fd: number) => {
      if (isRenamed) throw errno("EIO");
      original(fd);
    });
    expect(await switchTo(store, "gen-1")).toMatchObject({ to: 1, changed: true });
    expect(liveNumber(store)).toBe(1);
    expect(brokenRules(store)).toEqual([]);
  });

  it("leaves no temporary link", async () => {
    const { store } = await withFour();
    writeFileSync(`${store.layout.profiles}/default/.tmp-0123456789abcdef`, "");
    await switchTo(store, "gen-1");
    expect(existsSync(`${store.layout.profiles}/default/.tmp-0123456789abcdef`)).toBe(false);
  });

  it("when it is aborted before it begins, is in the log", async () => {
    const { store } = await withFour();
    const signal = AbortSignal.abort();
    await expect(switchGeneration(store, DEFAULT, { selector: "1" }, { signal })).rejects.toThrow();
    expect(liveNumber(store)).toBe(4);
    expect(logRecords(store).at(-1)?.event).toMatchObject({ type: "abort", reason: { code: "INTERRUPTED" } });
  });
});

describe("an install that fails", () => {
  it("behind its intent takes its generation back, and its number with it", async () => {
    const { world, store } = await withFour();
    const before = profileDirectory(store);
    let isBroken = true;
    patchFs("renameSync", (original) => (from: string, to: string) => {
      if (isBroken && to.endsWith("/current")) throw errno("EIO");
      original(from, to);
    });
    expect(await caughtAsync(installFrom(store, world.source("e-1", { e: "" })))).toMatchObject({ code: "EIO" });
    expect({ ...profileDirectory(store), "profile.json": "" }).toEqual({ ...before, "profile.json": "" });
    expect(logTypes(store, 5)).toEqual(["begin", "generation", "intent", "delete", "abort"]);
    expect(brokenRules(store)).toEqual([]);
    isBroken = false;
    expect(await installFrom(store, world.source("f-1", { f: "" }))).toMatchObject({ to: 6 });
    expect(readGeneration(store, DEFAULT, generation(6)).parent).toBe(4);
    expect(brokenRules(store)).toEqual([]);
  });

  it("to write its record does, too", async () => {
    const { world, store } = await withFour();
    patchFs("renameSync", (original) => (from: string, to: string) => {
      if (to.endsWith("/gen-5.json")) throw errno("ENOSPC");
      original(from, to);
    });
    expect(await caughtAsync(installFrom(store, world.source("e-1", { e: "" })))).toMatchObject({ code: "ENOSPC" });
    expect(Object.keys(profileDirectory(store)).filter((name) => name.startsWith("gen-5"))).toEqual([]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("and cannot be taken back is no damage: the next change takes it back", async () => {
    const { world, store } = await withFour();
    let isFull = true;
    patchFs("renameSync", (original) => (from: string, to: string) => {
      if (isFull && /\/(?:gen-5|profile)\.json$/.test(to)) throw errno("ENOSPC");
      original(from, to);
    });
    expect(await caughtAsync(installFrom(store, world.source("e-1", { e: "" })))).toMatchObject({ code: "ENOSPC" });
    expect((await verify(store, { profile: DEFAULT, cwd: "/" })).damaged).toEqual([]);
    isFull = false;
    expect(await installFrom(store, world.source("f-1", { f: "" }))).toMatchObject({ to: 6 });
    expect((await verify(store, { profile: DEFAULT, cwd: "/" })).damaged).toEqual([]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("where this user may not write is not announced, and the log tells why it failed", async () => {
    const { world, store } = await withFour();
    const before = profileDirectory(store);
    patchFs("accessSync", (original) => (path: string, mode: number) => {
      if (path === profilePath(store.layout, DEFAULT)) throw errno("EACCES");
      original(path, mode);
    });
    expect(await caughtAsync(installFrom(store, world.source("e-1", { e: "" })))).toMatchObject({ code: "EACCES" });
    expect(profileDirectory(store)).toEqual(before);
    expect(logRecords(store).at(-1)?.event).toMatchObject({
      type: "abort",
      reason: { code: "FAILED", message: expect.stringMatching(/^permission denied: [^:]+$/) },
    });
    expect((await verify(store, { profile: DEFAULT, cwd: "/" })).damaged).toEqual([]);
  });

  it("when the log cannot be written is not begun", async () => {
    const { world, store } = await withFour();
    const before = profileDirectory(store);
    renameSync(store.layout.log, `${store.layout.log}-gone`);
    writeFileSync(store.layout.log, "");
    await expect(installFrom(store, world.source("e-1", { e: "" }))).rejects.toThrow();
    await expect(switchTo(store, "gen-1")).rejects.toThrow();
    expect(profileDirectory(store)).toEqual(before);
  });
});

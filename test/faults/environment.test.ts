import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openStore } from "../../src/operations/open-store.ts";
import { openStoreAt } from "../../src/store/open-store.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { installFrom, logRecords, switchTo } from "../helpers/profile-worlds.ts";
import { makeStoreWorld, type StoreRun, type StoreWorld } from "../helpers/run-store.ts";
import { fakeContext, makeWorld } from "../helpers/worlds.ts";
import { brokenAtOnce, leftovers, visibleIn } from "./crash-world.ts";
import { KIND, useShim, whyNoShim } from "./shim.ts";

vi.setConfig({ testTimeout: 0 });

const reason = whyNoShim();
const shim = useShim();
const canMount = process.getuid?.() === 0 && mounts();
if (!canMount) process.stderr.write("SKIPPED: full and read-only filesystems: only root can mount a tmpfs\n");

function mounts(): boolean {
  const directory = makeTemporary();
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", directory], { stdio: "ignore" });
  if (status === 0) spawnSync("umount", [directory]);
  rmSync(directory, { recursive: true });
  return status === 0;
}

function makeTemporary(): string {
  return execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
}

/** A store with the packages a and b on a small filesystem of its own. */
function onSmallDisk(options: string): StoreWorld & { readonly disk: string } {
  const world = makeStoreWorld();
  const disk = join(world.directory, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "none", disk]);
  onTestFinished(() => void spawnSync("umount", ["-l", disk]));
  const root = join(disk, "s");
  const env = { STORE_ROOT: root };
  const small: StoreWorld = {
    ...world,
    root,
    run: (args, given = {}) => world.run(args, { ...given, env: { ...env, ...given.env } }),
    done(...args) {
      const result = small.run(args);
      if (result.status !== 0) throw new Error(`store ${args.join(" ")}: ${result.stderr}`);
      return result;
    },
  };
  small.done("install", small.source("a-1", { "bin/a": "a" }));
  small.done("install", small.source("b-1", { "bin/b": "b" }));
  return { ...small, disk };
}

function expectDefined(run: StoreRun, code: string | undefined, told: string): void {
  expect([0, 1, 3], `${told}: ${run.stderr}`).toContain(run.status);
  if (run.status !== 1) return;
  const { error } = JSON.parse(run.stderr.trim().split("\n").at(-1) ?? "");
  expect(error.hint, told).toBeTruthy();
  expect(error.details.bug, `${told}: ${run.stderr}`).toBeUndefined();
  if (code !== undefined) expect(error.code, `${told}: ${run.stderr}`).toBe(code);
}

describe.skipIf(!canMount)("a disk (invariants 1, 2, 5, 8 and 15)", () => {
  it("that is full up to some blocks refuses what does not fit, and what is there works", async () => {
    const world = onSmallDisk("size=4m");
    const store = await openStore({ root: world.root, env: {} });
    const big = world.source(
      "big-1",
      Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`f${n}`, `${n}`.repeat(9000)])),
    );
    for (const free of [0, 4, 12, 40, 120]) {
      const { bavail, bsize } = statfsSync(world.disk);
      writeFileSync(join(world.disk, "ballast"), Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)));
      for (const words of [["install", big], ["switch", "gen-1"], ["rollback"], ["add", big], ["pin", "gen-1"]]) {
        const before = visibleIn(store);
        const run = world.run(["--json", ...words]);
        expectDefined(run, "NO_SPACE", `${words[0]} with ${free} KiB free`);
        if (run.status === 1) expect(visibleIn(store)).toEqual(before);
        expect(brokenAtOnce(store)).toEqual([]);
      }
      for (const words of [["list"], ["generations"], ["profiles"]]) world.done(...words);
      unlinkSync(join(world.disk, "ballast"));
    }
    world.done("install", big);
    expect(brokenRules(store)).toEqual([]);
    expect(leftovers(store)).toEqual([]);
  });

  it("that is full is told in the same words for every archive, and by the log", () => {
    const world = onSmallDisk("size=4m");
    const files = makeTemporary();
    onTestFinished(() => rmSync(files, { recursive: true }));
    mkdirSync(join(files, "big-1"));
    writeFileSync(join(files, "big-1/blob"), randomBytes(5_000_000));
    const names = ["big-1.tar", "big-1.tar.gz", "big-1.tar.xz"];
    for (const name of names) execFileSync("tar", ["-caf", name, "big-1"], { cwd: files });
    for (const name of names) {
      const run = world.run(["--json", "install", join(files, name)]);
      expectDefined(run, "NO_SPACE", name);
      const { error } = JSON.parse(run.stderr.trim().split("\n").at(-1) ?? "");
      expect(error.message).not.toContain("ENOSPC");
      const log = readFileSync(join(world.root, "log/000001.jsonl"), "utf8").trimEnd().split("\n");
      const { code, message } = error;
      expect(JSON.parse(log.at(-1) ?? "")).toMatchObject({ reason: { code, message } });
    }
  });

  it("that is full for a build is collected where that is wanted, and the build is done once more", () => {
    const world = onSmallDisk("size=16m");
    const dead = world.done("add", world.source("dead-1", { dead: Buffer.alloc(10 << 20, "x") })).stdout.trim();
    const recipes = world.source("recipes", {
      "big/recipe.yaml": `name: big\nversion: "1"\nbuild: script\nphases:\n  install: mkdir "$out" && head -c ${8 << 20} /dev/zero > "$out/big"\n`,
    });
    const build = ["build", "--recipes", recipes, "big"];
    expect(world.run(build)).toMatchObject({ status: 1, stderr: expect.stringContaining("No space left on device") });
    expect(existsSync(dead)).toBe(true);
    world.done("config", "gc.min-free", "1K");
    const { status, stderr, stdout } = world.run(build);
    expect([status, existsSync(dead)], stderr).toEqual([3, false]);
    expect(stderr).toContain("it is built once more");
    expect(statSync(join(stdout.trim(), "big")).size).toBe(8 << 20);
    expect(world.done("list").stdout).toMatch(/^a +1 .*\nb +1 /);
  });

  it("that is full gets room back by `gc` and by `delete`, generations too as far as the log has room", async () => {
    const world = onSmallDisk("size=8m");
    const store = await openStore({ root: world.root, env: {} });
    const garbage = (name: string) => world.source(name, { [name]: randomBytes(700_000) });
    const [x, y] = [garbage("x-1"), garbage("y-1")].map((path) => world.done("add", path).stdout.trim()) as string[];
    const fill = () => {
      const { bavail, bsize } = statfsSync(world.disk);
      writeFileSync(join(world.disk, `ballast-${bavail}`), Buffer.alloc(bavail * bsize));
      expect(statfsSync(world.disk).bavail).toBe(0);
    };
    fill();
    expect(world.run(["doctor"])).toMatchObject({
      status: 6,
      stderr: "",
      stdout: expect.stringMatching(/^ok +node /m),
    });
    expect(world.done("delete", String(x)).stdout).toContain("freed");
    fill();
    world.done("gc", "--keep", "1");
    expect([x, y].filter((path) => existsSync(String(path)))).toEqual([]);
    expect(logRecords(store).filter(({ event }) => event.type === "gc")).toHaveLength(2);
    expect(brokenRules(store)).toEqual([]);
    expect(leftovers(store)).toEqual([]);
  });

  it("that is too full to pack what is to be deleted lets it go by the way that is told", () => {
    const world = onSmallDisk("size=4m");
    world.done("config", "archives.automatic", "yes");
    const dead = world.done("add", world.source("dead-1", { dead: randomBytes(700_000) })).stdout.trim();
    const { bavail, bsize } = statfsSync(world.disk);
    writeFileSync(join(world.disk, "ballast"), Buffer.alloc(bavail * bsize));
    const kept = world.run(["gc"]);
    expect([kept.status, existsSync(dead)]).toEqual([3, true]);
    const way = /`store (delete \S+)` needs none/.exec(kept.stderr)?.[1] ?? kept.stderr;
    expect(world.run(["config", "archives.automatic", "no"]).status).toBe(1);
    world.done(...way.split(" "));
    expect(existsSync(dead)).toBe(false);
  });

  it("that has no more inodes refuses what does not fit", async () => {
    const world = onSmallDisk("size=8m,nr_inodes=420");
    const many = world.source("many-1", Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`f${n}`, `${n}`])));
    const store = await openStore({ root: world.root, env: {} });
    const before = visibleIn(store);
    const run = world.run(["--json", "install", many]);
    expect(run.status).toBe(1);
    expectDefined(run, "NO_SPACE", "install");
    expect(visibleIn(store)).toEqual(before);
    world.done("install", world.source("c-1", { c: "c" }));
    expect(brokenRules(store)).toEqual([]);
    expect(leftovers(store)).toEqual([]);
  });

  it("that has few inodes left for a build says so", () => {
    const world = onSmallDisk("size=16m,nr_inodes=600");
    const recipes = world.source("recipes", {
      "few/recipe.yaml": 'name: few\nversion: "1"\nbuild: script\nphases:\n  install: mkdir "$out"\n',
    });
    for (const left of [4, 16, 28]) {
      mkdirSync(join(world.disk, "ballast"));
      const { ffree } = statfsSync(world.disk);
      for (let n = left; n < ffree; n++) writeFileSync(join(world.disk, "ballast", String(n)), "");
      expectDefined(world.run(["--json", "build", "--recipes", recipes, "few"]), "NO_SPACE", `${left} inodes`);
      rmSync(join(world.disk, "ballast"), { recursive: true });
    }
    world.done("build", "--recipes", recipes, "few");
  });

  it("that is read-only can be checked without the directories that a backup left out, and is named as that", () => {
    const world = onSmallDisk("size=8m");
    for (const name of ["index", "trash", "builds", "files/00"]) removeTree(join(world.root, name));
    execFileSync("mount", ["-o", "remount,ro", world.disk]);
    expect(world.done("verify").stdout).toContain("nothing is damaged");
    for (const words of [
      ["archive", "add", "a"],
      ["archive", "export", "a", "-o", `${world.disk}/new/`],
    ])
      expect(world.run(words).stderr, words.join(" ")).toContain("read-only filesystem");
  });

  it("that is read-only can be read, and refuses every change", async () => {
    const world = onSmallDisk("size=8m");
    const store = await openStore({ root: world.root, env: {} });
    execFileSync("mount", ["-o", "remount,ro", world.disk]);
    for (const words of [
      ["install", world.source("c-1", { c: "c" })],
      ["switch", "gen-1"],
      ["remove", "a"],
      ["pin", "gen-1"],
    ]) {
      const run = world.run(["--json", ...words]);
      expect(run.status, words[0]).toBe(1);
      expectDefined(run, undefined, String(words[0]));
      expect(run.stderr, words[0]).toContain("read-only filesystem");
    }
    for (const words of [["list"], ["generations"], ["profiles"], ["info", "a"]]) world.done(...words);
    for (const words of [["verify"], ["gc", "--dry-run"], ["why", "a"], ["plan", "gen-1"], ["du"]])
      world.done(...words);
    const seen = world.run(["doctor"]);
    expect(seen).toMatchObject({ status: 6, stderr: "", stdout: expect.stringMatching(/^bad +writing +read-only/m) });
    for (const other of [/^ok +log /m, /Mount it writable/, /^ok +node /m]) expect(seen.stdout).toMatch(other);
    execFileSync("mount", ["-o", "remount,rw", world.disk]);
    world.done("install", world.source("c-1", { c: "c" }));
    expect(brokenRules(store)).toEqual([]);
  });
});

describe.skipIf(reason)("a process (invariant 15)", () => {
  it("that may open few files does its work or says so", async () => {
    const world = makeStoreWorld();
    const root = world.root;
    world.done("install", world.source("a-1", { "bin/a": "a" }));
    const tree = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`d${n}/f`, `${n}`]));
    const source = world.source("c-1", tree);
    const store = await openStore({ root, env: {} });
    const before = visibleIn(store);
    for (const openFiles of [22, 24, 26, 30]) {
      const run = await shim.run(["--json", "install", source], { root, openFiles });
      // Below what Node needs for itself it does not come to the store at all.
      if (run.status === 1 && run.stderr.includes('"error"')) expect(run.stderr).toMatch(/too many open files/);
      if (run.status !== 0) expect(visibleIn(store)).toEqual(before);
      expect(brokenAtOnce(store)).toEqual([]);
      if (run.status === 0) world.done("remove", "c");
    }
    world.done("install", source);
    expect(brokenRules(store)).toEqual([]);
  });

  it("that may not read the root is told so", async () => {
    const world = makeStoreWorld();
    world.done("install", world.source("a-1", { "bin/a": "a" }));
    const fault = { mode: "stay", at: 1, kinds: KIND.open | KIND.read | KIND.create, errno: "EACCES" } as const;
    for (const words of [["list"], ["switch", "gen-0"], ["install", world.source("c-1", { c: "c" })]]) {
      const run = await shim.run(["--json", ...words], { root: world.root, fault });
      expect(run.status, run.stderr).toBe(1);
      expect(JSON.parse(run.stderr)).toMatchObject({ error: { hint: expect.stringMatching(/owner and mode/) } });
    }
    world.done("switch", "gen-0");
  });
});

describe("a damaged record (invariant 15)", () => {
  it("of one object, cut in half, is refused by its name; everything else goes on", async () => {
    const world = makeStoreWorld();
    world.done("install", world.source("a-1", { "bin/a": "a" }));
    world.done("install", world.source("b-1", { "bin/b": "b" }));
    const manifests = join(world.root, "manifests");
    const half = readdirSync(manifests).find((name) => name.endsWith("-b-1.json")) as string;
    truncateSync(join(manifests, half), readFileSync(join(manifests, half)).length >> 1);
    const run = world.run(["--json", "info", "b"]);
    expect(run.status).toBe(6);
    expect(JSON.parse(run.stderr)).toMatchObject({
      error: { code: "DAMAGED", hint: expect.stringMatching(/store verify/) },
    });
    expect(world.run(["add", world.source("b-1", { "bin/b": "b" })]).status).toBe(6);
    for (const words of [
      ["list"],
      ["generations"],
      ["switch", "gen-1"],
      ["switch", "-"],
      ["remove", "a"],
      ["rollback"],
    ])
      world.done(...words);
    world.done("install", world.source("c-1", { "bin/c": "c" }));
    expect(world.done("list", "--json").json()).toHaveLength(3);
  });
});

describe("a clock that goes back (invariants 4 and 6)", () => {
  it("changes nothing about numbers, parents and the chain of the log", async () => {
    const world = makeWorld({ memory: true });
    const clock = { now: Date.UTC(2026, 5, 1) };
    const context = fakeContext({ now: () => new Date(clock.now) });
    const store = await openStoreAt({ root: join(world.directory, "s"), context });
    for (const [index, back] of [0, 3_600_000, 86_400_000, -7_200_000, 1].entries()) {
      clock.now -= back;
      const change = await installFrom(store, world.tree({ [`f${index}`]: "f" }, join(world.directory, `p${index}-1`)));
      expect(change.to).toBe(index + 1);
    }
    await switchTo(store, "gen-2");
    expect(brokenRules(store)).toEqual([]);
    expect(new Set(logRecords(store).map(({ carry }) => carry.era)).size).toBeGreaterThan(2);
  });
});

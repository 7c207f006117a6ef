import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BuiltPackage } from "../../src/operations/building/build.ts";
import { readManifest } from "../../src/store/manifests.ts";
import type { Store } from "../../src/store/open-store.ts";
import { canSandbox, makeBuildWorld } from "../helpers/build-world.ts";

const hasSandbox = await canSandbox();

const CHAIN = ["greetings", "confed", "selfish", "tree", "optional+loud", "packed-by-key", "reader"];

function output(path: string, ...args: readonly string[]): string {
  return execFileSync(path, args, { encoding: "utf8", env: {} });
}

function namesOf(built: readonly BuiltPackage[]): readonly string[] {
  return built.map(({ baseName, key }) => `${baseName} ${key}`);
}

function runPathsOf(file: string): string {
  return (
    /\((?:RUNPATH|RPATH)\).*\[(.*)\]/.exec(spawnSync("readelf", ["-d", file], { encoding: "utf8" }).stdout)?.[1] ?? ""
  );
}

function checkThatItRuns(store: Store, built: readonly BuiltPackage[]): void {
  const at = (name: string) => built.find((each) => each.name === name)?.path as string;
  const { storeDir } = store.layout;
  expect(output(join(at("greetings"), "bin/greetings"))).toBe("hello, world\n");
  expect(output(join(at("greetings"), "bin/greetings"), "home")).toMatch(/^hello in \S+\/[a-z2-7]{32}-libb-1\.0\n$/);
  expect(output(join(at("greetings"), "bin/greetings"), "home")).toContain(storeDir);
  expect(runPathsOf(join(at("greetings"), "bin/greetings")).split(":").length).toBeGreaterThan(1);
  for (const path of runPathsOf(join(at("greetings"), "bin/greetings")).split(":")) expect(path).toContain(storeDir);
  const selfish = at("selfish");
  expect(output(join(selfish, "bin/selfish"))).toBe(`${selfish}\n`);
  expect(output(join(selfish, "bin/wrapped"))).toBe(`${selfish}\n`);
  expect(readFileSync(join(selfish, "share/text"), "utf8")).toBe(`${selfish}\n`);
  expect(readlinkSync(join(selfish, "share/absolute"))).toBe(`${selfish}/share/text`);
  expect(readlinkSync(join(selfish, "share/relative"))).toBe("../share/text");
  expect(readFileSync(join(selfish, "lib/libself.a")).includes(selfish)).toBe(true);
  expect(readFileSync(join(selfish, "lib/libself.so")).includes(selfish)).toBe(true);
}

it.each([["auto"], ["off"]] as const)(
  "Python leaves nothing beside modules that it imports; sandbox %s",
  async (sandbox) => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const install = "mkdir $out; echo 'x = 1' > $out/module.py";
    const use = (place: string) =>
      `[ ! -e /usr/bin/python3 ] || PYTHONPATH=${place} /usr/bin/python3 -c 'import module'`;
    world.recipe("module", `build: script\nphases:\n  install: |\n    ${install}; ${use("$out")}\n`);
    const importing = `mkdir $out; ${use("$dep_module")}`;
    world.recipe("user", `dependencies: {build: [module]}\nbuild: script\nphases:\n  install: |\n    ${importing}\n`);
    const { built } = await world.build(store, ["module", "user"], { sandbox });
    expect(readdirSync(built.find(({ name }) => name === "module")?.path as string)).toEqual(["module.py"]);
  },
);

describe.runIf(hasSandbox)("builds in two stores of different users", () => {
  it("give the same objects, and these run where they lie", async () => {
    const world = makeBuildWorld({ memory: true });
    const first = await world.buildStore("one", { HOME: "/home/anna", USER: "anna", TZ: "Asia/Tokyo" });
    const second = await world.buildStore("another-place", { HOME: "/root", USER: "root", LANG: "de_DE.UTF-8" });
    const one = await world.build(first, CHAIN, { jobs: 1 });
    const two = await world.build(second, CHAIN, { jobs: 3 });
    expect(namesOf(two.built)).toEqual(namesOf(one.built));
    expect(two.started.length).toBe(one.started.length);
    for (const built of one.built) {
      const [here, there] = [readManifest(first, built.baseName), readManifest(second, built.baseName)];
      expect(there.addressing).toBe(built.name === "packed-by-key" ? "input" : "content");
      if (there.addressing === "input") continue;
      expect([there.treeId, there.references]).toEqual([here.treeId, here.references]);
    }
    checkThatItRuns(first, one.built);
    checkThatItRuns(second, two.built);
  });

  it("give other objects when what is built is another", async () => {
    const world = makeBuildWorld({ memory: true });
    const [first, second] = [await world.buildStore("one"), await world.buildStore("two")];
    const one = await world.build(first, ["greetings", "tree"]);
    world.edit("liba/src/words", "hello", "howdy");
    const two = await world.build(second, ["greetings", "tree"]);
    expect(two.built[0]?.baseName).not.toBe(one.built[0]?.baseName);
    expect(two.built[1]?.baseName).toBe(one.built[1]?.baseName);
  });

  it("hold nothing that tells where they were built", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore("one", { HOME: world.directory });
    const { built, warnings } = await world.build(store, CHAIN);
    expect(warnings).toEqual([]);
    for (const { path } of built) {
      const found = spawnSync("grep", ["-rlE", `/build/|tmp/[0-9a-f]{16}|0{32}`, path], { encoding: "utf8" });
      expect(found.stdout).toBe("");
    }
  });
});

describe("a built object", () => {
  it.runIf(hasSandbox)("has its manual pages uncompressed, and links to them too", async () => {
    const world = makeBuildWorld({ memory: true });
    const { built } = await world.build(await world.buildStore(), "selfish");
    const [{ path }] = built as [BuiltPackage];
    expect(readdirSync(join(path, "share/man/man1")).sort()).toEqual(["selfish.1", "wrapped.1"]);
    expect(readFileSync(join(path, "share/man/man1/wrapped.1"), "utf8")).toContain(`It lies in ${path}.`);
    expect(readFileSync(join(path, "share/info/selfish.info"), "utf8")).toContain(`in ${path}\n`);
  });

  it("mentions itself at its final place when it was built without a sandbox, too", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built, warnings } = await world.build(store, ["greetings", "selfish"], { sandbox: "off" });
    checkThatItRuns(store, built);
    expect(warnings).toEqual([]);
    for (const { baseName } of built) expect(readManifest(store, baseName).origin).toMatchObject({ sandboxed: false });
    expect(readdirSync(store.layout.storeDir).sort()).toEqual(
      readdirSync(store.layout.manifests)
        .flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -5)] : []))
        .sort(),
    );
  });

  it("is frozen and belongs to nobody else", async () => {
    const world = makeBuildWorld({ memory: true });
    const { built } = await world.build(await world.buildStore(), "tree");
    const [{ path }] = built as [BuiltPackage];
    expect(lstatSync(path).mode & 0o7777).toBe(0o555);
    expect(lstatSync(join(path, "bin/leaf")).mode & 0o7777).toBe(0o555);
    expect(lstatSync(join(path, "share/leaf")).mode & 0o7777).toBe(0o444);
    expect(lstatSync(join(path, "share/leaf")).mtimeMs).toBe(1000);
  });
});

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { describe, expect, it, onTestFinished } from "vitest";
import * as library from "../../src/index.ts";
import { lockPath } from "../../src/store/layout.ts";
import { listProfiles } from "../../src/store/profiles.ts";
import { acquireLock } from "../../src/system/lock.ts";
import { canSandbox, makeBuildWorld } from "../helpers/build-world.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { installFrom, liveFiles, logRecords, makeProfileWorld } from "../helpers/profile-worlds.ts";

const hasSandbox = await canSandbox();
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLE = readFileSync(`${ROOT}docs/examples/two-packages.ts`, "utf8");
const BUILD_EXAMPLE = readFileSync(`${ROOT}docs/examples/build.ts`, "utf8");
const PAGE = readFileSync(`${ROOT}docs/library.md`, "utf8");

/** The example as a program that imports the package by its name: the built one, through its `exports`. */
function writeProgram(example = EXAMPLE): string {
  const directory = join(ROOT, "dist", `examples-${process.pid}-${Math.random()}`);
  mkdirSync(directory, { recursive: true });
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const program = join(directory, "two-packages.js");
  writeFileSync(program, transformSync(example, { loader: "ts", format: "esm" }).code);
  return program;
}

function runExample(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [writeProgram(), ...args], { encoding: "utf8" });
  return { status, lines: stdout.split("\n").filter((line) => line !== ""), stderr: status === 1 ? "" : stderr };
}

describe("the example of docs/library.md", () => {
  it("stands there as it is compiled and run", () => {
    expect(PAGE).toContain(`\`\`\`ts\n${EXAMPLE}\`\`\``);
  });

  it("installs both directories as one change, tells what it did, and goes back", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const [a, b] = ["a-1", "b-2"].map((name) => world.source(name, { [name]: name })) as [string, string];
    const { status, lines } = runExample(world.root, a, b);
    expect(status).toBe(0);
    expect(lines).toEqual([
      "import a 1",
      "import b 2",
      "commit 2 packages",
      "link 2 packages",
      "gen-0 -> gen-1",
      "+ a 1",
      "+ b 2",
      "* gen-0: 0 packages",
      "  gen-1: 2 packages",
    ]);
    expect(liveFiles(store)).toEqual({});
    expect(logRecords(store)[0]?.event).toMatchObject({ command: ["store", "two-packages"] });
    expect(brokenRules(store)).toEqual([]);
  });

  it("tells of an upgrade", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    expect(runExample(world.root, world.source("a-2", { a: "!" })).lines).toContain("~ a 1 -> 2");
  });

  it("says why it stays where it is when nothing changed", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const a = world.source("a-1", { a: "" });
    await installFrom(store, a);
    expect(runExample(world.root, a).lines).toContain("stays: the transaction changed nothing");
  });

  it("prints code, message and hint of an error, and changes nothing", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const { status, lines } = runExample(world.root, world.source("a-1", { a: "" }), "/nowhere/b-1");
    expect(status).toBe(1);
    expect(lines.at(-2)).toBe("NOT_FOUND: there is no file or directory /nowhere/b-1");
    expect(listProfiles(store)).toEqual([]);
  });

  it("stops at Ctrl-C, here while it waits for another process", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "a" }));
    const context = { command: "store install big", now: () => new Date(), wait: true };
    using _lock = await acquireLock(lockPath(store.layout, "profile-default"), context);
    const child = spawn(process.execPath, [writeProgram(), world.root, world.source("b-1", { b: "" })]);
    const output: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.push(text);
      if (output.join("").includes("waiting for")) child.kill("SIGINT");
    });
    const [status] = await once(child, "close");
    expect(output.join("")).toContain(`waiting for process ${process.pid}`);
    expect(status).not.toBe(0);
    expect(liveFiles(store)).toEqual({ a: "a" });
    expect(logRecords(store).at(-1)?.event).toMatchObject({ type: "abort", reason: { code: "INTERRUPTED" } });
    expect(readdirSync(store.layout.temporary)).toEqual([]);
  });
});

describe("the example that builds", () => {
  it("stands there as it is compiled and run", () => {
    expect(PAGE).toContain(`\`\`\`ts\n${BUILD_EXAMPLE}\`\`\``);
  });

  it.skipIf(!hasSandbox)("tells why, builds, finds the log, and packs what another store builds the same", async () => {
    const world = makeBuildWorld({ memory: true });
    const file = join(world.directory, "liba.repro.tar.gz");
    const program = writeProgram(BUILD_EXAMPLE);
    const options = { encoding: "utf8", cwd: world.directory } as const;
    const run = () => {
      const args = [program, join(world.directory, "here"), world.recipes, "liba", file];
      const { stdout, stderr } = spawnSync(process.execPath, args, options);
      expect(stderr).toBe("");
      return stdout.trimEnd().split("\n");
    };
    const lines = run();
    expect(lines[0]).toBe("liba@1.0: missing never");
    expect(lines).toContain("liba@1.0: build");
    expect(lines.at(-2)).toMatch(/-liba-1\.0 built, with a log$/);
    expect(lines.at(-1)).toBe(`${file} for \`buildRepro\` elsewhere`);
    expect(run()[0]).toBe("liba@1.0: present");
    const there = await world.buildStore("there");
    const request = { recipes: [], cwd: world.directory, offline: true, file };
    expect(await library.buildRepro(there, request)).toMatchObject({ built: true, same: true });
  });

  it("is not all that there is for recipes: they are checked, listed, shown and explained", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const places = { recipes: [world.recipes] };
    expect(await library.checkRecipes(places)).toEqual([]);
    expect(await library.listRecipes(places)).toContainEqual(expect.objectContaining({ name: "liba" }));
    expect(await library.showRecipe(places, "liba")).toMatchObject({ name: "liba" });
    const request = { ...places, specs: ["liba"], cwd: world.directory };
    expect(await library.showDerivations(store, request)).toMatchObject([{ id: "liba@1.0" }]);
    expect(await library.fetchSources(store, request)).toEqual([]);
    const signal = AbortSignal.abort(new Error("stop"));
    expect(await caughtAsync(library.build(store, request, { signal }))).toBe(signal.reason);
    expect(await caughtAsync(library.build(store, { ...request, jobs: 0 }))).toMatchObject({ code: "INVALID_INPUT" });
  });
});

it("gives a setting its default again when it is given no values, as the page says", async () => {
  const store = await makeProfileWorld().open();
  expect(await library.changeSetting(store, { key: "gc.keep", values: ["9"] })).toMatchObject({ isSet: true });
  expect(await library.changeSetting(store, { key: "gc.keep" })).toMatchObject({ isSet: false, value: "all" });
});

describe("docs/library.md", () => {
  const named = (names: readonly string[]) => {
    const missing = names.filter((name) => !new RegExp(`\`${name}[\`(]`).test(PAGE));
    expect(missing).toEqual([]);
    expect(names.length).toBeGreaterThan(4);
  };
  const read = (path: string, pattern: RegExp) => [
    ...new Set([...readFileSync(`${ROOT}${path}`, "utf8").matchAll(pattern)].map(([, name]) => name as string)),
  ];

  it("names every function that the package exports, and no other", () => {
    const names = Object.entries(library).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
    named(names);
    const called = [...PAGE.matchAll(/^\| `(\w+)\(|`(\w+)\(store[,)]/gm)].map(
      ([, first, name]) => (first ?? name) as string,
    );
    expect(called.length).toBeGreaterThan(10);
    expect(called.filter((name) => !names.includes(name))).toEqual([]);
  });

  it("names every code of an error, every event, every step, and every option of a store", () => {
    named(read("src/errors.ts", /^ {2}\| "([A-Z_]+)"/gm));
    named(read("src/operations/run-options.ts", /kind: "(\w+)"/g));
    const steps = read("src/operations/run-options.ts", /step: (.*);/g);
    named([...`${steps}`.matchAll(/"(\w+)"/g)].map(([, step]) => step as string));
    named(read("src/operations/open-store.ts", /^ {2}readonly (\w+)\?/gm));
  });
});

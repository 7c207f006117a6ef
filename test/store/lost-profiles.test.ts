import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";

/** A store with three generations of the profile `default` and one of `work`. */
function filled(): StoreWorld {
  const world = makeStoreWorld({ memory: true });
  for (const name of ["a", "b", "c"]) world.done("install", world.source(`${name}-1`, { [name]: name }));
  world.done("install", "-p", "work", world.source("d-1", { d: "d" }));
  return world;
}

const objects = ({ root }: StoreWorld) => readdirSync(join(root, "manifests")).sort();

/** What each of them says when it must not do anything. */
function refusals(world: StoreWorld, commands: readonly (readonly string[])[], status: number) {
  const before = objects(world);
  for (const args of commands) {
    const run = world.run(args);
    expect({ args, status: run.status, stderr: run.stderr }).toMatchObject({ args, status });
    expect(run.stderr).toContain("hint: ");
  }
  expect(objects(world)).toEqual(expect.arrayContaining(before));
}

describe("a profile that the log tells of and that is not there", () => {
  it.each([
    ["altogether", (path: string) => rmSync(path, { recursive: true })],
    [
      "but for an empty directory",
      (path: string) => {
        rmSync(path, { recursive: true });
        mkdirSync(path);
      },
    ],
  ])("%s keeps objects from being collected and numbers from being given again, and comes back", (_, lose) => {
    const world = filled();
    lose(join(world.root, "profiles/default"));
    const again = world.source("e-1", { e: "e" });
    const commands = [
      ["gc"],
      ["gc", "--dry-run"],
      ["install", again],
      ["list"],
      ["state"],
      ["rollback"],
      ["switch", "1"],
    ];
    refusals(world, [...commands, ["generations"], ["diff", "1"], ["remove", "a"], ["pin"], ["plan", "1"]], 6);
    const { stderr } = world.run(["rollback"]);
    expect(stderr).toMatch(
      /profile default is not there, and the log tells of gen-3 of it\nhint: .*store verify --repair/,
    );
    const doctor = world.run(["doctor", "--json"]);
    expect(doctor.status).toBe(6);
    expect(doctor.json()).toContainEqual(
      expect.objectContaining({
        topic: "profiles",
        state: "bad",
        text: "profile default is not there, and the log tells of gen-3 of it",
        advice: expect.stringContaining("`store verify --repair`"),
      }),
    );
    expect(world.run(["list", "-p", "other"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no profile"),
    });
    world.done("list", "-p", "work");
    expect(world.run(["verify"]).status).toBe(6);
    world.run(["verify", "--repair"]);
    world.done("verify");
    const marks = JSON.parse(readFileSync(join(world.root, "profiles/default/pins.json"), "utf8"));
    expect(marks).toEqual({ format: 1, generations: [], tags: {} });
    expect(
      world
        .done("list")
        .stdout.split("\n")
        .map((line) => line[0]),
    ).toEqual(["a", "b", "c", undefined]);
    expect(world.done("install", again).stdout).toContain("gen-3 → gen-4");
  });

  it("need not be the one that a command is about", () => {
    const world = filled();
    rmSync(join(world.root, "profiles/work"), { recursive: true });
    refusals(world, [["gc"], ["install", "-p", "work", world.source("e-1", { e: "e" })]], 6);
    world.done("install", world.source("f-1", { f: "f" }));
  });

  it("is none when its first installation came to nothing", () => {
    const world = makeStoreWorld({ memory: true });
    world.done("install", "-p", "other", world.source("d-1", { d: "d" }));
    expect(world.run(["install", world.source("a-1", { a: "a" }), "--check", "false"]).status).not.toBe(0);
    expect(existsSync(join(world.root, "profiles/default"))).toBe(false);
    world.done("gc");
    expect(world.done("list").stdout).toBe("");
  });
});

it("an empty log beside the objects of generations is a lost one", () => {
  const world = filled();
  for (const name of ["log", "profiles"]) {
    rmSync(join(world.root, name), { recursive: true });
    mkdirSync(join(world.root, name), { mode: 0o700 });
  }
  refusals(world, [["gc"], ["gc", "--dry-run"]], 6);
});

describe("a store without store.json", () => {
  it("is not made anew over what it holds", () => {
    const world = filled();
    const file = join(world.root, "store.json");
    const text = readFileSync(file);
    unlinkSync(file);
    refusals(
      world,
      [["init"], ["install", world.source("e-1", { e: "e" })], ["add", world.source("f-1", { f: "f" })]],
      6,
    );
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, text);
    world.done("verify");
  });

  it("is made when nothing but that was begun", () => {
    const world = makeStoreWorld({ memory: true });
    world.done("init");
    unlinkSync(join(world.root, "store.json"));
    world.done("init");
  });
});

it.each(["manifest", "gen-1.json", "pins.json"])("a named pipe in the place of %s keeps nobody waiting", (name) => {
  const world = filled();
  world.done("pin", "gen-1");
  const file =
    name === "manifest"
      ? join(world.root, "manifests", objects(world).find((it) => it.endsWith("-a-1.json")) ?? "")
      : join(world.root, "profiles/default", name);
  unlinkSync(file);
  execFileSync("mkfifo", [file]);
  expect(world.run(["verify"]).status).toBe(6);
});

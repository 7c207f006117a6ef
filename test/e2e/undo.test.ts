import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeTree } from "../../src/system/remove-tree.ts";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";

/** A package whose program prints its name and version. */
function packageAt(world: StoreWorld, name: string, version: string): string {
  return world.source(`${name}-${version}`, { [`bin/${name}`]: { exec: `#!/bin/sh\necho ${name} ${version}\n` } });
}

function installed(world: StoreWorld, ...more: readonly string[]): string[] {
  return world
    .done("list", "--json", ...more)
    .json<{ name: string; version: string }[]>()
    .map(({ name, version }) => `${name} ${version}`);
}

function forest(world: StoreWorld): string {
  const profile = join(world.root, "profiles/default");
  return readlinkSync(join(profile, readlinkSync(join(profile, "current"))));
}

test("undo of a middle transaction keeps later packages; with a dependent later change it is refused with the reason", () => {
  const world = makeStoreWorld();
  world.done("install", packageAt(world, "a", "1"));
  world.done("install", packageAt(world, "mpfr", "4.2.0"));
  world.done("install", packageAt(world, "z", "1"));
  const plan = world.done("undo", "#2", "--dry-run");
  expect(plan.stdout).toBe(
    "would make a new generation after gen-3 live\n1 package removed, 0 restored\n- mpfr 4.2.0\n",
  );
  expect(installed(world)).toEqual(["a 1", "mpfr 4.2.0", "z 1"]);
  const undone = world.done("undo", "2");
  expect([undone.stdout, undone.stderr]).toEqual([
    "gen-3 → gen-4  (transaction #4)\n1 package removed, 0 restored\n- mpfr 4.2.0\n",
    "To go back: store switch -\n",
  ]);
  expect(installed(world)).toEqual(["a 1", "z 1"]);
  expect(world.run(["undo", "2"])).toMatchObject({
    status: 3,
    stdout: "nothing to do, gen-4 stays live\n",
    stderr: "warning: #2 is undone already: mpfr is as wanted\n",
  });
  world.done("redo", "#2");
  const next = packageAt(world, "mpfr", "4.2.2");
  world.done("install", next);
  const refused = world.run(["undo", "#2"]);
  expect(refused).toMatchObject({ status: 4, stdout: "" });
  expect(refused.stderr).toContain("error: #2 cannot be undone, since later changes depend on it:\n");
  expect(refused.stderr).toContain(`  mpfr is 4.2.2 now, not 4.2.0 (#7 upgraded it: store install ${next})\n`);
  expect(refused.stderr).toContain("--force=sequence");
  expect(installed(world)).toEqual(["a 1", "mpfr 4.2.2", "z 1"]);
  const forced = world.done("undo", "#2", "--force=sequence", "--json").json();
  expect(forced).toMatchObject({ changed: true, removed: [{ name: "mpfr", version: "4.2.2" }] });
});

test("what undo and redo cannot do they say", () => {
  const world = makeStoreWorld();
  world.done("install", packageAt(world, "a", "1"));
  expect(world.run(["undo"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("store undo needs TRANSACTION\nhint: Write 57, or '#57' in quotes"),
  });
  expect(world.run(["undo", "gen-1"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("is not a transaction"),
  });
  expect(world.run(["redo", "9"])).toMatchObject({ status: 1, stderr: expect.stringContaining("no transaction #9") });
  expect(world.run(["undo", "1", "--force"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--force needs a value\nhint: Write --force=KIND (Do it although"),
  });
  expect(world.run(["undo", "1", "--force=all"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("there is no kind 'all'\nhint: --force=overwrite does it although other packages"),
  });
  expect(world.run(["undo", "1", "-p", "work"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("-p default"),
  });
});

test("journals C, B, A undone in this order return the byte-identical profile; A first is refused", () => {
  const world = makeStoreWorld();
  const journal = (name: string) => join(world.directory, `${name}.journal`);
  world.done("install", packageAt(world, "base", "1"));
  const before = forest(world);
  world.done("install", packageAt(world, "a", "1"), "--tracking-journal", journal("A"));
  world.done("install", packageAt(world, "base", "2"), `--tracking-journal=${journal("B")}`);
  world.done("remove", "a", "--tracking-journal", "C.journal");
  expect(existsSync(journal("C"))).toBe(true);
  const first = world.run(["rollback", "--journal", journal("A")]);
  expect(first.status).toBe(4);
  expect(first.stderr).toMatch(/#2 is not the last change.*\n {2}#3 {2}store install .*\n {2}#4 {2}store remove a /);
  expect(installed(world)).toEqual(["base 2"]);
  for (const name of ["C", "B", "A"]) world.done("rollback", "--journal", journal(name));
  expect(forest(world)).toBe(before);
  expect(installed(world)).toEqual(["base 1"]);
  world.done("switch", "gen-3");
  expect(world.done("rollback", "--journal", journal("A"), "--force=sequence").status).toBe(0);
});

test("a journal is never overwritten, and only changes can be recorded", () => {
  const world = makeStoreWorld();
  const file = join(world.directory, "j");
  writeFileSync(file, "mine");
  const source = packageAt(world, "a", "1");
  expect(world.run(["install", source, "--tracking-journal", file])).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("exists already"),
  });
  expect([readFileSync(file, "utf8"), installed(world)]).toEqual(["mine", []]);
  const wrong = { status: 2, stderr: expect.stringContaining("there is no change to record") };
  expect(world.run(["list", "--tracking-journal", "x"])).toMatchObject(wrong);
  expect(world.run(["install", source, "--dry-run", "--tracking-journal", "x"])).toMatchObject(wrong);
  expect(world.run(["rollback", "--journal", file])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("is no journal"),
  });
  expect(world.run(["rollback", "--journal", "none"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("there is no journal"),
  });
  expect(world.run(["rollback", "--journal", file, "-n", "2"])).toMatchObject({ status: 2 });
});

test("a transaction that is exported is replayed in another profile and, when its packages are there, another store", () => {
  const world = makeStoreWorld();
  world.done("install", packageAt(world, "a", "1"));
  expect(world.done("journal", "#1", "a.journal", "--json").json()).toMatchObject({
    transaction: 1,
    profile: "default",
  });
  expect(readFileSync(join(world.directory, "a.journal"), "utf8")).toBe(world.done("journal", "1").stdout);
  const { stdout } = world.done("journal", "1", "--json");
  expect(stdout.trimEnd().split("\n")).toEqual([JSON.stringify(world.done("journal", "1").json())]);
  writeFileSync(join(world.directory, "one-line.journal"), stdout);
  expect(world.done("replay", "one-line.journal", "-p", "other", "--dry-run").stdout).toContain("+ a 1");
  const dry = world.done("replay", "a.journal", "-p", "work", "--dry-run");
  expect(dry.stdout).toContain("+ a 1");
  world.done("replay", "a.journal", "-p", "work");
  expect(installed(world, "-p", "work")).toEqual(["a 1"]);
  const other = join(world.directory, "t");
  removeTree(join(world.directory, "a-1"));
  expect(world.run(["replay", "a.journal", "--root", other])).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("a 1 is not whole in this store"),
  });
  world.done("add", packageAt(world, "a", "1"), "--root", other);
  world.done("replay", "a.journal", "--root", other);
  expect(installed(world, "--root", other)).toEqual(["a 1"]);
});

test("undo has again from a repository what was lost, or is refused and changes nothing", () => {
  const world = makeStoreWorld();
  const source = packageAt(world, "a", "1");
  world.done("install", source);
  world.done("archive", "export", "a", "-o", "repository/");
  world.done("remove", "a");
  const [lost] = readdirSync(join(world.root, "manifests")).filter((name) => name.endsWith("-a-1.json"));
  removeTree(join(world.root, "pkgs".padEnd(48 - world.root.length - 1, "_"), lost?.slice(0, -".json".length) ?? ""));
  removeTree(source);
  expect(world.run(["undo", "#2"])).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("a 1 is not whole in this store"),
  });
  expect(installed(world)).toEqual([]);
  expect(world.run(["undo", "#2", "--dry-run"])).toMatchObject({
    status: 4,
    stdout: "",
    stderr: expect.stringContaining("a 1 is not whole in this store"),
  });
  const dry = world.done("undo", "#2", "--dry-run", "--repository", "repository").stdout;
  expect(dry).toMatch(/\n\+ a 1\nwould be had again: \S+-a-1, from \S*repository\n$/);
  expect(world.run(["undo", "#2", "--missing=remove"])).toMatchObject({
    status: 3,
    stdout: "nothing to do, gen-2 stays live\n",
    stderr: expect.stringContaining("a 1 is left out"),
  });
  const { stdout } = world.done("undo", "#2", "--repository", "repository", "--tracking-journal", "undone");
  expect(stdout).toMatch(
    /^gen-2 → gen-3 .*\n0 packages removed, 1 restored\n\+ a 1\nhad again: \S+-a-1, from \S*repository\n$/,
  );
  expect(world.done("run", "--", "a").stdout).toBe("a 1\n");
  world.done("rollback", "--journal", "undone");
  expect(installed(world)).toEqual([]);
});

test.each([
  ["redo", "#1"],
  ["replay", "a.journal"],
])("%s %s goes on without what is lost when that is asked for, and finds damage when it reads all", (...command) => {
  const world = makeStoreWorld();
  const [a, b] = [packageAt(world, "a", "1"), packageAt(world, "b", "1")];
  world.done("install", a, b, "--tracking-journal", "a.journal");
  world.done("undo", "#1");
  const directory = join(world.root, "pkgs".padEnd(48 - world.root.length - 1, "_"));
  const file = join(directory, readdirSync(directory).find((name) => name.endsWith("-b-1")) ?? "", "bin/b");
  const { mode } = statSync(file);
  const content = readFileSync(file, "utf8");
  chmodSync(file, 0o755);
  writeFileSync(file, content.toUpperCase());
  chmodSync(file, mode);
  for (const source of [a, b]) removeTree(source);
  const refused = world.run([...command, "--verify"]);
  expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining("b 1 is not whole in this store") });
  expect(installed(world)).toEqual([]);
  const done = world.run([...command, "--verify", "--missing=remove", "--json"]);
  expect(done.status).toBe(3);
  expect(done.json()).toMatchObject({ changed: true, added: [{ name: "a" }], leftOut: [{ name: "b" }] });
  expect(installed(world)).toEqual(["a 1"]);
});

test("foo +x11, then ~x11: different objects, diff names the option, rollback restores", () => {
  const world = makeStoreWorld();
  const recipe = `name: foo
version: 1.2
options:
  x11: {default: true}
build: script
phases:
  install: mkdir -p "$out"; echo "x11={{options.x11}}" > "$out/foo"
`;
  const recipes = world.tree({ "foo/recipe.yaml": recipe });
  const build = ["--recipes", recipes, "--sandbox", "off"];
  const pathOf = () => world.done("list", "--json").json<{ path: string }[]>()[0]?.path;
  world.done("install", "foo+x11", ...build);
  const first = pathOf();
  world.done("install", "foo~x11", ...build);
  expect(pathOf()).not.toBe(first);
  expect(readFileSync(join(world.root, "profiles/default/current/foo"), "utf8")).toBe("x11=false\n");
  expect(world.done("diff", "gen-1", "gen-2").stdout).toMatch(/x11.*x11/);
  world.done("rollback");
  expect(pathOf()).toBe(first);
  expect(readFileSync(join(world.root, "profiles/default/current/foo"), "utf8")).toBe("x11=true\n");
});

test("checkpoints name generations", () => {
  const world = makeStoreWorld();
  world.done("install", packageAt(world, "a", "1"));
  expect(world.done("checkpoint", "works").stdout).toBe("tag:works is now gen-1\n");
  expect(world.done("checkpoint", "works").stdout).toBe("tag:works is already gen-1\n");
  world.done("install", packageAt(world, "a", "2"));
  expect(world.run(["checkpoint", "works"])).toMatchObject({ status: 4, stderr: expect.stringContaining("--move") });
  world.done("switch", "tag:works");
  expect(installed(world)).toEqual(["a 1"]);
  expect(world.done("checkpoint", "works", "gen-2", "--move", "--json").json()).toMatchObject({
    generation: 2,
    changed: true,
  });
  expect(world.done("checkpoint", "--json").json()).toMatchObject([{ name: "works", generation: 2 }]);
  expect(world.run(["checkpoint", "gen-2"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("checkpoint NAME gen-2"),
  });
  expect(world.run(["checkpoint", "--delete", "work"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("Did you mean 'works'?"),
  });
  expect(world.run(["checkpoint", "--delete"])).toMatchObject({ status: 2 });
  expect(world.done("checkpoint", "--delete", "works").stdout).toBe("tag:works is no longer gen-2\n");
  expect(world.done("checkpoint").stdout).toBe("");
});

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { ListedGeneration } from "../../src/operations/packages/list.ts";
import { makeTar } from "../helpers/archives.ts";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";

test("init creates a store, once, of the width that is wanted", () => {
  const world = makeStoreWorld();
  const json = world.done("init", "--json").json<{ storeDir: string }>();
  expect(json).toMatchObject({ root: world.root, width: 48, id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(Buffer.byteLength(json.storeDir)).toBe(48);
  expect(statSync(world.root).mode & 0o777).toBe(0o700);
  expect(world.done("init", "--json").json()).toEqual(json);
  expect(world.done("init").stdout).toContain(`the store at ${world.root} is ready`);
  expect(world.run(["init", "--width", "80"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("there is a store of width 48"),
  });
  const wide = join(world.directory, "a-much-longer-directory-than-fits-in-48-bytes");
  expect(world.done("init", "--root", wide, "--width=80", "--json").json()).toMatchObject({ width: 80 });
});

test("add prints the path on stdout and what it did on stderr", () => {
  const world = makeStoreWorld();
  const source = world.source("hello-1.0", { "bin/hello": { exec: "#!/bin/sh\necho hello\n" }, "share/x": "x" });
  const first = world.run(["add", source]);
  expect(first).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^added hello 1\.0: 2 files, 22 B in [\d.]+ s\n$/),
  });
  const path = first.stdout.trimEnd();
  expect(readFileSync(join(path, "share/x"), "utf8")).toBe("x");
  expect(basename(path)).toMatch(/^[a-z2-7]{32}-hello-1\.0$/);
  const again = world.run(["add", source]);
  expect([again.stdout, again.stderr]).toEqual([first.stdout, expect.stringContaining("there already")]);
  const reused = world.done("add", source, "--json");
  const json = reused.json<{ treeId: string }>();
  expect(json).toMatchObject({ path, name: "hello", version: "1.0", files: 2, size: 22, reused: true });
  expect(json.treeId).toMatch(/^[0-9a-f]{64}$/);
  expect(reused.stderr).toBe("");
  const named = world.done("add", source, "--name=other", "--version", "2", "--import-method", "copy", "-q");
  expect([basename(named.stdout.trimEnd()), named.stderr]).toEqual([expect.stringMatching(/-other-2$/), ""]);
});

test.each([
  [[]],
  [["--import-method", "hardlink"]],
  [["--integrity", "sha256-7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M="]],
])("add takes a single file, which stays as it was and apart from the store: %j", (options) => {
  const world = makeStoreWorld();
  const file = join(world.source("d", { "x-1.0.txt": "content" }), "x-1.0.txt");
  chmodSync(file, 0o640);
  const before = statSync(file);
  const path = world.done("add", file, ...options).stdout.trimEnd();
  const { ino, mode, mtimeMs, nlink } = statSync(file);
  expect([ino, mode, mtimeMs, nlink]).toEqual([before.ino, before.mode, before.mtimeMs, 1]);
  writeFileSync(file, "changed");
  expect(readFileSync(join(path, "x-1.0.txt"), "utf8")).toBe("content");
});

test("add reads an archive and takes its files as the options say", () => {
  const world = makeStoreWorld();
  const archive = join(world.directory, "x-1.tar");
  writeFileSync(archive, makeTar([{ name: "top/d/file", content: "text" }, { name: "top/other" }]));
  const add = (...options: readonly string[]) => world.done("add", archive, ...options).stdout.trimEnd();
  const files = (...options: readonly string[]) => readdirSync(add(...options), { recursive: true }).sort();
  expect(files()).toEqual(["d", "d/file", "other"]);
  expect(files("--strip", "auto")).toEqual(["d", "d/file", "other"]);
  expect(files("--strip=0")).toEqual(["top", "top/d", "top/d/file", "top/other"]);
  expect(files("--strip", "2")).toEqual(["file"]);
  expect(world.run(["add", archive, "--max-entries", "3"])).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("--max-entries"),
  });
  const linksOf = (...options: readonly string[]) => statSync(join(add(...options), "d/file")).nlink;
  const links = linksOf("--name", "linked", "--import-method=hardlink");
  expect(links).toBeGreaterThan(2);
  expect(linksOf("--name", "copied", "--import-method", "copy")).toBe(1);
  expect(linksOf("--name", "by-default")).toBe(links + 1);
});

test("install, upgrade, remove: each a generation, each with the way back", () => {
  const world = makeStoreWorld();
  const first = world.run(["install", helloAt(world, "1.0")]);
  expect(first.stdout).toBe("gen-0 → gen-1  (transaction #1)\n+ hello 1.0\n");
  expect(first.stderr).toBe("To go back: store rollback\n");
  expect(readlinkSync(join(world.root, "profiles/default/current"))).toBe("gen-1");

  const same = world.done("install", helloAt(world, "1.0"));
  expect([same.stdout, same.stderr]).toEqual(["nothing to do, gen-1 stays live\n", ""]);

  expect(world.done("install", helloAt(world, "1.1")).stdout).toMatch(/\n~ hello \{1\.0 -> 1\.1\}\n$/);
  const json = world.done("remove", "hello", "--json").json<{ removed: { path: string }[] }>();
  expect(json).toMatchObject({ profile: "default", from: 2, to: 3, changed: true, added: [], upgraded: [] });
  expect(json.removed).toEqual([
    { name: "hello", version: "1.1", options: {}, path: expect.stringMatching(/\/pkgs_+\/[a-z2-7]{32}-hello-1\.1$/) },
  ]);
  expect(existsSync(json.removed[0]!.path)).toBe(true);
});

test("upgrade looks again at what was installed", () => {
  const world = makeStoreWorld();
  const directory = world.source("tool-1.0", { "bin/tool": "one" });
  const still = world.source("still-1.0", { "bin/still": "one" });
  world.done("install", directory, still);
  expect(world.done("upgrade").stdout).toBe("nothing to do, gen-1 stays live\n");
  world.tree({ "bin/tool": "two" }, directory);
  expect(world.done("upgrade", "still").stdout).toBe("nothing to do, gen-1 stays live\n");
  expect(world.done("upgrade", "--dry-run").stdout).toContain("~ tool 1.0 (other content)");
  expect(world.done("generations", "--json").json()).toHaveLength(2);
  expect(world.done("upgrade", "tool").stdout).toBe("gen-1 → gen-2  (transaction #4)\n~ tool 1.0 (other content)\n");
});

test("--dry-run shows the change and makes none", () => {
  const world = makeStoreWorld();
  world.done("install", helloAt(world, "1.0"));
  const before = world.done("generations", "--json").json();
  const planned = world.done("install", helloAt(world, "1.1"), "--dry-run", "--json").json<{ upgraded: unknown }>();
  expect(planned).toMatchObject({ transaction: 0, changed: false, from: 1, to: 1, fetch: [], build: [] });
  expect(planned.upgraded).toMatchObject([{ name: "hello", from: { version: "1.0" }, to: { version: "1.1" } }]);
  expect(world.done("remove", "hello", "--dry-run").stdout).toContain("- hello 1.0");
  expect(world.done("switch", "gen-0", "--dry-run").stdout).toBe(
    "would make gen-1 → gen-0 live\n1 package removed, 0 restored\n- hello 1.0\n",
  );
  expect(world.done("rollback", "--dry-run", "--json").json()).toMatchObject({ from: 1, to: 0, changed: false });
  expect(world.done("generations", "--json").json()).toEqual(before);
});

test("switch takes every form of a selector, also those that look like options", () => {
  const world = makeStoreWorld();
  for (const version of ["1", "2", "3"]) world.done("install", helloAt(world, version));
  const live = (...args: readonly string[]) => world.done("switch", "--json", ...args).json<{ to: number }>().to;
  expect(live("gen-1")).toBe(1);
  expect(live("-")).toBe(3);
  expect(live("-1")).toBe(2);
  expect(live("+1")).toBe(3);
  expect(live("#1")).toBe(1);
  expect(live("2")).toBe(2);
  expect(live("--", "-1")).toBe(1);
  expect(live("-q", "-")).toBe(2);
  expect(live("now")).toBe(2);
  expect(live("0")).toBe(0);
  world.done("checkpoint", "empty");
  expect(live("0", "seconds", "ago")).toBe(0);
  expect(live("gen-3")).toBe(3);
  expect(live("tag:empty")).toBe(0);
  expect(world.run(["switch", "2", "days", "ago"])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/did not exist|does not tell/),
  });
});

test("rollback goes to the parent, as often as is asked for", () => {
  const world = makeStoreWorld();
  for (const version of ["1", "2", "3"]) world.done("install", helloAt(world, version));
  const once = world.run(["rollback"]);
  expect(once.stdout).toBe("gen-3 → gen-2  (transaction #4)\n~ hello {3 -> 2}\n");
  expect(once.stderr).toBe("To go back: store switch -\n");
  expect(world.done("rollback", "-n", "2", "--json").json()).toMatchObject({ from: 2, to: 0 });
  expect(world.run(["rollback"])).toMatchObject({ status: 1, stderr: expect.stringContaining("no parent") });
});

test("generations shows what there is, the live one marked", () => {
  const world = makeStoreWorld();
  expect(world.run(["generations"])).toMatchObject({ status: 1, stderr: expect.stringContaining("there is no store") });
  world.done("init");
  expect(world.done("generations").stdout).toBe("");
  world.done("install", helloAt(world, "1.0"));
  world.done("install", helloAt(world, "1.1"));
  world.done("switch", "gen-1");
  world.done("pin", "gen-2");
  const lines = world.done("generations").stdout.trimEnd().split("\n");
  expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 2).join(" "))).toEqual([
    "GENERATION CREATED",
    expect.stringMatching(/^gen-0 \d{4}-\d\d-\d\d$/),
    "* gen-1",
    expect.stringMatching(/^gen-2 /),
  ]);
  expect(lines[3]).toMatch(/gen-1 +1 {2}install .*hello-1\.1 \[pinned\]$/);
  const json = world.done("generations", "--json").json<ListedGeneration[]>();
  expect(json.map(({ generation, current, pinned, parent }) => [generation, current, pinned, parent])).toEqual([
    [0, false, false, null],
    [1, true, false, 0],
    [2, false, true, 1],
  ]);
  expect(json[2]!.packages).toMatchObject([{ name: "hello", version: "1.1", path: expect.stringMatching(/^\//) }]);
  expect(new Date(json[2]!.created).toISOString()).toBe(json[2]!.created);
});

test("list and diff show packages, now and then", () => {
  const world = makeStoreWorld();
  const other = world.source("other-3", { "lib/other": "" });
  world.done("install", helloAt(world, "1.0"));
  world.done("install", helloAt(world, "1.1"), other);
  expect(world.done("list").stdout).toBe(`hello  1.1  ${helloAt(world, "1.1")}\nother  3    ${other}\n`);
  expect(world.done("list", "-1").stdout).toMatch(/^hello {2}1\.0 .*\n$/);
  expect(world.done("list", "gen-0").stdout).toBe("");
  expect(world.done("list", "--json").json()).toMatchObject([
    {
      name: "hello",
      version: "1.1",
      priority: 5,
      requested: helloAt(world, "1.1"),
      path: expect.stringMatching(/^\//),
    },
    { name: "other" },
  ]);
  expect(world.done("diff", "gen-1").stdout).toMatch(/^gen-1 → gen-2\n\+ other 3\n~ hello \{1.0 -> 1.1\}\nclosure: /);
  expect(world.done("diff", "2", "1").stdout).toMatch(/^gen-2 → gen-1\n- other 3\n~ hello \{1.1 -> 1.0\}\nclosure: /);
  expect(world.done("diff", "-", "-").stdout).toMatch(/^gen-1 → gen-1\nno difference\nclosure: /);
  expect(world.done("diff", "0", "--json").json()).toMatchObject({ from: 0, to: 2, removed: [], upgraded: [] });
});

test("pins are set and taken back", () => {
  const world = makeStoreWorld();
  world.done("install", helloAt(world, "1.0"));
  expect(world.done("pin").stdout).toBe("gen-1 is now pinned\n");
  expect(world.done("pin").stdout).toBe("gen-1 is already pinned\n");
  expect(world.done("unpin", "gen-1", "--json").json()).toMatchObject({ generation: 1, pinned: false, changed: true });
  expect(world.run(["pin", "gen-9"])).toMatchObject({ status: 1, stderr: expect.stringContaining("gen-9") });
});

test("profiles are apart from each other", () => {
  const world = makeStoreWorld();
  world.done("install", helloAt(world, "1.0"));
  const made = world.run(["-p", "work", "install", helloAt(world, "1.1")]);
  expect(made.stderr).toBe("To go back: store rollback -p work\n");
  expect(world.done("profiles").stdout).toBe(
    "*  default  gen-1  1 package  2 generations\n   work     gen-1  1 package  2 generations\n",
  );
  expect(world.done("profiles", "--json").json()).toMatchObject([{ profile: "default" }, { profile: "work" }]);
  const versions = (args: readonly string[], profile?: string) =>
    world
      .run(["list", "--json", ...args], { env: { STORE_PROFILE: profile } })
      .json<{ version: string }[]>()
      .map(({ version }) => version);
  expect(versions(["-p", "work"])).toEqual(["1.1"]);
  expect(versions([], "work")).toEqual(["1.1"]);
  expect(versions(["-pdefault"], "work")).toEqual(["1.0"]);
});

test("each command works on the profile that is named", () => {
  const world = makeStoreWorld();
  world.done("install", helloAt(world, "1.0"));
  const other = world.source("other-3", { "bin/other": "" });
  world.done("install", other, "-p", "work");
  const before = world.done("generations", "--json").stdout;
  const profileOf = (...args: readonly string[]) => {
    const { profile, changed } = world.done(...args, "-p", "work", "--json").json<Record<string, unknown>>();
    return [profile, changed];
  };
  expect(world.done("path", "other", "-p", "work").stdout).toMatch(/-other-3\n$/);
  expect(world.done("diff", "0", "-p", "work").stdout).toContain("+ other 3\n");
  expect(profileOf("pin")).toEqual(["work", true]);
  expect(profileOf("unpin")).toEqual(["work", true]);
  expect(profileOf("switch", "gen-0")).toEqual(["work", true]);
  expect(profileOf("switch", "gen-1")).toEqual(["work", true]);
  expect(profileOf("rollback")).toEqual(["work", true]);
  expect(profileOf("switch", "-")).toEqual(["work", true]);
  world.tree({ "bin/other": "new" }, other);
  expect(profileOf("upgrade")).toEqual(["work", true]);
  expect(profileOf("remove", "other")).toEqual(["work", true]);
  expect(world.done("generations", "-p", "work", "--json").json()).toHaveLength(4);
  expect(world.done("generations", "--json").stdout).toBe(before);
});

test("path names an installed package, or the live link of the profile", () => {
  const world = makeStoreWorld();
  world.done("install", helloAt(world, "1.0"));
  expect(world.done("path").stdout).toBe(`${world.root}/profiles/default/current\n`);
  const path = world.done("path", "hello").stdout.trimEnd();
  expect(readFileSync(join(path, "bin/hello"), "utf8")).toBe("1.0");
  expect(world.done("path", "hello", "--json").json()).toEqual({ path });
});

test("info tells of the store and of an object, by name, path and what lies in it", () => {
  const world = makeStoreWorld();
  world.done("install", helloAt(world, "1.0"));
  expect(world.done("info", "--json").json()).toMatchObject({ root: world.root, width: 48, profiles: ["default"] });
  expect(world.done("info").stdout).toContain(`root        ${world.root}\n`);
  const path = world.done("path", "hello").stdout.trimEnd();
  const json = world.done("info", "hello", "--json").json();
  expect(json).toMatchObject({ path, name: "hello", version: "1.0", files: 1, origin: { kind: "directory" } });
  expect(world.done("info", path, "--json").json()).toEqual(json);
  expect(world.done("info", `${path}/bin/hello`, "--json").json()).toEqual(json);
  expect(world.done("info", basename(path), "--json").json()).toEqual(json);
  expect(world.run(["info", ".", "--json"], { cwd: path }).json()).toEqual(json);
  expect(world.done("info", "hello").stdout).toMatch(
    /^path +\/.*\nname +hello\nversion +1\.0\ntree id +[0-9a-f]{64}\n/,
  );
});

test("what is given in the environment counts less than what is typed", () => {
  const world = makeStoreWorld();
  const data = join(world.directory, "d");
  mkdirSync(data);
  const rootOf = (args: readonly string[], env: NodeJS.ProcessEnv) =>
    world.run([...args, "init", "--json"], { env, cwd: data }).json<{ root: string }>().root;
  const xdg = { STORE_ROOT: undefined, XDG_DATA_HOME: data };
  expect(rootOf([], { STORE_ROOT: undefined })).toBe(join(world.directory, "home/.local/share/store"));
  expect(rootOf([], xdg)).toBe(join(data, "store"));
  expect(rootOf([], { ...xdg, STORE_ROOT: join(data, "b") })).toBe(join(data, "b"));
  expect(rootOf(["--root", "c"], { ...xdg, STORE_ROOT: join(data, "b") })).toBe(join(data, "c"));
});

test.each([["--help"], ["-h"], ["help"], ["list", "--help"], ["help", "switch"], ["install", "-h"]])(
  "store %s %s prints help on stdout",
  (...args) => {
    const { status, stdout, stderr } = makeStoreWorld().run(args);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^store \S+/);
    expect(stdout).toContain("--profile");
  },
);

test("help for a command has its usage, options by groups, examples and JSON", () => {
  const { stdout } = makeStoreWorld().done("add", "--help");
  expect(stdout).toMatch(/^store add <source>\n\nPut a directory/);
  for (const part of [
    "What it is:\n",
    "--version ",
    "How it is read:\n",
    "Where:\n",
    "Examples:\n",
    "With --json: {path,",
  ]) {
    expect(stdout).toContain(part);
  }
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("store alone is wrong usage, and shows help on stderr", () => {
  const { status, stdout, stderr } = makeStoreWorld().run([]);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("Commands:\n");
});

test("--version prints the version of package.json", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(makeStoreWorld().done("--version").stdout).toBe(`store ${version}\n`);
});

test("--debug traces what it is asked for, with times", () => {
  const world = makeStoreWorld();
  const { stderr, status } = world.run(["install", helloAt(world, "1.0"), "--debug=time,args,events", "-q"]);
  expect(status).toBe(0);
  for (const line of [
    / ms {2}time {2}store opened\n/,
    / ms {2}args {2}\{"command":"install"/,
    / ms {2}events {2}\{"kind":"step"/,
  ]) {
    expect(stderr).toMatch(line);
  }
  expect(world.run(["list", "--debug=args"]).stderr).not.toContain("  time  ");
});

test("--verbose tells each step", () => {
  const world = makeStoreWorld();
  const { stderr } = world.done("install", helloAt(world, "1.0"), "--verbose");
  expect(stderr).toMatch(/^import hello 1\.0 …\n/);
});

test("the log keeps the command, without passwords", () => {
  const world = makeStoreWorld();
  world.run(["install", "http://user:secret@127.0.0.1:1/x-1.0.tar.gz", "--no-wait"]);
  const log = readFileSync(join(world.root, "log/000001.jsonl"), "utf8");
  expect(log).toContain("http://127.0.0.1:1/x-1.0.tar.gz");
  expect(log).not.toContain("secret");
});

function helloAt(world: StoreWorld, version: string): string {
  return world.source(`hello-${version}`, { "bin/hello": version });
}

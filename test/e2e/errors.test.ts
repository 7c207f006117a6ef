import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { tryAcquireLock } from "../../src/system/lock.ts";
import { makeTar } from "../helpers/archives.ts";
import { keepWorld } from "../helpers/kept-world.ts";
import { makeStoreWorld, PROGRAM } from "../helpers/run-store.ts";

const withOne = keepWorld((world) => {
  world.done("install", world.source("hello-1", { hello: "" }));
});

const withTwoGenerations = keepWorld((world) => {
  for (const version of ["1", "2"]) world.done("install", world.source(`hello-${version}`, { "bin/hello": version }));
});

test.each([
  [["instal", "x"], "there is no command 'instal'", "Did you mean 'install'?"],
  [["list", "--jsn"], "no option --jsn", "Did you mean '--json'?"],
  [["install"], "needs SPEC", "store install --help"],
  [["list", "--root"], "--root needs a value", "store list --help"],
  [["switch", "genn-1"], "names no generation", "gen-41"],
  [["list", "-p", "../x"], "not a profile name", "letters"],
  [["add", "./hello-1", "--name", "../x"], "not a package name", "--name"],
  [["add", "./hello-1", "--version", "a/b"], "not a version", "--version"],
  [["install", "a", "b", "--name", "x"], "one package only", "once for each"],
  [["root", "add", "hello", "--name", "a b"], "'a b' is not the name of a root", "letters"],
  [["generations", "--all", "--last", "2"], "--all shows all, --last only some", "Leave one of them out"],
  [["nope", "--help"], "there is no command 'nope'", "store --help"],
  [["add", ""], "'' is empty", "npm:NAME"],
  [["install", ""], "'' is empty", "npm:NAME"],
  [["add", "ftp://x/y"], "'ftp://x/y' has the scheme 'ftp'", "http:, https:, file: and npm: are known here"],
  [["blame", ""], "'' names no file", "bin/gp"],
])("wrong use ends with 2 and a suggestion: %j", (args, message, hint) => {
  const { status, stdout, stderr } = withOne().run(args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^error: .*\nhint: .*\n$/);
  expect(stderr.split("\n")[0]).toContain(message);
  expect(stderr.split("\n")[1]).toContain(hint);
});

test.each(["yes", "1", "on", "y", "TRUE", ""])("a dry run that is asked for with '%s' does nothing", (value) => {
  const world = withTwoGenerations();
  for (const args of [
    ["remove", "hello"],
    ["switch", "1"],
    ["generations", "delete", "1"],
  ]) {
    const { status, stderr } = world.run([...args, `--dry-run=${value}`]);
    expect([status, stderr.split("\n")[0]]).toEqual([2, expect.stringContaining(`--dry-run cannot be '${value}'`)]);
  }
  expect(world.done("generations", "--json").json()).toHaveLength(3);
  expect(world.done("list").stdout).toContain("hello");
});

test.each([
  [["list"], "there is no store at", "store init"],
  [["add", "./nothing"], "no file or directory", "nothing"],
])("without a store: %j ends with 1", (args, message, hint) => {
  const { status, stderr } = makeStoreWorld().run(args);
  expect(status).toBe(1);
  expect(stderr.split("\n")[0]).toContain(message);
  expect(stderr).toContain(hint);
});

test.each([
  [["switch", "gen-99"], "there is no gen-99", "There are gen-0, gen-1."],
  [["switch", "+5"], "only 0 generations after gen-1", "gen-0"],
  [["switch", "#99"], "there is no transaction #99", "`store log` lists them"],
  [["switch", "tag:none"], "profile 'default' has no checkpoint 'none'", "store checkpoint NAME"],
  [["list", "1999-01-01"], "what was live at 1999-01-01 23:59: history begins", "store generations"],
  [["list", "-p", "wrok"], "there is no profile 'wrok'", "There is default"],
  [["remove", "hllo"], "not installed in profile 'default': hllo", "Did you mean 'hello'?"],
  [["log", "-p", "wrok"], "there is no profile 'wrok'", "There is default"],
  [["path", "hllo"], "hllo", "Did you mean 'hello'?"],
  [["delete", "nothing"], "'nothing' is neither", "`store gc --dry-run` shows those that nothing keeps"],
  [["info", "nothing"], "'nothing' is neither", "store list"],
  [["install", "missing.tar.gz"], "no file or directory", "npm:missing.tar.gz"],
])("what is not there: %j", (args, message, hint) => {
  const { status, stderr } = withOne().run(args);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: /);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});

test("a collision names both packages, the path, and the commands that settle it; nothing changes", () => {
  const world = makeStoreWorld();
  world.done("install", world.source("one-1", { "bin/x": "1" }));
  const two = world.source("two-2", { "bin/x": "2" });
  const { status, stderr } = world.run(["install", two]);
  expect(status).toBe(1);
  for (const part of ["bin/x", "one", "two", "--priority"]) expect(stderr).toContain(part);
  // What is not installed cannot be removed.
  expect(stderr).toMatch(/one-1 --priority 4 {4}or {4}store remove one\n/);
  expect(stderr).toMatch(/two-2 --priority 4 {4}or {4}leave it out\n/);
  expect(world.done("list", "--json").json()).toMatchObject([{ name: "one" }]);
  expect(world.done("generations", "--json").json()).toHaveLength(2);
  expect(world.done("install", two, "--priority=4").stdout).toContain("+ two 2");
});

test.each([
  ["one-1", []],
  ["two-2", []],
  ["one-1", ["--priority=5"]],
  ["two-2", ["--priority=5"]],
])("what a collision advises for %s settles it under the names that were given, with %j", (winner, words) => {
  const world = makeStoreWorld();
  const [one, two] = ["one-1", "two-2"].map((name) => world.source(name, { "bin/x": name })) as [string, string];
  world.done("install", one, "--name", "first");
  const command = ["install", two, "--name", "second", "--version=7"];
  const hint = world.run([...command, ...words]).stderr;
  const advised = hint.match(new RegExp(`^ {2}store (install .*${winner}.*?) {4}or`, "m"))?.[1] ?? "no such line";
  world.done(...advised.split(" "));
  world.done(...command, ...(hint.includes("without --priority") ? [] : words));
  const list = world.done("list", "--json").json() as { name: string; version: string }[];
  expect(list.map(({ name, version }) => `${name} ${version}`)).toEqual(["first 1", "second 7"]);
});

test("advice about gen-0, which is never deleted, is to leave it out, also while it is live", () => {
  const world = withOne();
  for (const live of [1, 0]) {
    world.done("switch", String(live));
    const { status, stderr } = world.run(["generations", "delete", "0"]);
    expect([status, stderr]).toEqual([4, expect.stringMatching(/it is the empty one.*\nhint: Leave it out/)]);
  }
});

test("a working directory that was deleted is told as such", () => {
  const { root, env, directory } = withOne();
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"';
  const words = [process.execPath, PROGRAM, "--root", root, "add", "x"];
  const { status, stderr } = spawnSync("sh", ["-c", script, ...words], { cwd: directory, env, encoding: "utf8" });
  expect([status, stderr]).toEqual([
    1,
    "error: the working directory is gone\nhint: Go to a directory that exists: `cd` alone leads home.\n",
  ]);
});

test("two packages of one name are refused with 1, the name and both SPECs, and nothing is written", () => {
  const world = withOne();
  const two = ["1.0", "1.2"].map((version) => world.source(`words-${version}`, { words: version })) as [string, string];
  const before = readdirSync(join(world.root, "manifests"));
  for (const command of [["install"], ["install", "--dry-run"]]) {
    const { status, stderr } = world.run([...command, ...two]);
    expect([status, stderr.split("\n")[0]]).toEqual([1, `error: both ${two[0]} and ${two[1]} are a package 'words'`]);
  }
  expect(readdirSync(join(world.root, "manifests"))).toEqual(before);
  expect(world.done("install", two[0], two[0]).stdout).toContain("+ words 1.0");
});

test("other content than its integrity says ends with 1 and tells both", () => {
  const world = makeStoreWorld();
  const file = join(world.source("d", { "x-1.0.txt": "content" }), "x-1.0.txt");
  const wrong = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  const { status, stderr } = world.run(["add", file, "--integrity", wrong]);
  expect(status).toBe(1);
  expect(stderr).toContain(wrong);
  expect(stderr).toContain("write `--integrity sha256-7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=`.");
  expect(readdirSync(join(world.root, "manifests"))).toEqual([]);
});

test("the integrity that a URL carries is checked, and anything else behind its # is refused", () => {
  const world = makeStoreWorld();
  const url = pathToFileURL(join(world.source("d", { "x-1.0.txt": "content" }), "x-1.0.txt")).href;
  const right = "sha256-7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=";
  const wrong = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  for (const command of ["add", "install"]) {
    const refused = world.run([command, `${url}#${wrong}`]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(right);
    expect(world.run([command, `${url}#part`]).stderr).toContain("something other than an integrity");
  }
  expect(world.run(["add", `${url}#${right}`, "--integrity", wrong]).stderr).toContain("Give the integrity once");
  expect(readdirSync(join(world.root, "manifests")).filter((name) => name.includes("x-1.0"))).toEqual([]);
  world.done("install", `${url}#${right}`);
  expect(world.done("info", "x", "--json").json()).toMatchObject({ origin: { integrity: right } });
});

test("what is named like an archive and is none is refused", () => {
  const world = makeStoreWorld();
  const page = join(world.source("d", { "x-1.0.tar.gz": "<html>Not Found</html>" }), "x-1.0.tar.gz");
  const tar = join(world.directory, "y-1.0.tar");
  const damaged = makeTar([{ name: "file", content: "content" }]);
  damaged.write("X", 0);
  writeFileSync(tar, damaged);
  for (const file of [page, tar]) {
    const { status, stderr } = world.run(["add", file]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${file} is no archive`);
  }
  expect(readdirSync(join(world.root, "manifests"))).toEqual([]);
});

test.each(["file:///tmp/%zz", "file://host/x", "file:///a%2fb"])("%s is told as a URL of no file", (url) => {
  expect(makeStoreWorld().run(["add", url])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("names no file of this machine"),
  });
});

test("an integrity of what is no file and no URL is refused with 2, and nothing is added", () => {
  const world = withOne();
  const directory = world.source("d-1", { x: "content" });
  const recipe = world.source("r-1", { "recipe.yaml": "name: r\n" });
  const object = world.done("path", "hello").stdout.trim();
  const before = readdirSync(join(world.root, "manifests"));
  const commands = ["add", "install", "install --dry-run"];
  for (const [from, what, ways] of [
    [directory, "a directory", commands],
    [object, "an object of the store", commands],
    [recipe, "a recipe", commands.slice(1)],
    ["npm:x", "a package of a registry", commands],
  ] as const)
    for (const command of ways)
      expect(world.run([...command.split(" "), from, "--integrity", "sha256-x"])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`${from} is ${what}: an integrity can stand for a file or URL only`),
      });
  expect(readdirSync(join(world.root, "manifests"))).toEqual(before);
});

test("a decompression bomb is refused with 4, and the option that allows it", () => {
  const world = makeStoreWorld();
  const bomb = join(world.directory, "bomb-1.tar.gz");
  writeFileSync(bomb, gzipSync(makeTar([{ name: "zeros", content: Buffer.alloc(100 * 1024 * 1024) }])));
  const { status, stderr } = world.run(["add", bomb]);
  expect(status).toBe(4);
  expect(stderr).toContain("zeros");
  expect(stderr).toContain("--max-ratio");
  expect(world.run(["add", bomb, "--max-ratio", "5000"]).status).toBe(0);
  expect(world.run(["add", bomb, "--max-ratio=5000", "--max-bytes=1M"]).stderr).toContain("--max-bytes");
});

test("an archive that is cut short ends with 1, and nothing is added", () => {
  const world = makeStoreWorld();
  const archive = join(world.directory, "x-1.tar");
  writeFileSync(archive, makeTar([{ name: "file", content: "x".repeat(2000) }]).subarray(0, 1500));
  expect(world.run(["add", archive])).toMatchObject({ status: 1, stderr: expect.stringContaining("x-1.tar") });
  expect(readdirSync(join(world.root, "manifests"))).toEqual([]);
  expect(readdirSync(join(world.root, "tmp"))).toEqual([]);
});

test("a root that others can replace is refused with 4 and the command that accepts it", () => {
  const world = makeStoreWorld();
  const open = join(world.directory, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  for (const command of [["init"], ["install", world.source("x-1", { x: "" })]]) {
    const refused = world.run([...command, "--root", join(open, "s")]);
    expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining("`store init --allow-unsafe-root`") });
  }
  expect(existsSync(join(open, "s"))).toBe(false);
  expect(world.run(["init", "--root", join(open, "s"), "--allow-unsafe-root"]).status).toBe(0);
});

test("a root that is a file, is too long, or belongs to something else is refused with 2", () => {
  const world = makeStoreWorld();
  const file = join(world.source("d", { file: "" }), "file");
  expect(world.run(["init", "--root", file])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("no directory"),
  });
  const long = join(world.directory, "x".repeat(60));
  expect(world.run(["init", "--root", long])).toMatchObject({ status: 2, stderr: expect.stringContaining("--width") });
  expect(world.run(["init", "--root", join(world.directory, "d")])).toMatchObject({ status: 2 });
});

test("a store of a newer format is left alone", () => {
  const world = makeStoreWorld();
  world.done("init");
  const file = join(world.root, "store.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(/"format": *1/, '"format": 99'));
  expect(world.run(["list"])).toMatchObject({ status: 1, stderr: expect.stringContaining("99") });
});

describe("damage ends with 6 and moves nothing", () => {
  test.each([
    ["store.json is no JSON", "store.json", "{", ["list"]],
    ["the live generation's record is cut short", "profiles/default/gen-2.json", '{"format":1', ["list"]],
    ["the profile's record is empty", "profiles/default/profile.json", "", ["generations"]],
    ["the target's record is cut short", "profiles/default/gen-1.json", '{"format":1', ["switch", "gen-1"]],
  ])("%s", (_what, path, text, args) => {
    const world = withTwoGenerations();
    writeFileSync(join(world.root, path), text);
    const { status, stderr } = world.run(args);
    expect(status).toBe(6);
    expect(stderr).toContain(join(world.root, path));
  });

  test("an object of the target is missing, and so is what it came from", () => {
    const world = withTwoGenerations();
    const [first] = world.done("diff", "1", "--json").json<{ upgraded: { from: { path: string } }[] }>().upgraded;
    const path = first?.from.path as string;
    chmodSync(path, 0o755);
    rmSync(path, { recursive: true });
    const [{ requested }] = world.done("list", "1", "--json").json<[{ requested: string }]>();
    renameSync(requested, `${requested}.away`);
    const { status, stderr } = world.run(["switch", "gen-1"]);
    expect(status).toBe(4);
    expect(stderr).toContain("gen-1 of profile 'default' is not whole");
    expect(world.done("generations", "--json").json()).toMatchObject([{}, { current: false }, { current: true }]);
    renameSync(`${requested}.away`, requested);
    expect(world.done("switch", "gen-1").stdout).toContain(`had again: ${basename(path)}, from ${requested}`);
  });
});

test("--no-wait ends with 5 and names who has the lock; without it the command waits for them", async () => {
  const world = withTwoGenerations();
  const lock = tryAcquireLock(join(world.root, "locks/profile-default"), "store gc", () => new Date());
  const busy = world.run(["switch", "gen-1", "--no-wait", "--json"]);
  expect(busy.status).toBe(5);
  const holder = { pid: process.pid, command: "store gc" };
  expect(JSON.parse(busy.stderr)).toMatchObject({ error: { code: "BUSY", details: { holder } } });
  expect(world.run(["switch", "gen-1", "--no-wait"]).stderr).toMatch(/process \d+ \(store gc\).*\n.*--no-wait/);
  expect(world.run(["list", "--no-wait"]).status).toBe(0);

  const waiting = world.start(["switch", "gen-1"]);
  const [line] = await once(createInterface(waiting.stderr), "line");
  expect(line).toBe(`waiting for process ${process.pid} (store gc), which is using the store …`);
  lock?.[Symbol.dispose]();
  const [status] = await once(waiting, "exit");
  expect(status).toBe(0);
  expect(world.done("path").stdout).toContain("current");
  expect(world.done("generations", "--json").json()).toMatchObject([{}, { current: true }, {}]);
});

test("with --json an error is one JSON value on stderr", () => {
  const world = makeStoreWorld();
  writeFileSync(join(world.directory, "file"), "");
  for (const [args, code] of [
    [["list", "--json"], "NOT_FOUND"],
    [["--json", "lst"], "USAGE"],
    [["init", "--root", "file/s", "--json"], "INVALID_INPUT"],
  ] as const) {
    const { status, stdout, stderr } = world.run(args);
    expect([status === 0, stdout]).toEqual([false, ""]);
    const { error, ...rest } = JSON.parse(stderr);
    expect(rest).toEqual({});
    expect(Object.keys(error).sort()).toEqual(["code", "details", "hint", "message"]);
    expect(error.code).toBe(code);
  }
});

/** What a terminal obeys, line breaks aside. */
const HARMFUL = /[^\P{Cc}\n]|\u202e/u;

test("names from outside cannot command the terminal", () => {
  const world = makeStoreWorld();
  const { stderr } = world.run(["add", "evil\x1b]0;owned\x07\x1b[2J"]);
  expect(stderr).not.toMatch(HARMFUL);
  expect(stderr).toContain("evil\\x1b]0;owned\\x07");
  world.done("install", world.source("odd\u202e\x1b[31m", { x: "" }), "--name=odd", "--version=1");
  for (const args of [["list"], ["generations"], ["info", "odd"], ["list", "--json"]]) {
    expect(world.done(...args).stdout).not.toMatch(HARMFUL);
  }
});

test("the system's refusals are sentences with the path and a next step", () => {
  const world = makeStoreWorld();
  world.done("init");
  const source = join(world.directory, "loop");
  symlinkSync("loop", source);
  const { status, stderr } = world.run(["add", source]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: too many symbolic links .*loop\nhint: .+\.\n$/);
  expect(stderr).not.toMatch(/\n +at /);
});

test("the working directory may be gone", async () => {
  const world = makeStoreWorld();
  world.done("init");
  const script = `mkdir gone; cd gone; rmdir ../gone; exec ${process.execPath} ${PROGRAM} list`;
  const shell = spawn("sh", ["-c", script], { cwd: world.directory, env: world.env, stdio: "ignore" });
  expect(await once(shell, "exit")).toEqual([0, null]);
});

test("a reader that goes away is no error, and large output arrives whole", async () => {
  const world = makeStoreWorld();
  for (let number = 0; number < 3; number++)
    world.done("install", world.source(`p${number}-1`, { [`f${number}`]: "" }));
  const run = (script: string) => {
    const shell = spawn("bash", ["-c", `set -o pipefail; ${script}`], {
      env: world.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    shell.stdout.on("data", (chunk) => {
      out += chunk;
    });
    shell.stderr.on("data", (chunk) => {
      err += chunk;
    });
    return once(shell, "close").then(([status]) => ({ status, out, err }));
  };
  const store = `${process.execPath} ${PROGRAM}`;
  expect(await run(`${store} generations --json | head -c 5`)).toEqual({ status: 0, out: '[{"ge', err: "" });
  expect(await run(`${store} install p0-1 2>&1 | true; ${store} generations --json | wc -l`)).toMatchObject({
    out: "1\n",
  });
  const help = world.done("--help").stdout;
  expect((await run(`${store} --help | (sleep 0.3; cat)`)).out).toBe(help);
});

test.skipIf(!existsSync("/dev/full"))("results that cannot be written end with 1, and the reason", () => {
  const world = withTwoGenerations();
  const toFull = (...args: string[]) =>
    spawnSync("bash", ["-c", '"$0" "$@" > /dev/full', PROGRAM, ...args], { env: world.env, encoding: "utf8" });
  for (const args of [["list"], ["log"], ["journal", "1"], ["completion", "bash"], ["path"], ["--help"]]) {
    expect(toFull(...args)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^error: the output cannot be written: no space is left on the disk of stdout\nhint: .*\n$/,
      ),
    });
  }
  const asJson = toFull("generations", "--json");
  expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: "NO_SPACE", details: { errno: "ENOSPC" } } });
  expect(toFull("switch", "gen-9")).toMatchObject({ status: 1, stderr: expect.stringContaining("there is no gen-9") });
});

test("there is a message when nothing is built", () => {
  const world = makeStoreWorld();
  const copy = world.tree({}, join(world.directory, "copy/bin"));
  writeFileSync(join(copy, "store"), readFileSync(PROGRAM));
  const result = world.run([], {});
  expect(result.status).toBe(2);
  const shell = spawn(process.execPath, [join(copy, "store")], { stdio: ["ignore", "ignore", "pipe"] });
  return Promise.all([once(shell, "exit"), once(shell.stderr, "data")]).then(([[status], [text]]) => {
    expect(status).toBe(1);
    expect(String(text)).toContain("npm ci");
  });
});

test.each([
  "git+https://us:PWSEC@127.0.0.1:1/h.git",
  "ftp://us:PWSEC@127.0.0.1:1/h-6.tar.gz",
  "htp://us:PWSEC@127.0.0.1:1/h-6.tar.gz",
  "http://us:PWSEC@h:99999/h-6.tar.gz",
  "HTTP:\\\\us:PWSEC@127.0.0.1:1/h-6.tar.gz",
  "x@http://us:PWSEC@127.0.0.1:1/h-6.tar.gz",
  "npm:http://us:PWSEC@127.0.0.1:1/h-6.tar.gz",
])("user name and password of %s are neither told nor kept", (spec) => {
  const world = makeStoreWorld();
  const { status, stderr } = world.run(["install", spec, "-v", "--debug=args,events,log,plan", "--check", `: ${spec}`]);
  expect(status).not.toBe(0);
  const files = readdirSync(join(world.root, "log")).map((name) => readFileSync(join(world.root, "log", name), "utf8"));
  const told = [stderr, world.run(["install", spec, "--json"]).stderr, world.done("log", "--json").stdout, ...files];
  expect(told.join("\n")).toContain("abort");
  expect(told.join("\n")).not.toMatch(/PWSEC|us:/);
});

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { keepWorld } from "../helpers/kept-world.ts";
import { makeStoreWorld, PROGRAM, type StoreWorld } from "../helpers/run-store.ts";

/** A package whose program prints its name and version. */
function packageAt(world: StoreWorld, name: string, version: string, program = name): string {
  return world.source(`${name}-${version}`, { [`bin/${program}`]: { exec: `#!/bin/sh\necho ${name} ${version}\n` } });
}

/** gen-1 has a 1, gen-2 a 2 and b 1. */
const makeTwo = keepWorld((world) => {
  world.done("install", packageAt(world, "a", "1"));
  world.done("install", packageAt(world, "a", "2"), packageAt(world, "b", "1"));
});

function withTwo() {
  const world = makeTwo();
  const current = () => Number(readlinkSync(join(world.root, "profiles/default/current")).replace("gen-", ""));
  const store = `${process.execPath} ${PROGRAM}`;
  return { world, current, store };
}

test("run finds the programs of the generation and no other's, passes status, and switches nothing", () => {
  const { world, current } = withTwo();
  expect(world.run(["run", "--at", "gen-1", "--", "a"]).stdout).toBe("a 1\n");
  expect(world.run(["run", "--", "a"]).stdout).toBe("a 2\n");
  expect(world.run(["run", "--at=-1", "--", "sh", "-c", "exit 7"]).status).toBe(7);
  const live = `${join(world.root, "profiles/default/current/bin")}:${process.env.PATH}`;
  expect(world.run(["run", "--at", "gen-1", "--", "b"], { env: { PATH: live } })).toMatchObject({
    status: 127,
    stderr: expect.stringContaining("the command b was not found"),
  });
  expect(world.run(["run", "--", world.directory]).status).toBe(126);
  expect(world.run(["run", "--", "sh", "-c", "kill -TERM $$"]).status).toBe(143);
  expect(current()).toBe(2);
  expect(readFileSync(join(world.root, "log/000001.jsonl"), "utf8")).not.toContain('"run"');
});

test("run and try find no programs of the generation in which they are themselves run", () => {
  const { world, store } = withTwo();
  world.done("remove", "b");
  const inner = [`${store} run --at 1 -- b`, `${store} run -- b`, `${store} try -- b`];
  for (const line of inner) expect(world.run(["run", "--at", "2", "--", "sh", "-c", line]).status).toBe(127);
  world.done("install", "-p", "work", packageAt(world, "c", "1"));
  const line = ["run", "--at", "2", "--", ...store.split(" "), "-p", "work", "run", "--", "b"];
  expect(world.run(line).stdout).toBe("b 1\n");
});

test("run gives words behind -- as they are, input, and variables", () => {
  const { world } = withTwo();
  const echo = world.done("run", "-q", "--", "printf", "%s|", "--json", "--", "-p", "x y");
  expect(echo.stdout).toBe("--json|--|-p|x y|");
  const env = world.done("run", "--at", "gen-1", "--", "env").stdout;
  expect(env).toContain(`STORE_ROOT=${world.root}\n`);
  expect(env).toContain("STORE_PROFILE=default\n");
  expect(env).toContain("STORE_GENERATION=gen-1\n");
  expect(env).toMatch(/STORE_PATH=.*-profile-default\n/);
  const { stdout } = spawnSync(process.execPath, [PROGRAM, "run", "--", "cat"], {
    env: world.env,
    input: "hello",
    encoding: "utf8",
  });
  expect(stdout).toBe("hello");
});

test("run hands signals to the command, which decides", async () => {
  const { world } = withTwo();
  const script = 'trap "echo got it; exit 5" TERM; echo ready; while :; do sleep 0.1; done';
  const child = world.start(["run", "--", "sh", "-c", script]);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (text.includes("ready")) child.kill("SIGTERM");
  });
  expect(await once(child, "close")).toEqual([5, null]);
  expect(output).toBe("ready\ngot it\n");
});

test.each([
  [["run"], "store run needs the command to run behind --"],
  [["run", "a"], "Write `store run … -- a`"],
  [["try", "--"], "store try needs the command to run behind --"],
  [["run", "--att", "1", "--", "a"], "Did you mean '--at'?"],
  [["bisect", "--", "a"], "store bisect needs --good"],
  [["compare", "--", "a"], "store compare needs FROM"],
])("%j is wrong", (args, message) => {
  expect(makeStoreWorld().run(args)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
});

test("try keeps what succeeds and goes back from what fails, also within another one", () => {
  const { world, current, store } = withTwo();
  expect(world.run(["try", "--", "sh", "-c", `${store} remove b && test ! -e "$STORE_PATH/bin/b"`]).status).toBe(0);
  expect(current()).toBe(3);
  const failed = world.run(["try", "--", "sh", "-c", `${store} remove a; exit 9`]);
  expect([failed.status, failed.stderr]).toEqual([9, expect.stringMatching(/failed \(9\): back to gen-3\n\+ a 2\n$/)]);
  expect(current()).toBe(3);
  const nested = `${store} switch 2; ${store} try -- sh -c '${store} switch 1; false'; ${store} path > /dev/null`;
  world.run(["try", "--", "sh", "-c", nested]);
  expect(current()).toBe(2);
  expect(world.run(["try", "--", "sh", "-c", `${nested}; ${store} switch 1; false`]).status).toBe(1);
  expect(current()).toBe(2);
  expect(world.run(["try", "--", "no-such-command"]).status).toBe(127);
});

test("try goes back when it is asked to end, and ends what the command left running", async () => {
  const { world, current, store } = withTwo();
  const [go, late] = ["go", "late"].map((name) => join(world.directory, name)) as [string, string];
  const script = `(trap "" TERM; while [ ! -e ${go} ]; do sleep 0.1; done; echo > ${late}) & ${store} switch 1; sleep 60`;
  const child = world.start(["try", "--", "sh", "-c", script]);
  while (current() !== 1) await sleep(50);
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([143, null]);
  expect(current()).toBe(2);
  writeFileSync(go, "");
  await sleep(1500);
  expect(existsSync(late)).toBe(false);
});

test("try that is killed leaves a whole profile where the command put it", async () => {
  const { world, current, store } = withTwo();
  // The command that is left ends with the test, whose directory is removed.
  const stay = join(world.directory, "stay");
  writeFileSync(stay, "");
  const child = world.start(["try", "--", "sh", "-c", `${store} switch 1; while [ -e ${stay} ]; do sleep 0.1; done`]);
  while (current() !== 1) await sleep(50);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(current()).toBe(1);
  expect(world.done("switch", "-").stdout).toContain("gen-1 → gen-2");
});

test("compare shows exit, time and output side by side, and marks what differs", () => {
  const { world, current } = withTwo();
  const script = 'a; echo same; echo "to stderr" >&2; exit 3';
  const { stdout } = world.done("compare", "1", "2", "--", "sh", "-c", script);
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(/^gen-1 +gen-2$/);
  expect(lines[1]).toMatch(/^exit 3 +exit 3$/);
  expect(lines[2]).toMatch(/^[\d.]+ s +[\d.]+ s$/);
  expect(lines.slice(4, 7)).toEqual([
    expect.stringMatching(/^a 1 +\| a 2$/),
    expect.stringMatching(/^same +same$/),
    expect.stringMatching(/^to stderr +to stderr$/),
  ]);
  const json = world.done("compare", "gen-1", "--json", "--", "a").json();
  expect(json).toMatchObject({
    same: false,
    left: { generation: 1, output: "a 1\n" },
    right: { generation: 2, exitCode: 0 },
  });
  expect(world.run(["compare", "1", "2", "--exit-code", "--", "a"]).status).toBe(1);
  expect(world.run(["compare", "1", "2", "--exit-code", "--", "echo"]).status).toBe(0);
  expect(world.run(["compare", "1", "2", "--", "none"])).toMatchObject({ status: 127, stdout: "" });
  const onOneSide = world.done("compare", "1", "2", "--", "b").stdout.split("\n");
  expect(onOneSide[1]).toMatch(/^exit 127 +\| exit 0$/);
  expect(onOneSide.slice(4).join("\n")).toContain("the command b was not found");
  expect(world.run(["compare", "1", "2", "--exit-code", "--json", "--", "b"])).toMatchObject({ status: 1 });
  expect(current()).toBe(2);
});

/** gen-1 to gen-3 change x; gen-4 changes x, y and z at once; gen-5 and gen-6 change x. */
const withSix = keepWorld((world) => {
  world.done("install", ...["x", "y", "z"].map((name) => packageAt(world, name, "1")));
  for (const version of ["2", "3"]) world.done("install", packageAt(world, "x", version));
  world.done("install", ...["x", "y", "z"].map((name) => packageAt(world, name, "4")));
  for (const version of ["5", "6"]) world.done("install", packageAt(world, "x", version));
});

test("bisect finds the first bad generation and the guilty package in it, without a switch", () => {
  const world = withSix();
  const found = world.run(["bisect", "--good", "gen-1", "--", "sh", "-c", 'test "$(y)" = "y 1"']);
  expect(found.status).toBe(0);
  expect(found.stdout).toMatch(
    /^gen-4 is the first bad generation; gen-3 is good\nIt was made by transaction #4: store install/,
  );
  expect(found.stdout).toMatch(/This change is the cause:\n~ y \{1 -> 4\}\n$/);
  expect(found.stderr).toContain("gen-3: good (exit 0");
  expect(world.done("generations", "--json").json<{ current: boolean }[]>()).toHaveLength(7);
  const two = 'test "$(y)" = "y 1" || test "$(z)" = "z 1"';
  const both = world.done("bisect", "--good", "1", "--bad", "6", "--json", "--", "sh", "-c", two).json();
  expect(both).toMatchObject({ firstBad: 4, certain: true, guilty: { upgraded: [{ name: "y" }, { name: "z" }] } });
});

test("bisect goes round what cannot be tested, and through branches", () => {
  const world = withSix();
  const skipping = 'case $STORE_GENERATION in gen-3|gen-4) exit 125;; esac; test "$(y)" = "y 1"';
  const skipped = world.run(["bisect", "--good", "1", "--bad", "6", "--json", "--", "sh", "-c", skipping]);
  expect([skipped.status, skipped.json()]).toEqual([
    3,
    expect.objectContaining({ firstBad: 5, lastGood: 2, untested: [3, 4], certain: true }),
  ]);
  world.done("switch", "gen-3");
  world.done("install", packageAt(world, "new", "1"));
  const branch = world.run(["bisect", "--good", "6", "--bad", "7", "--", "sh", "-c", "! new"]);
  expect(branch.stdout).toMatch(/gen-7 is the first bad generation; gen-3 is good\n[\s\S]*\+ new 1\n/);
  const notHere = world.run(["bisect", "--good", "6", "--bad", "7", "--", "sh", "-c", 'test "$(y)" = "y 4"']);
  expect(notHere).toMatchObject({ status: 2, stderr: expect.stringContaining("gen-3, from which both") });
  const skipBase = 'test "$STORE_GENERATION" != gen-3 || exit 125; ! new';
  const unknown = world.run(["bisect", "--good", "6", "--bad", "7", "--", "sh", "-c", skipBase]);
  expect(unknown.stderr).toContain("gen-3, from which both gen-6 and gen-7 were made, cannot be tested (exit 125)\n");
  expect(unknown.stderr).not.toContain("is not good");
});

/** gen-1 to gen-6, each with another x. */
const withVersions = keepWorld((world) => {
  for (const version of ["1", "2", "3", "4", "5", "6"]) world.done("install", packageAt(world, "x", version));
});

test.each([
  [
    "gen-1 is bad",
    ["--good", "1", "--bad", "6", "--", "false"],
    2,
    "gen-1 was given as good, but the command says bad",
  ],
  ["gen-6 is good", ["--good", "1", "--bad", "6", "--", "true"], 2, "gen-6 was given as bad"],
  [
    "gen-1 cannot be tested",
    ["--good", "1", "--", "sh", "-c", "exit 125"],
    2,
    "gen-1, which was given as good, cannot be tested (exit 125)",
  ],
  ["turned round", ["--good", "6", "--bad", "1", "--", "true"], 2, "gen-6 was made from gen-1"],
  ["odd status", ["--good", "1", "--", "sh", "-c", "exit 200"], 1, "says neither good nor bad"],
])("bisect refuses: %s", (_, args, status, message) => {
  expect(withVersions().run(["bisect", ...args])).toMatchObject({ status, stderr: expect.stringContaining(message) });
});

test("blame names package, source, generation, transaction and command, also of what is hidden", () => {
  const { world } = withTwo();
  const other = packageAt(world, "other", "3", "a");
  world.done("install", other, "--priority", "8");
  const told = world.done("blame", "a").stdout;
  expect(told).toMatch(/^bin\/a {2}a 2\n {2}object +[a-z2-7]{32}-a-2\n {2}source +\/.*\/a-2\n {2}generation +gen-2 /);
  expect(told).toMatch(/transaction +#2\n {2}command +store install .*a-2 .*b-1 {2}\(/);
  expect(told).toMatch(/\n\nbin\/a {2}other 3 {2}\(hidden, priority 8\)\n/);
  const live = join(world.root, "profiles/default/current/bin/a");
  const byPath = world.done("blame", live, "--json").json<{ packages: { path: string }[] }>();
  expect(byPath).toMatchObject({
    file: "bin/a",
    packages: [
      { name: "a", hidden: false },
      { name: "other", hidden: true },
    ],
  });
  const inObject = join(byPath.packages[1]?.path ?? "", "bin/a");
  expect(world.done("blame", inObject, "--json").json()).toEqual(byPath);
  expect(world.done("blame", "bin", "--json").json()).toMatchObject({
    packages: [{ hidden: false }, { hidden: false }, { hidden: false }],
  });
  expect(world.run(["blame", "nothing"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("no package of profile"),
  });
  expect(world.run(["blame", world.directory])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("lies neither in"),
  });
});

test("blame takes a path by the link of an instdir, or by one to the root, and no top of anything for a file", () => {
  const { world } = withTwo();
  const [instdir, link] = [join(world.directory, "inst"), join(world.directory, "link")];
  world.done("config", "instdir", instdir);
  world.done("install", packageAt(world, "c", "1"));
  symlinkSync(world.root, link);
  const file = "bin/a";
  for (const top of [join(instdir, "default"), join(link, "profiles/default/current")])
    expect(world.done("blame", join(top, file), "--json").json(), top).toMatchObject({
      file,
      packages: [{ name: "a" }],
    });
  for (const top of [".", "..", "bin/..", join(instdir, "default")])
    expect(world.run(["blame", top]), top).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("names no file"),
    });
});

test("what a check runs is refused the profile that waits for the check, and has everything else", () => {
  const { world, current, store } = withTwo();
  world.done("install", packageAt(world, "b", "2"));
  world.done("config", "gc.keep", "1");
  const said = join(world.directory, "said");
  const check = (command: string) => {
    const source = packageAt(world, "c", "1");
    // A command that waits for what waits for it would never end.
    const { status } = world.run(["install", source, "--check", `timeout 20 ${store} ${command} >${said} 2>&1`]);
    return [status, readFileSync(said, "utf8")];
  };
  const refused =
    /^error: this cannot be done now: `store install .*` \(process \d+\), which waits for it, holds the lock/m;
  for (const command of ["switch gen-1", `install ${packageAt(world, "d", "1")}`, "gc", "--no-wait pin gen-1"]) {
    expect(check(command), command).toEqual([1, expect.stringMatching(refused)]);
    expect(current()).toBe(3);
  }
  expect(check(`install -p other ${packageAt(world, "d", "1")}`)[0]).toBe(0);
  // Nobody holds the profile for what these run.
  world.done("try", "--", "sh", "-c", `${store} switch gen-1`);
  world.done("run", "--", "sh", "-c", `${store} switch gen-2`);
  expect(current()).toBe(2);
});

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeStoreWorld, PROGRAM, type StoreWorld } from "../helpers/run-store.ts";

const hello = (world: StoreWorld, version: string) =>
  world.source(`hello-${version}`, { "bin/hello": { exec: `#!/bin/sh\necho ${version}\n` } });
const says = (path: string) => spawnSync(path, { encoding: "utf8" }).stdout;

test("--admindir and --instdir work together, and the store remembers the first", () => {
  const world = makeStoreWorld();
  const [admin, inst] = [join(world.directory, "admin"), join(world.directory, "opt")];
  world.done("install", hello(world, "1"), "--admindir", admin, "--instdir", inst);
  expect(readdirSync(admin).sort()).toEqual(["index", "log", "profiles", "roots"]);
  for (const name of ["log", "profiles", "roots", "index"]) expect(existsSync(join(world.root, name))).toBe(false);
  const live = join(admin, "profiles/default/current");
  expect(readlinkSync(join(inst, "default"))).toBe(live);
  expect(says(join(inst, "default/bin/hello"))).toBe("1\n");
  expect(world.done("install", hello(world, "2")).stdout).toContain("gen-1 → gen-2");
  expect(says(join(inst, "default/bin/hello"))).toBe("2\n");
  expect(world.done("rollback", "--json").json()).toMatchObject({
    from: 2,
    to: 1,
    phases: { removed: [{ version: "2" }] },
  });
  expect(says(join(inst, "default/bin/hello"))).toBe("1\n");
  expect(world.done("generations", "--admindir", admin, "--json").json()).toHaveLength(3);
  expect(world.run(["list", "--admindir", join(world.directory, "other")])).toMatchObject({
    status: 4,
    stderr: expect.stringContaining("leave out --admindir"),
  });
  expect(existsSync(join(world.directory, "other"))).toBe(false);
});

test("what has the name of the link in the instdir stays, and the change is refused", () => {
  const world = makeStoreWorld();
  const inst = join(world.directory, "opt");
  world.done("install", hello(world, "1"));
  mkdirSync(inst);
  symlinkSync("elsewhere", join(inst, "default"));
  expect(world.run(["install", hello(world, "2"), `--instdir=${inst}`])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("is there already"),
  });
  expect(readlinkSync(join(inst, "default"))).toBe("elsewhere");
  expect(readlinkSync(join(world.root, "profiles/default/current"))).toBe("gen-1");
  world.done("config", "instdir", join(world.directory, "by-setting"));
  world.done("install", hello(world, "2"));
  expect(lstatSync(join(world.directory, "by-setting/default")).isSymbolicLink()).toBe(true);
});

test("a place that takes no directories, or that no search path can have, is refused before anything changes", () => {
  const world = makeStoreWorld();
  world.done("install", hello(world, "1"));
  const before = world.done("generations", "--json").stdout;
  const colon = join(world.directory, "with:colon");
  for (const place of ["/proc/store-test", colon])
    expect(world.run(["install", hello(world, "2"), "--instdir", place])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/takes no new directories|has a ':'/),
    });
  expect(world.run(["config", "instdir", colon])).toMatchObject({ status: 2 });
  expect(world.done("generations", "--json").stdout).toBe(before);
  for (const admin of ["/proc/store-test", colon]) {
    const other = makeStoreWorld();
    expect(other.run(["init", "--admindir", admin])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--admindir"),
    });
    expect(existsSync(join(other.root, "store.json"))).toBe(false);
  }
  expect(existsSync(colon)).toBe(false);
});

test("an instdir that is too long is refused when it is set, and told as the setting where a file has it", () => {
  const world = makeStoreWorld();
  world.done("install", hello(world, "1"));
  const [name, path] = [`/${"x".repeat(256)}`, "/y".repeat(2016)];
  for (const [place, reason] of [
    [name, "has a name of 256 bytes; the system takes at most 255"],
    [path, "has 4032 bytes; the system takes at most 4030"],
  ] as const) {
    const refused = { status: 2, stderr: expect.stringContaining(reason) };
    expect(world.run(["config", "instdir", place])).toMatchObject(refused);
    expect(world.run(["list", "--instdir", place])).toMatchObject(refused);
  }
  world.done("config", "instdir", path.slice(2));
  const file = join(world.root, "config.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(path.slice(2), name));
  for (const words of [
    ["run", "--", "true"],
    ["try", "--", "true"],
    ["install", hello(world, "2")],
  ])
    expect(world.run(words)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/the setting instdir cannot be used: .*\nhint: .*store config instdir/),
    });
  world.done("config", "instdir", "");
  world.done("install", hello(world, "2"));
});

test("a directory that holds something is no admindir", () => {
  const world = makeStoreWorld();
  const admin = world.tree({ "profiles/x": "" });
  expect(world.run(["init", "--admindir", admin])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("is not empty"),
  });
  expect(existsSync(join(world.root, "store.json"))).toBe(false);
});

test("an object that was deleted by hand comes again from --repository; without one the way back is refused", () => {
  const world = makeStoreWorld();
  world.done("install", hello(world, "1"));
  const { path } = world.done("info", "hello", "--json").json<{ path: string }>();
  world.done("archive", "export", "hello", "-o", `${world.directory}/packed/`);
  world.done("remove", "hello");
  chmodSync(path, 0o755);
  spawnSync("rm", ["-rf", path, join(world.directory, "hello-1")]);
  const refused = world.run(["rollback"]);
  expect(refused).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining("is not whole") });
  expect(readlinkSync(join(world.root, "profiles/default/current"))).toBe("gen-2");
  const change = world.done("rollback", "--repository", join(world.directory, "packed"));
  expect(change.stdout).toMatch(
    /^gen-2 → gen-1 .*\n0 packages removed, 1 restored\n\+ hello 1\nhad again: .*packed\n$/,
  );
  expect(says(join(world.root, "profiles/default/current/bin/hello"))).toBe("1\n");
});

test("a repository that is no URL is refused where it is named, and keeps a setting from no other place", () => {
  const world = makeStoreWorld();
  world.done("install", hello(world, "1"));
  const { path } = world.done("info", "hello", "--json").json<{ path: string }>();
  world.done("archive", "export", "hello", "-o", `${world.directory}/packed/`);
  world.done("remove", "hello");
  chmodSync(path, 0o755);
  spawnSync("rm", ["-rf", path, join(world.directory, "hello-1")]);
  const bad = "http://us:PWSEC@127.0.0.1:99999/ok";
  for (const url of [bad, "http://", "http://[bad", "ftp://us:PWSEC@h/x"]) {
    const runs = [
      world.run(["rollback", "--repository", url]),
      world.run(["rollback"], { env: { STORE_REPOSITORIES: `/srv ${url}` } }),
      world.run(["config", "repositories", url]),
    ];
    const names = ["--repository: '", "$STORE_REPOSITORIES: '", "repositories: '"];
    for (const [index, { status, stderr }] of runs.entries()) {
      expect([status, stderr]).toEqual([2, expect.stringContaining(names[index] as string)]);
      expect(stderr).not.toContain("PWSEC");
    }
  }
  writeFileSync(
    join(world.root, "config.json"),
    JSON.stringify({ format: 1, settings: { repositories: [bad, "http://"] } }),
  );
  const refused = world.run(["rollback"]);
  expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining("http://127.0.0.1:99999/ok") });
  expect(refused.stderr).not.toMatch(/PWSEC|bug/);
  expect(world.run(["rollback", "--recursive"])).toMatchObject({ status: 4 });
  expect(world.run(["plan", "gen-1", "--recursive"]).stderr).not.toContain("bug");
  world.done("rollback", "--repository", join(world.directory, "packed"));
});

test("--debug=log,plan traces what is written and what is going to be changed", () => {
  const world = makeStoreWorld();
  const { stderr } = world.done("install", hello(world, "1"), "--debug=log,plan");
  expect(stderr).toMatch(/ ms {2}plan {2}\{"profile":"default","base":0,"plan":\{"install":/);
  expect(stderr).toMatch(/ ms {2}log {2}\{.*"type":"commit"/);
});

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
const without = hasStrace ? "" : " (strace is missing)";
const WRITING =
  /O_(WRONLY|RDWR|CREAT|TRUNC)|\b(mkdir|mknod|rename|rmdir|unlink|symlink|link|chmod|chown|lchown|utimens|utime|utimes|truncate|setxattr|lsetxattr|removexattr|creat)(at|at2)?\(/;

test.skipIf(!hasStrace)(`with a read-only home nothing is written outside of the named places${without}`, () => {
  const world = makeStoreWorld();
  const home = join(world.directory, "home");
  chmodSync(home, 0o555);
  const [admin, inst] = [join(world.directory, "admin"), join(world.directory, "opt")];
  const places = ["--admindir", admin, "--instdir", inst];
  const trace = (...argv: readonly string[]): readonly string[] => {
    const calls = join(world.directory, "calls");
    const traced = ["-f", "-qq", "-y", "-e", "trace=%file,openat", "-o", calls, process.execPath, PROGRAM, ...argv];
    const options = { env: world.env, cwd: world.directory, encoding: "utf8" } as const;
    expect(spawnSync("strace", traced, options)).toMatchObject({ status: 0 });
    // What fails because it must not be is no better than what is done.
    return readFileSync(calls, "utf8")
      .split("\n")
      .filter((line) => WRITING.test(line) && !/= -1 E(?!ACCES|PERM|ROFS)/.test(line));
  };
  const allowed = [world.root, admin, inst, "/dev/", "/proc/self"];
  const isAllowed = (line: string) => allowed.some((path) => line.includes(`"${path}`) || line.includes(`<${path}`));
  for (const argv of [
    ["install", hello(world, "1")],
    ["revert", "gen-0", "--quiet"],
    ["gc", "--debug=log,plan"],
  ]) {
    const calls = trace(...argv, ...places);
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.filter((line) => !isAllowed(line))).toEqual([]);
  }
  expect(readdirSync(home)).toEqual([]);
});

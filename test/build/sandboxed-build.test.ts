import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { BuiltPackage } from "../../src/operations/building/build.ts";
import { findBuild } from "../../src/store/builds.ts";
import { readManifest } from "../../src/store/manifests.ts";
import { listProcesses } from "../../src/system/process/process-table.ts";
import { LISTS, setAttribute, whyNoAttributes } from "../helpers/attributes.ts";
import { type BuildWorld, canSandbox, makeBuildWorld } from "../helpers/build-world.ts";
import { readTree } from "../helpers/worlds.ts";

const hasSandbox = await canSandbox();

/** What a build script sees, by the names of the files that it writes. */
async function seen(world: BuildWorld, script: string): Promise<{ readonly [name: string]: string }> {
  world.recipe(
    "look",
    `dependencies: {link: [liba]}\nbuild: script\nphases:\n  install: |\n    mkdir "$out"; cd "$out"\n${script.replace(/^/gm, "    ")}\n`,
  );
  const { built } = await world.build(await world.buildStore(), "look");
  const [{ path }] = built as [BuiltPackage];
  return Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), "utf8").trimEnd()]));
}

function commandLines(): string[] {
  return [...listProcesses()].map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1");
    } catch {
      return "";
    }
  });
}

describe.runIf(hasSandbox)("a build in the sandbox sees", () => {
  it("a fixed environment, user, time zone and place, and nothing of the user", async () => {
    const world = makeBuildWorld({ memory: true });
    process.env.STORE_TEST_LEAK = "leaked";
    onTestFinished(() => void delete process.env.STORE_TEST_LEAK);
    const look = await seen(
      world,
      [
        "env | grep -v '^dep_\\|^PATH=\\|FLAGS\\|_PATH' | sort > env",
        "(id -u; id -un; hostname; umask) > who",
        "date -d @0 +%H:%M:%S%Z > zone",
        "ls -A /build > build; ls / > root; ls /home /root > homes 2>&1 || true",
        'ls "$(dirname "$out")" > store',
        "ls /sys/class/net > net 2>&1 || true; cat /proc/net/dev | grep : | cut -d: -f1 | tr -d ' ' > devices",
        "ps -e 2>/dev/null | wc -l > processes || true; ls -d /proc/[0-9]* | wc -l > pids",
      ].join("\n"),
    );
    expect(look.env?.split("\n")).toEqual(
      expect.arrayContaining([
        "HOME=/homeless",
        "LC_ALL=C.UTF-8",
        "LOGNAME=build",
        "SOURCE_DATE_EPOCH=315532800",
        "TZ=UTC",
        "USER=build",
        "name=look",
        "src=/source",
        "version=1",
      ]),
    );
    expect(look.env).not.toMatch(/leaked|tester|STORE_/);
    expect(look.who?.split("\n")).toEqual(["1000", "build", "localhost", "0022"]);
    expect(look.zone).toBe("00:00:00UTC");
    expect(look.build).toBe("");
    expect(look.root?.split("\n")).not.toEqual(expect.arrayContaining(["home"]));
    expect(look.homes).not.toMatch(/^\w+$/m);
    expect(look.store?.split("\n").map((name) => name.slice(33))).toEqual(["look-1", "liba-1.0"]);
    expect(look.devices).toBe("lo");
    expect(Number(look.pids)).toBeLessThan(10);
  });

  it("in a file only what it writes there, also where commands fail after `set +e`", async () => {
    const look = await seen(makeBuildWorld({ memory: true }), "set +e\n{ echo first; false; echo last; } > told");
    expect(look.told).toBe("first\nlast");
  });

  it("its own phases in one fixed world: the build directory is /build, the output the zero name", async () => {
    const world = makeBuildWorld({ memory: true });
    const look = await seen(
      world,
      'echo "$out" | tr 0/ Z: > out; (cd /build; pwd) > build; echo $dep_liba | cut -c-48 | tr / : > dep',
    );
    expect(look.out).toMatch(/^:store:pkgs_+:Z{32}-look-1$/);
    expect(look.dep).toBe(":store:pkgs_____________________________________");
    expect(look.build).toBe("/build");
  });
});

describe.runIf(hasSandbox)("a hostile build", () => {
  let world: BuildWorld;
  const run = async (tries: string) => {
    world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built, warnings, notes } = await world.build(store, `hostile tries=${tries}`);
    return { store, path: (built[0] as BuiltPackage).path, built: built[0] as BuiltPackage, warnings, notes };
  };

  it("cannot write outside of its output and build directory", async () => {
    await run("outside");
    expect(existsSync("/usr/intruder")).toBe(false);
  });

  it("has no network, not even to this machine", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    world = makeBuildWorld({ memory: true });
    world.edit("hostile/recipe.yaml", "127.0.0.1/9", `127.0.0.1/${port}`);
    const { built } = await world.build(await world.buildStore(), "hostile tries=network");
    expect(built.length).toBe(1);
    // The same script reaches the server when nothing holds it back.
    const open = await world.failure(await world.buildStore("open"), "hostile tries=network", { sandbox: "off" });
    expect(open.error.details.exitCode).toBe(9);
  });

  it("has no home and sees no directory of the host's users", async () => {
    const { path } = await run("home");
    expect(readFileSync(join(path, "root"), "utf8").split("\n")).not.toEqual(expect.arrayContaining(["home"]));
  });

  it("leaves no process behind, and its output does not change any more", async () => {
    const { path } = await run("background");
    expect(commandLines().filter((line) => line.includes("grows") && !line.includes("vitest"))).toEqual([]);
    const size = statSync(join(path, "grows")).size;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(statSync(join(path, "grows")).size).toBe(size);
  });

  it("cannot make anything setuid or writable", async () => {
    const { path } = await run("setuid");
    expect(lstatSync(join(path, "true")).mode & 0o7777).toBe(0o555);
    expect(lstatSync(path).mode & 0o7777).toBe(0o555);
  });

  it("cannot link what it was given into its output", async () => {
    const { path, store } = await run("link-input");
    const liba = readdirSync(store.layout.storeDir).find((name) => name.endsWith("-liba-1.0")) as string;
    const words = join(store.layout.storeDir, liba, "share/liba/words");
    expect(statSync(join(path, "words")).ino).toBe(statSync(words).ino);
    // They are one because the pool holds equal files once, in the store's own inodes.
    expect(statSync(words).nlink).toBe(readdirSync(store.layout.twins).length + 3);
  });

  it("may have names of any bytes", async () => {
    const { path } = await run("names");
    expect([...readTree(path).keys()].sort()).toEqual(["", "-rf", "__proto__", "line\nbreak", "\xff\x01"].sort());
  });

  it.each(["auto", "off"] as const)("cannot hand over a link instead of a directory; sandbox %s", async (sandbox) => {
    world = makeBuildWorld({ memory: true });
    // Never a directory of the host: what it leads to would be taken for the output if this went wrong.
    const victim = world.tree({ file: "mine" });
    world.recipe("link", `build: script\nphases: {install: 'ln -s ${victim} "$out"'}\n`);
    const before = readTree(victim);
    const { error } = await world.failure(await world.buildStore(), "link", { sandbox });
    expect([error.code, error.message]).toEqual(["BUILD_FAILED", expect.stringContaining("is no directory")]);
    expect(readTree(victim)).toEqual(before);
  });

  it("cannot make the unpacking of manual pages write through a link", async () => {
    const { path } = await run("link-page");
    expect(existsSync("/tmp/stolen")).toBe(false);
    expect(readFileSync(join(path, "share/man/man1/page.1"), "utf8")).toBe("page\n");
  });

  it.each([
    ["fifo", /hostile@1.0.*pipe/s],
    ["deep", /hostile@1.0.* installed what cannot be stored: d\/d\/.*… lies 513 directories deep/],
  ])("fails with what cannot be stored, and leaves nothing of it: %s", async (tries, message) => {
    world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { error } = await world.failure(store, `hostile tries=${tries}`);
    expect([error.code, error.message]).toEqual(["BUILD_FAILED", expect.stringMatching(message)]);
    expect(readdirSync(store.layout.storeDir).map((name) => name.slice(33))).toEqual(["liba-1.0"]);
    expect(readdirSync(store.layout.temporary)).toEqual([]);
  });

  it("is told of when it mentions the build directory, and only then", async () => {
    const { warnings, notes } = await run("mention");
    expect(notes).toEqual([expect.stringMatching(/hostile@1.0.* mentions the build directory \(\/build\) in where$/)]);
    expect(warnings).toEqual([]);
  });
});

describe("hard links without a sandbox", () => {
  it("become files of their own: what they led to stays as it was", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built } = await world.build(store, ["liba", "hostile tries=link-input"], { sandbox: "off" });
    const words = built.map(({ path }, index) => join(path, index === 0 ? "share/liba/words" : "words"));
    expect(words.map((path) => readFileSync(path, "utf8"))).toEqual(["hello\n", "hello\n"]);
    world.recipe(
      "links",
      `build: script\nphases:\n  install: |\n    mkdir "$out"\n    ln ${world.directory}/mine "$out/mine"\n`,
    );
    const file = join(world.directory, "mine");
    world.tree({ mine: "mine" }, world.directory);
    const before = statSync(file);
    await world.build(store, "links", { sandbox: "off" });
    const after = statSync(file);
    expect([after.mode, after.mtimeMs, after.nlink]).toEqual([before.mode, before.mtimeMs, 1]);
  });
});

const noAttributes = whyNoAttributes();
if (noAttributes !== undefined) process.stderr.write(`SKIPPED: builds below a list of access: ${noAttributes}\n`);

describe.runIf(hasSandbox && noAttributes === undefined)("below a directory that hands down who may do what", () => {
  it.each(["auto", "off"] as const)("sources can be copied as they are; sandbox %s", async (sandbox) => {
    const world = makeBuildWorld();
    expect(setAttribute("system.posix_acl_default", LISTS.named, world.directory)).toBe(true);
    const { built } = await world.build(await world.buildStore(), "liba", { sandbox });
    expect(built[0]?.built).toBe(true);
  });
});

describe("without bubblewrap", () => {
  /** A store whose user has a bubblewrap that does not work. */
  const broken = async (world: BuildWorld, complaint = "bwrap: No permissions to create new namespace") => {
    const bin = world.tree({ bwrap: { exec: `#!/bin/sh\necho '${complaint}' >&2\nexit 1\n` } });
    return world.buildStore("s", { PATH: `${bin}:${process.env.PATH}` });
  };

  it("--sandbox=required refuses, and builds nothing", async () => {
    const world = makeBuildWorld({ memory: true });
    const { error, started } = await world.failure(await broken(world), "tree", { sandbox: "required" });
    expect(error).toMatchObject({ code: "UNSUPPORTED", message: expect.stringContaining("there is no sandbox here") });
    expect([started, error.hint !== undefined]).toEqual([[], true]);
  });

  it("auto warns once, records it, and the objects are right all the same", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await broken(world);
    const { built, warnings } = await world.build(store, ["selfish", "tree", "liba"]);
    expect(warnings).toEqual([expect.stringMatching(/^builds run without a sandbox: /)]);
    for (const { key, baseName } of built) {
      expect(findBuild(store, key)?.sandboxed).toBe(false);
      expect(readManifest(store, baseName).origin).toMatchObject({ kind: "build", sandboxed: false });
    }
    const [{ path }] = built as readonly [BuiltPackage];
    expect(readFileSync(join(path, "share/text"), "utf8")).toBe(`${path}\n`);
  });

  it("auto builds nothing where it is no property of the system that it does not work", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await broken(world, "bash: line 1: echo: write error: No space left on device");
    const { error, started } = await world.failure(store, "tree");
    expect([error.code, started]).toEqual(["NO_SPACE", []]);
    expect((await world.build(store, "tree", { sandbox: "off" })).warnings).toEqual([]);
  });

  it.runIf(hasSandbox)("what was built does not do where a sandbox is required", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built, warnings } = await world.build(store, "selfish", { sandbox: "off" });
    expect(warnings).toEqual([]);
    const key = (built[0] as BuiltPackage).key;
    const required = await world.build(store, "selfish", { sandbox: "required" });
    expect([required.started, findBuild(store, key)?.sandboxed]).toEqual([["selfish@1.0"], true]);
    expect((await world.build(store, "selfish")).started).toEqual([]);
  });
});

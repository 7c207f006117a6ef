import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { findInPath } from "../../../src/build/sandbox/host-toolchain.ts";
import { build } from "../../../src/operations/building/build.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { needPrograms, skipTest } from "../../helpers/archives.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { keepDirectory } from "../../helpers/kept-world.ts";
import { makeSageTrees, type SageTrees, sageTreesIn } from "../../helpers/sage-trees.ts";
import { fakeContext, makeWorld, type World } from "../../helpers/worlds.ts";

let store: Store;
let trees: SageTrees;

beforeEach(() => needPrograms("cc", "make", "tar", "patch"));

async function withNothing(): Promise<World> {
  const world = makeWorld();
  trees = makeSageTrees(world.directory);
  store = await openIn(world);
  return world;
}

const kept = keepDirectory();

/** A store where `tool` and all that it needs is built. */
async function withTool(): Promise<void> {
  const directory = kept.again();
  if (directory !== undefined) {
    trees = sageTreesIn(directory);
    store = await openIn(makeWorld({ directory }));
    return;
  }
  const world = await withNothing();
  await run(["tool"]);
  kept.keep(world.directory);
}

function openIn(world: World): Promise<Store> {
  return world.store("s", { context: fakeContext({ env: { PATH: process.env.PATH ?? "" } }) });
}

interface Ran {
  /** Output by name. */
  readonly paths: Readonly<Record<string, string>>;
  /** Names of what was built now. */
  readonly built: readonly string[];
}

async function run(specs: readonly string[], recipes: readonly string[] = [`sage:${trees.tree}`]): Promise<Ran> {
  const built: string[] = [];
  const results = await build(
    store,
    { specs, recipes, cwd: "/" },
    {
      onEvent: (event) => {
        if (event.kind === "building" && event.event.kind === "started") built.push(event.event.id.replace(/@.*/, ""));
      },
    },
  );
  return { paths: Object.fromEntries(results.map(({ name, path }) => [name, path])), built: built.sort() };
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
}

test("packages build in a prefix that looks shared, and keep only what is their own", async () => {
  await withNothing();
  const { paths, built } = await run(["tool", "calc", "base", "notes"]);
  expect(built).toEqual(["base", "calc", "notes", "tool"]);
  expect(filesIn(paths.base as string)).toEqual([
    "include",
    "include/base.h",
    "lib",
    "lib/base.note",
    "lib/libbase.so",
    "share",
    "share/info",
  ]);
  expect(filesIn(paths.calc as string)).toEqual([
    "include",
    "include/calc.h",
    "lib",
    "lib/libcalc.so",
    "share",
    "share/info",
  ]);
  expect(filesIn(paths.tool as string)).toEqual([
    "bin",
    "bin/tool",
    "share",
    "share/tool",
    "share/tool/first-run.txt",
    "share/tool/preinst.txt",
    "share/tool/shouted.txt",
    "share/tool/words.txt",
  ]);
  const text = (name: string): string => readFileSync(join(paths.tool as string, "share/tool", name), "utf8");
  expect(text("shouted.txt")).toBe("INSTALLED 0.3\n");
  expect(text("words.txt")).toBe("alpha\nbeta\n");
  expect(text("first-run.txt")).toBe("42\n");
});

test("libtool's archives go, and links to them", async () => {
  await withNothing();
  const script = join(trees.tree, "build/pkgs/base/spkg-install.in");
  appendFileSync(script, 'cd "$SAGE_DESTDIR_LOCAL/lib"; mv libbase.la libbase1.la; ln -s libbase1.la libbase.la\n');
  const { paths } = await run(["base"]);
  expect(readdirSync(join(paths.base as string, "lib")).sort()).toEqual(["base.note", "libbase.so"]);
});

test("a program finds its libraries at their own store paths", async () => {
  await withTool();
  const { paths } = await run(["tool", "calc", "base"]);
  const program = join(paths.tool as string, "bin/tool");
  expect(execFileSync(program, { env: {} }).toString()).toBe("42\n");
  const linked = execFileSync("ldd", [program]).toString();
  expect(linked).toContain(`${paths.calc}/lib/libcalc.so`);
  expect(linked).toContain(`${paths.base}/lib/libbase.so`);
});

test("an overlay gives another version, and only what depends on it is built again", async () => {
  await withTool();
  const before = await run(["tool", "calc"]);
  const after = await run(["tool", "calc"], [`sage:${trees.overlay}`, `sage:${trees.tree}`]);
  expect(after.built).toEqual(["calc", "tool"]);
  expect(after.paths.calc).toMatch(/-calc-1\.1$/);
  expect(before.paths.calc).toMatch(/-calc-1\.0\.p2$/);
  expect(execFileSync("ldd", [join(before.paths.tool as string, "bin/tool")]).toString()).toContain(before.paths.calc);
  expect(execFileSync("ldd", [join(after.paths.tool as string, "bin/tool")]).toString()).toContain(after.paths.calc);
});

test("a changed script builds its package again, and what depends on it only when the result is another", async () => {
  await withTool();
  const before = await run(["tool", "calc"]);
  appendFileSync(join(trees.tree, "build/pkgs/calc/spkg-install.in"), "\n# A remark.\n");
  expect(await run(["tool", "calc"])).toEqual({ paths: before.paths, built: ["calc"] });
  appendFileSync(join(trees.tree, "build/pkgs/base/SPKG.rst"), "About base.\n");
  expect((await run(["tool"])).built).toEqual([]);
});

test("a change of what must only be there first rebuilds that alone", async () => {
  await withTool();
  await run(["tool"]);
  const script = join(trees.tree, "build/pkgs/notes/spkg-install.in");
  writeFileSync(script, `${readFileSync(script, "utf8")}sdh_install src/words.txt "$SAGE_LOCAL/share/more"\n`);
  expect((await run(["tool"])).built).toEqual(["notes"]);
});

test("the option check runs the test suite, with what only that needs", async () => {
  await withTool();
  expect((await run(["tool+check"])).built).toEqual(["judge", "tool"]);
  writeFileSync(join(trees.tree, "build/pkgs/tool/spkg-check.in"), 'sdh_die "the tool is wrong"\n');
  const error = await caughtAsync(run(["tool+check"]));
  expect(error).toMatchObject({ code: "BUILD_FAILED" });
  expect((error as Error).message).toContain("the tool is wrong");
});

test("a script without .in is run by what its first line names", async () => {
  await withNothing();
  const script = join(trees.tree, "build/pkgs/judge/spkg-install");
  const install = 'mkdir -p "$SAGE_LOCAL/share"; echo "$BASH_VERSION" > "$SAGE_LOCAL/share/by"\n';
  const by = async (text: string) => {
    writeFileSync(script, text);
    return readFileSync(join((await run(["judge"])).paths.judge as string, "share/by"), "utf8");
  };
  expect(
    await by(`#!/usr/bin/perl\nsystem(q(mkdir -p "$SAGE_LOCAL/share"; echo "perl $]" > "$SAGE_LOCAL/share/by"))\n`),
  ).toMatch(/^perl/);
  expect(await by(install)).toMatch(/^\d/);
  writeFileSync(script, `#!/bin/no-such-shell\n${install}`);
  const error = (await caughtAsync(run(["judge"]))) as Error;
  expect(error).toMatchObject({ code: "BUILD_FAILED" });
  expect(error.message).toContain("/bin/no-such-shell");
});

test("a patch that does not fit fails the build", async () => {
  await withTool();
  writeFileSync(
    join(trees.tree, "build/pkgs/tool/patches/other.patch"),
    "--- a/gone.c\n+++ b/gone.c\n@@ -1 +1 @@\n-a\n+b\n",
  );
  expect(await caughtAsync(run(["tool"]))).toMatchObject({ code: "BUILD_FAILED" });
});

test("a patch that the sources have already fails the build, and takes nothing out", async () => {
  await withTool();
  const patches = join(trees.tree, "build/pkgs/tool/patches");
  for (const name of readdirSync(patches)) copyFileSync(join(patches, name), join(patches, `again-${name}`));
  const error = (await caughtAsync(run(["tool"]))) as Error;
  expect(error).toMatchObject({ code: "BUILD_FAILED" });
  expect(error.message).toMatch(/the sources seem to have it already: patches\/.+\.patch$/m);
});

test("a tarball with another content than the checksum is not used", async () => {
  await withNothing();
  writeFileSync(join(trees.tree, "upstream/base-1.0.tar.gz"), "something else");
  expect(await caughtAsync(run(["base"]))).toMatchObject({ code: "INTEGRITY" });
});

test("a pure wheel and a Python sdist install, and find each other", async () => {
  await withNothing();
  needPip();
  const { paths, built } = await run(["shout", "sums"]);
  expect(built).toEqual(["python3", "shout", "sums", "wheelwright"]);
  const [version] = readdirSync(join(paths.sums as string, "lib")).filter((name) => name.startsWith("python3"));
  const site = (name: string): string => join(paths[name] as string, `lib/${version}/site-packages`);
  expect(readdirSync(site("sums"))).toEqual(expect.arrayContaining(["sums", "sums-1.1.dist-info"]));
  expect(readdirSync(site("shout"))).toEqual(expect.arrayContaining(["shout.py", "shout-1.0.dist-info"]));
  expect(existsSync(join(site("shout"), "sums"))).toBe(false);
  const env = { PYTHONPATH: `${site("shout")}:${site("sums")}` };
  expect(execFileSync("/usr/bin/python3", [join(paths.shout as string, "bin/shout")], { env }).toString()).toBe(
    "THE SUM IS 3!\n",
  );
  expect(execFileSync("/usr/bin/python3", [join(paths.sums as string, "bin/sums")], { env }).toString()).toBe("42\n");
});

test("Python counts for what is installed into its directories, also behind the bar", async () => {
  await withNothing();
  needPip();
  await run(["sums"]);
  appendFileSync(join(trees.tree, "build/pkgs/python3/spkg-install"), 'echo new > "$SAGE_LOCAL/release"\n');
  const { built } = await run(["sums"]);
  expect(built).toContain("sums");
});

/** Skips the test where the system's Python cannot build and install packages. */
function needPip(): void {
  if (findInPath("python3", "/usr/bin") === undefined) skipTest("there is no /usr/bin/python3");
  try {
    execFileSync("/usr/bin/python3", ["-c", "import setuptools, wheel, pip"], { stdio: "ignore" });
  } catch {
    skipTest("/usr/bin/python3 has no pip, setuptools and wheel");
  }
}

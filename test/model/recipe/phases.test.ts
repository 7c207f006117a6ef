import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { renderText } from "../../../src/model/recipe/fill-template.ts";
import { resolveRecipe } from "../../../src/model/recipe/resolve-recipe.ts";
import type { ResolvedRecipe } from "../../../src/model/recipe/resolved-recipe.ts";
import { shellQuote } from "../../../src/model/recipe/shell-quote.ts";
import { type BuildSystem, PHASES, type Phase } from "../../../src/model/recipe.ts";
import { recipeOf, SOME_INTEGRITY } from "../../helpers/recipe-text.ts";

let top: string;
const at = (name: string): string => join(top, name);

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "phases test-"));
  for (const name of ["src/.patches", "build", "tree"]) mkdirSync(at(name), { recursive: true });
});

afterEach(() => {
  execFileSync("chmod", ["-R", "u+w", top]);
  rmSync(top, { recursive: true, force: true });
});

function write(name: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content, { mode });
}

function pack(archive: string, flag: string, directory = "tree"): void {
  execFileSync("tar", [flag, at(`src/${archive}`), "-C", at(directory), ...readdirSync(at(directory))]);
}

function resolve(text: string, check = false): ResolvedRecipe {
  const recipe = recipeOf(`name: x\nversion: 1.0\n${text.replaceAll("INTEGRITY", SOME_INTEGRITY)}`);
  return resolveRecipe(recipe, { platform: { os: "linux", arch: "x86_64" }, check });
}

/** Runs the phases as a build does: `bash -eu` in the build directory, the environment cleared. */
function run(resolved: ResolvedRecipe, phases: readonly Phase[] = PHASES, more: Record<string, string> = {}): void {
  for (const phase of phases) {
    const text = resolved.phases[phase];
    if (text === undefined) continue;
    const script = renderText(text, { output: at("out"), dependencies: new Map() });
    const env = {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: at("home"),
      out: at("out"),
      src: at("src"),
      name: "x",
      jobs: "2",
      ...more,
    };
    const { status, stderr, stdout } = spawnSync("bash", ["--norc", "-eu", "-c", script], {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: at("build"),
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${phase}: ${stdout}${stderr}`);
  }
}

function listing(directory: string): readonly string[] {
  const output = execFileSync("find", [".", "-mindepth", "1", "-printf", "%y %P\n"], {
    cwd: at(directory),
    encoding: "utf8",
  });
  return output.split("\n").filter(Boolean).sort();
}

/** Exits with 0 when the three are there; importing pip and setuptools into one interpreter would not work. */
const HAS_PIP =
  "from importlib.util import find_spec as find; raise SystemExit(not all(map(find, ('pip', 'setuptools', 'wheel'))))";

const hasCommand = (name: string): boolean => spawnSync("bash", ["-c", `command -v ${name}`]).status === 0;

describe("the unpack phase", () => {
  const fetched = (name: string, rest = ""): string =>
    `build: copy\nsources: [{url: 'https://x.org/${name}', integrity: ${SOME_INTEGRITY}${rest}}]`;

  test("strips a directory that stands alone", () => {
    write("tree/x-1.0/a", "a");
    write("tree/x-1.0/.hidden", "h");
    write("tree/x-1.0/sub/b", "b");
    symlinkSync("a", at("tree/x-1.0/link"));
    pack("x.tar.gz", "-czf");
    run(resolve(fetched("x.tar.gz")), ["unpack"]);
    expect(listing("build")).toEqual(["d sub", "f .hidden", "f a", "f sub/b", "l link"]);
  });

  test.each([
    ["", ["d a", "f a/x", "f b"]],
    [", strip: 0", ["d a", "f a/x", "f b"]],
    [", strip: 1", ["f x"]],
    [", strip: 2", []],
    [", to: deep/er", ["d deep", "d deep/er", "d deep/er/a", "f deep/er/a/x", "f deep/er/b"]],
    [", unpack: false", ["f x.tar"]],
  ])("of two things at the top%s", (rest, expected) => {
    write("tree/a/x", "x");
    write("tree/b", "b");
    pack("x.tar", "-cf");
    run(resolve(fetched("x.tar", rest)), ["unpack"]);
    expect(listing("build")).toEqual(expected);
  });

  test("takes a lone link or file for content", () => {
    // A directory of the test's own: what follows such a link moves away what it finds there.
    write("elsewhere/kept", "k");
    mkdirSync(at("tree"), { recursive: true });
    symlinkSync(at("elsewhere"), at("tree/lone"));
    pack("x.tar", "-cf");
    run(resolve(fetched("x.tar")), ["unpack"]);
    expect(listing("build")).toEqual(["l lone"]);
    expect(existsSync(at("elsewhere/kept"))).toBe(true);
  });

  test("makes everything writable, also directories that were not", () => {
    write("tree/x/sub/a", "a", 0o444);
    chmodSync(at("tree/x/sub"), 0o555);
    chmodSync(at("tree/x"), 0o555);
    pack("x.tar", "-cf");
    chmodSync(at("tree/x"), 0o755);
    run(resolve(fetched("x.tar")), ["unpack"]);
    for (const name of ["build/sub", "build/sub/a"]) expect(lstatSync(at(name)).mode & 0o200).toBe(0o200);
  });

  test("merges several sources, with names that a shell would split", () => {
    write("tree/x/sub/a", "a");
    pack("x.tar", "-cf");
    write("src/it's b/sub/b", "b");
    write("src/plain $file", "p");
    const sources = `[{url: 'https://x.org/x.tar', integrity: ${SOME_INTEGRITY}}, {path: "it's b"}, {path: "plain $file", to: "d e"}]`;
    run(resolve(`build: copy\nsources: ${sources}`), ["unpack"]);
    expect(listing("build")).toEqual(["d d e", "d sub", "f d e/plain $file", "f sub/a", "f sub/b"]);
  });

  test("merges an archive into a directory that is there", () => {
    write("tree/x/sub/a", "new");
    pack("x.tar", "-cf");
    write("src/first/sub/a", "old");
    write("src/first/sub/b", "b");
    const sources = `[{path: first}, {url: 'https://x.org/x.tar', integrity: ${SOME_INTEGRITY}}]`;
    run(resolve(`build: copy\nsources: ${sources}`), ["unpack"]);
    expect(listing("build")).toEqual(["d sub", "f sub/a", "f sub/b"]);
    expect(readFileSync(at("build/sub/a"), "utf8")).toBe("new");
  });

  test("unpacks zip archives", ({ skip }) => {
    if (!hasCommand("unzip") || !hasCommand("python3")) skip("there is no unzip or python3 here");
    write("tree/x/a", "a");
    execFileSync("python3", ["-m", "zipfile", "-c", at("src/x.zip"), "x"], { cwd: at("tree") });
    run(resolve(fetched("x.zip")), ["unpack"]);
    expect(listing("build")).toEqual(["f a"]);
  });

  test("fails on an archive that is broken", () => {
    write("src/x.tar.gz", "not an archive");
    expect(() => run(resolve(fetched("x.tar.gz")), ["unpack"])).toThrowError(/unpack:/);
  });
});

describe("the patch phase", () => {
  const diff = (name: string, from: string, to: string): string =>
    `--- a/${name}\n+++ b/${name}\n@@ -1 +1 @@\n-${from}\n+${to}\n`;

  test("applies patches in order, with their strip", () => {
    write("build/file", "one\n");
    write("src/.patches/0001-a.patch", diff("file", "one", "two"));
    write("src/.patches/0002-b.patch", diff("file", "two", "three").replaceAll(/[ab]\/file/g, "file"));
    run(resolve("build: copy\npatches: [a.patch, {file: b.patch, strip: 0}]"), ["patch"]);
    expect(readFileSync(at("build/file"), "utf8")).toBe("three\n");
    expect(listing("build")).toEqual(["f file"]);
  });

  test("fails when a patch does not fit", () => {
    write("build/file", "other\n");
    write("src/.patches/0001-a.patch", diff("file", "one", "two"));
    expect(() => run(resolve("build: copy\npatches: [a.patch]"), ["patch"])).toThrowError(/patch:/);
  });
});

describe("the phases of", () => {
  test("autotools run configure with the arguments, then make", () => {
    write("build/configure", '#!/bin/sh\nprintf "%s\\n" "$@" > args\necho "$1" | sed s/--prefix=// > prefix\n', 0o755);
    write(
      "build/Makefile",
      `all:\n\techo "$(FLAG) $(MAKEFLAGS)" > built\ncheck:\n\ttouch checked\ninstall:\n\tmkdir -p "$$(cat prefix)"\n\tcp args built checked "$$(cat prefix)"\n`,
    );
    run(resolve('build: autotools\nconfigure: ["a b", "--x={{out}}/$y"]\nmake: ["FLAG=it is"]', true));
    expect(readFileSync(at("out/args"), "utf8")).toBe(`--prefix=${at("out")}\na b\n--x=${at("out")}/$y\n`);
    expect(readFileSync(at("out/built"), "utf8")).toMatch(/^it is .*-j2/);
    expect(existsSync(at("out/checked"))).toBe(true);
  });

  test("make leave MAKEFLAGS alone when there is a jobserver", () => {
    write(
      "build/Makefile",
      `all:\n\techo "$(PREFIX) $(MAKEFLAGS)" > built\ninstall:\n\tmkdir -p "$(prefix)"\n\tcp built "$(prefix)"\n`,
    );
    run(resolve("build: make"), PHASES, { MAKEFLAGS: "--no-print-directory" });
    const built = readFileSync(at("out/built"), "utf8");
    expect(built.startsWith(`${at("out")} `)).toBe(true);
    expect(built).toContain("--no-print-directory");
    expect(built).not.toContain("-j2");
  });

  test("copy take everything", () => {
    write("build/.hidden/a", "a");
    write("build/bin/tool", "x", 0o755);
    symlinkSync("tool", at("build/bin/link"));
    run(resolve("build: copy"));
    expect(listing("out")).toEqual(["d .hidden", "d bin", "f .hidden/a", "f bin/tool", "l bin/link"]);
    expect(lstatSync(at("out/bin/tool")).mode & 0o111).toBe(0o111);
  });

  test("script are those of the recipe", () => {
    run(resolve('build: script\nphases:\n  install: |\n    mkdir -p "{{out}}"\n    echo {{version}} > "$out/v"\n'));
    expect(readFileSync(at("out/v"), "utf8")).toBe("1.0\n");
  });

  test("cmake build out of the tree and install", ({ skip }) => {
    if (!hasCommand("cmake") || !hasCommand("cc") || !hasCommand("make")) skip("there is no cmake or compiler here");
    cpSync("fixtures/recipes-builds/cmake", at("build"), { recursive: true });
    run(resolve('build: cmake\nconfigure: ["-DGREETING=hello there"]', true));
    expect(execFileSync(at("out/bin/greet"), { encoding: "utf8" })).toBe("hello there\n");
    expect(existsSync(at("out/lib"))).toBe(true);
  });

  test("meson build out of the tree and install", ({ skip }) => {
    if (!hasCommand("meson") || !hasCommand("ninja") || !hasCommand("cc")) skip("there is no meson or compiler here");
    cpSync("fixtures/recipes-builds/meson", at("build"), { recursive: true });
    run(resolve('build: meson\nconfigure: ["-Dgreeting=hello there"]', true));
    expect(execFileSync(at("out/bin/greet"), { encoding: "utf8" })).toBe("hello there\n");
  });

  const hasPip = spawnSync("/usr/bin/python3", ["-c", HAS_PIP]).status === 0;

  test("python build a wheel and install it into site-packages", ({ skip }) => {
    if (!hasPip) skip("there is no python3 with pip, setuptools and wheel here");
    cpSync("fixtures/recipes-builds/python", at("build"), { recursive: true });
    run(resolve("build: python"), PHASES, { PATH: "/usr/bin:/bin" });
    const names = listing("out");
    expect(names.some((name) => /^f lib\/python3\.\d+\/site-packages\/greet\/__init__\.py$/.test(name))).toBe(true);
    expect(names).toContain("f bin/greet");
    expect(names.some((name) => /direct_url|__pycache__|dist-packages|^d local/.test(name))).toBe(false);
    expect(execFileSync(at("out/bin/greet"), { env: {}, encoding: "utf8" })).toBe("hello\n");
    const mentions = spawnSync("grep", ["-rl", at("build"), at("out")], { encoding: "utf8" });
    expect(mentions.stdout).toBe("");
  });

  test("python install a wheel that is a source", ({ skip }) => {
    if (!hasPip) skip("there is no python3 with pip, setuptools and wheel here");
    cpSync("fixtures/recipes-builds/python", at("tree"), { recursive: true });
    const made = spawnSync(
      "/usr/bin/python3",
      ["-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", at("src"), at("tree")],
      { encoding: "utf8" },
    );
    const [wheel = ""] = readdirSync(at("src")).filter((name) => name.endsWith(".whl"));
    expect([made.stderr, wheel]).toEqual([expect.anything(), "greet-1.0-py3-none-any.whl"]);
    run(resolve(`build: python\nsources: [{url: 'https://x.org/${wheel}', integrity: INTEGRITY}]`), PHASES, {
      PATH: "/usr/bin:/bin",
    });
    expect(listing("out").some((name) => name.endsWith("/site-packages/greet/__init__.py"))).toBe(true);
  });
});

describe("every phase", () => {
  const systems: readonly BuildSystem[] = ["autotools", "cmake", "meson", "make", "python", "copy"];

  test.each(systems)("of %s is a script that bash can read", (system) => {
    const resolved = resolve(
      `build: ${system}\nsources: [{path: a}, {url: 'https://x.org/b.tar', integrity: INTEGRITY}]\npatches: [p]`,
      true,
    );
    expect(Object.keys(resolved.phases)).toContain("install");
    for (const text of Object.values(resolved.phases)) {
      const script = renderText(text, { output: "/out", dependencies: new Map() });
      const { status, stderr } = spawnSync("bash", ["-n", "-c", script], { encoding: "utf8" });
      expect([script, status, stderr]).toEqual([script, 0, ""]);
    }
  });
});

describe("shellQuote", () => {
  test.each(["plain", "", "a b", "it's", "$x `y` \\", "a\nb", '"', "*", "~", "-n", "é"])(
    "makes one word of '%s'",
    (text) => {
      expect(execFileSync("bash", ["-c", `printf %s ${shellQuote(text)}`], { encoding: "utf8" })).toBe(text);
    },
  );
});

import { describe, expect, test } from "vitest";
import { StoreError } from "../../../src/errors.ts";
import { renderText } from "../../../src/model/recipe/fill-template.ts";
import type { Finding } from "../../../src/model/recipe/finding.ts";
import { type ResolveOptions, resolveRecipe } from "../../../src/model/recipe/resolve-recipe.ts";
import type { ResolvedRecipe } from "../../../src/model/recipe/resolved-recipe.ts";
import { recipeOf, SOME_INTEGRITY } from "../../helpers/recipe-text.ts";

const linux = { os: "linux", arch: "x86_64" } as const;
const darwin = { os: "darwin", arch: "aarch64" } as const;

function resolve(text: string, options: Partial<ResolveOptions> = {}): ResolvedRecipe {
  return resolveRecipe(recipeOf(`name: x\nversion: 4.2.0\n${text}`), { platform: linux, ...options });
}

function findingsOf(run: () => unknown): readonly Finding[] {
  try {
    run();
  } catch (error) {
    if (error instanceof StoreError && error.code === "INVALID_RECIPE") return error.details.findings as Finding[];
    throw error;
  }
  return [];
}

function text(resolved: ResolvedRecipe, phase: keyof ResolvedRecipe["phases"]): string | undefined {
  const parts = resolved.phases[phase];
  const paths = { output: "/store/out", dependencies: new Map([["gmp", "/store/gmp"]]) };
  return parts && renderText(parts, paths);
}

describe("resolveRecipe", () => {
  test("is plain data that says everything", () => {
    const resolved = resolve(`
summary: a thing
license: MIT
homepage: https://x.org
metadata: {tier: 1, draft: true}
sources: [{url: "https://x.org/{{version.majorMinor}}/x-{{version}}.tar.xz", integrity: "${SOME_INTEGRITY}"}]
dependencies: {build: [m4], link: ["gmp@>=6+static"]}
build: autotools
configure: ["--with-gmp={{deps.gmp}}"]
env: {CFLAGS: -O2}
references: {disallow: [m4]}
addressing: input
timeout: 1h30m
silentTimeout: 90
`);
    expect(JSON.parse(JSON.stringify(resolved))).toEqual(resolved);
    expect(resolved).toMatchObject({
      name: "x",
      version: "4.2.0",
      summary: "a thing",
      license: "MIT",
      homepage: "https://x.org",
      metadata: { tier: "1", draft: "true" },
      platform: linux,
      options: {},
      sources: [
        {
          kind: "fetched",
          urls: ["https://x.org/4.2/x-4.2.0.tar.xz"],
          integrity: SOME_INTEGRITY,
          fileName: "x-4.2.0.tar.xz",
          to: "",
          unpack: true,
        },
      ],
      dependencies: [
        { name: "m4", kinds: ["build"], ranges: [], options: {} },
        { name: "gmp", kinds: ["link"], ranges: [[[{ operator: ">=", version: "6" }]]], options: { static: true } },
      ],
      env: { CFLAGS: [{ kind: "text", text: "-O2" }] },
      references: { disallow: ["m4"] },
      addressing: "input",
      timeout: 5400,
      silentTimeout: 90,
    });
    expect(text(resolved, "configure")).toContain(`./configure --prefix="$out" --with-gmp="$dep_gmp"\n`);
    expect(resolved.references).not.toHaveProperty("allow");
  });

  test("decides conditions on options, platform and version", () => {
    const recipe = `
options: {static: {default: false}, abi: {values: [32, 64], default: 64}}
sources:
  - {path: a, when: options.static}
  - {path: b, when: platform.os == 'darwin'}
  - {path: c, when: version < 4}
patches: [{file: p, platform: darwin}, {file: q, platform: [linux-x86_64, aarch64]}, {file: r, when: options.abi == 32}]
dependencies: {link: [{name: gmp, when: options.static}, {name: mpc, when: not options.static}]}
build: autotools
configure: [--always, {when: options.static, args: [--enable-static, --foo]}]
env: {A: {when: options.static, value: "1"}, B: "{{options.abi}}"}
`;
    const plain = resolve(recipe);
    expect(plain.sources).toEqual([]);
    expect(plain.patches.map(({ path }) => path)).toEqual(["x/q"]);
    expect(plain.dependencies.map(({ name }) => name)).toEqual(["mpc"]);
    expect(text(plain, "configure")).toMatch(/ --always\n$/);
    expect(plain.env).toEqual({ B: [{ kind: "text", text: "64" }] });

    const other = resolve(recipe, { options: { static: true, abi: "32" }, platform: darwin });
    expect(other.sources.map(({ fileName }) => fileName)).toEqual(["a", "b"]);
    expect(other.patches.map(({ path }) => path)).toEqual(["x/p", "x/q", "x/r"]);
    expect(other.patches.map(({ fileName }) => fileName)).toEqual([
      ".patches/0001-p",
      ".patches/0002-q",
      ".patches/0003-r",
    ]);
    expect(other.dependencies.map(({ name }) => name)).toEqual(["gmp"]);
    expect(text(other, "configure")).toMatch(/ --always --enable-static --foo\n$/);
    expect(other.options).toEqual({ static: true, abi: "32" });
  });

  test("expands globs in the order in which they are listed, each by name", () => {
    const files = ["x/b.patch", "x/a.patch", "x/z.diff", "other/c.patch", "x/10 %25.diff"];
    const { patches } = resolve("patches: ['*.diff', '*.patch', {file: z.diff, strip: 0}]\nbuild: copy", { files });
    expect(patches).toEqual([
      { path: "x/10 %25.diff", fileName: ".patches/0001-10__25.diff", strip: 1 },
      { path: "x/z.diff", fileName: ".patches/0002-z.diff", strip: 1 },
      { path: "x/a.patch", fileName: ".patches/0003-a.patch", strip: 1 },
      { path: "x/b.patch", fileName: ".patches/0004-b.patch", strip: 1 },
      { path: "x/z.diff", fileName: ".patches/0005-z.diff", strip: 0 },
    ]);
  });

  test("joins what several lists ask of one dependency", () => {
    const { dependencies } = resolve(
      "dependencies: {build: ['gmp@>=6+a'], link: ['gmp@<7~b', mpc], run: [gmp]}\nbuild: copy",
    );
    expect(dependencies).toEqual([
      {
        name: "gmp",
        kinds: ["build", "link", "run"],
        ranges: [[[{ operator: ">=", version: "6" }]], [[{ operator: "<", version: "7" }]]],
        options: { a: true, b: false },
      },
      { name: "mpc", kinds: ["link"], ranges: [], options: {} },
    ]);
  });

  test("has dependencies of kind check only when it is checked", () => {
    const recipe = "dependencies: {check: [dejagnu]}\nbuild: autotools\n";
    expect(resolve(recipe).dependencies).toEqual([]);
    expect(text(resolve(recipe), "check")).toBeUndefined();
    const checked = resolve(recipe, { check: true });
    expect(checked.dependencies.map(({ name }) => name)).toEqual(["dejagnu"]);
    expect(text(checked, "check")).toContain("make check");
    const own = resolve(`${recipe}phases: {check: make test}`);
    expect(own.dependencies.map(({ name }) => name)).toEqual(["dejagnu"]);
    expect(text(own, "check")).toBe("make test");
    const never = resolve(`${recipe}phases: {check: ""}`, { check: true });
    expect(never.dependencies).toEqual([]);
    expect(text(never, "check")).toBeUndefined();
  });

  test("replaces phases, and skips those that are empty", () => {
    const resolved = resolve(`
dependencies: {link: [gmp]}
build: autotools
phases:
  configure: ""
  install: "cp a {{out}}/{{name}}-{{version}} # {{deps.gmp}} {{{{x}} $out"
`);
    expect(Object.keys(resolved.phases)).toEqual(["build", "install"]);
    expect(text(resolved, "install")).toBe("cp a /store/out/x-4.2.0 # /store/gmp {{x}} $out");
    expect(resolved.phases.install?.map(({ kind }) => kind)).toEqual(["text", "output", "text", "dependency", "text"]);
  });

  test("starts the phases after patch in the directory of the recipe", () => {
    const resolved = resolve(
      "build: make\ndirectory: build/it's\nsources: [{path: a}]\npatches: [p]\nphases: {check: c}",
    );
    for (const phase of ["build", "check", "install"] as const) {
      expect(text(resolved, phase)).toMatch(/^cd '\.\/build\/it'\\''s'\n/);
    }
    expect(text(resolved, "unpack")).not.toContain("cd ");
    expect(text(resolved, "patch")).not.toContain("cd ");
  });

  test("quotes arguments, so that nothing in them reaches the shell", () => {
    const resolved = resolve(`
build: autotools
dependencies: {link: [libstdc++]}
configure: ["a b", "it's", "$HOME;rm", "", "x={{deps.libstdc++}}/lib dir", "{{out}}"]
make: [V=1, "CC=gcc -m64"]
`);
    expect(text(resolved, "configure")).toContain(
      ` 'a b' 'it'\\''s' '$HOME;rm' '' x="$dep_libstdc__"'/lib dir' "$out"\n`,
    );
    expect(text(resolved, "install")).toMatch(/make V=1 'CC=gcc -m64' install\n$/);
  });

  test.each([
    ["https://x.org/a/b-1.0.tar.gz?x=/y", "b-1.0.tar.gz"],
    ["https://x.org/a%20b.tar", "a b.tar"],
    ["https://x.org/a%2Fb.tar", "a%2Fb.tar"],
    ["https://x.org/100%.tar", "100%.tar"],
    ["file:///tmp/c.zip", "c.zip"],
    ["npm:@scope/name@1.2.3", "scope-name-1.2.3.tgz"],
    [`git+https://x.org/a/repo.git#${"0".repeat(40)}`, "repo"],
  ])("names the file of %s", (url, expected) => {
    const { sources } = resolve(`build: copy\nsources: [{url: "${url}", integrity: "${SOME_INTEGRITY}"}]`);
    expect(sources[0]?.fileName).toBe(expected);
  });

  test("finds a working tree from the recipe's file", () => {
    const recipe = recipeOf(
      "name: x\nversion: 1\nbuild: copy\nsources: [{worktree: ../../src}, {worktree: /abs/./t}]",
      "/home/u/recipes/x/recipe.yaml",
    );
    const { sources } = resolveRecipe(recipe, { platform: linux });
    expect(sources).toMatchObject([
      { kind: "worktree", path: "/home/u/src" },
      { kind: "worktree", path: "/abs/t" },
    ]);
  });

  test("refuses options that are not there and platforms that are excluded", () => {
    expect(() => resolve("build: copy", { options: { x: true } })).toThrowError(
      expect.objectContaining({ code: "INVALID_INPUT" }),
    );
    expect(() => resolve("build: copy\nplatforms: [linux-aarch64, darwin]")).toThrowError(
      expect.objectContaining({ code: "UNSUPPORTED", hint: "Its recipe is for linux-aarch64, darwin." }),
    );
    expect(resolve("build: copy\nplatforms: darwin", { platform: darwin }).platform).toEqual(darwin);
  });

  test.each([
    [
      "dependencies: {link: [{name: gmp, when: false}]}\nconfigure: ['{{deps.gmp}}']\nbuild: cmake",
      4,
      16,
      "not a dependency with these options",
    ],
    ["sources: [{url: 'https://x.org/', integrity: INTEGRITY}]\nbuild: copy", 3, 11, "give the source a fileName"],
    ["sources: [{path: a/x}, {path: b/x}]\nbuild: copy", 3, 24, "two sources are called 'x'"],
    ["sources: [{path: a, fileName: b/c}]\nbuild: copy", 3, 31, "cannot be the name of a file"],
    ["sources: [{path: a, fileName: .patches}]\nbuild: copy", 3, 31, "cannot be the name of a file"],
    ["options: {d: {default: '../..'}}\nsources: [{path: a, to: '{{options.d}}'}]\nbuild: copy", 4, 26, "leads out"],
    ["options: {d: {default: '/etc'}}\nsources: [{path: '{{options.d}}'}]\nbuild: copy", 4, 19, "leads out"],
    ["dependencies: {build: [gmp+a], link: [gmp~a]}\nbuild: copy", 3, 39, "two values of its option 'a'"],
  ])("refuses what is wrong only now: %s", (recipe, line, column, message) => {
    const run = () => resolve(recipe.replace("INTEGRITY", SOME_INTEGRITY));
    expect(findingsOf(run)).toMatchObject([{ line, column, message: expect.stringContaining(message) }]);
  });

  test("refuses files that are not there, when it is told which are", () => {
    const recipe = "sources: [{path: extra}]\npatches: ['*.patch', one.patch]\nbuild: copy";
    expect(findingsOf(() => resolve(recipe, { files: [] }))).toMatchObject([
      { line: 3, column: 18, message: expect.stringContaining("'x/extra'") },
      { line: 4, column: 12, message: expect.stringContaining("'x/*.patch'") },
      { line: 4, column: 22, message: expect.stringContaining("'x/one.patch'") },
    ]);
    expect(findingsOf(() => resolve(recipe, { files: ["x/extra/a", "x/one.patch"] }))).toEqual([]);
  });
});

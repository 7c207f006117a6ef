import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { toBytes } from "../../src/model/byte-string.ts";
import { formatFinding } from "../../src/model/recipe/finding.ts";
import { resolveRecipe } from "../../src/model/recipe/resolve-recipe.ts";
import { isFault, parseVersionRange, type VersionRange } from "../../src/model/recipe/version-range.ts";
import { checkRecipes } from "../../src/operations/building/recipes.ts";
import { openRecipes, type RecipeCollection } from "../../src/recipes/open-recipes.ts";
import { caught } from "../helpers/caught.ts";
import { SOME_INTEGRITY } from "../helpers/recipe-text.ts";

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "recipes-test-"));
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

/** Files by path; the first component of each is a directory of recipes. */
function open(files: Readonly<Record<string, string>>, directories = ["a"]): RecipeCollection {
  for (const directory of directories) mkdirSync(join(top, directory), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), content);
  }
  return openRecipes(directories.map((directory) => join(top, directory)));
}

function range(text: string): VersionRange {
  const parsed = parseVersionRange(text);
  if (isFault(parsed)) throw new Error(parsed.message);
  return parsed;
}

function errorOf(run: () => unknown): StoreError {
  try {
    run();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const shown = (collection: RecipeCollection): readonly string[] =>
  collection.check().map((finding) => formatFinding({ ...finding, file: finding.file.slice(top.length + 1) }));

const simple = (more = ""): string => `version: 1.0\nbuild: copy\n${more}`;

describe("the fixtures", () => {
  const collection = openRecipes(["fixtures/recipes-good"]);

  test("have no mistake", () => {
    expect(collection.check()).toEqual([]);
    expect(collection.names()).toEqual(["gmp", "gnu-base", "m4", "mpfr"]);
  });

  test("extend a base: mappings merge, lists replace, null removes", () => {
    const { recipe, recipeFiles } = collection.find("mpfr", range("=4.2.1"));
    expect(recipeFiles).toEqual(
      ["mpfr/4.2.1.yaml", "mpfr/recipe.yaml", "gnu-base/recipe.yaml"].map((name) => `fixtures/recipes-good/${name}`),
    );
    expect(recipe).toMatchObject({
      name: "mpfr",
      version: "4.2.1",
      build: "autotools",
      metadata: { family: "gnu", section: "mathematics", tested: "yes" },
      patches: [],
    });
    expect(recipe.metadata).not.toHaveProperty("tier");
    expect(recipe.env.map(({ name }) => name)).toEqual(["CFLAGS", "LC_ALL", "ABI"]);
    expect(recipe.configure).toHaveLength(2);
    expect(recipe.sources).toHaveLength(1);
  });

  test("resolve with the files beside them", () => {
    const { recipe, files } = collection.find("mpfr", range("4.2.0"));
    expect([...files.keys()].sort()).toEqual([
      "mpfr/4.2.1.yaml",
      "mpfr/darwin.patch",
      "mpfr/extra/notes.txt",
      "mpfr/patches/a.patch",
      "mpfr/patches/b.patch",
      "mpfr/recipe.yaml",
    ]);
    const resolved = resolveRecipe(recipe, { platform: { os: "darwin", arch: "aarch64" }, files: files.keys() });
    expect(resolved.patches.map(({ path }) => path)).toEqual([
      "mpfr/patches/a.patch",
      "mpfr/patches/b.patch",
      "mpfr/darwin.patch",
    ]);
    const first = files.get(resolved.patches[0]?.path ?? "");
    expect(first && readFileSync(toBytes(first), "utf8")).toContain("+aa");
  });

  test("have versions, of which a release is taken before a pre-release", () => {
    expect(collection.find("gmp").recipe.version).toBe("6.3.0");
    expect(collection.find("gmp", range(">6.3.0")).recipe.version).toBe("7.0rc1");
    expect(collection.find("mpfr").recipe.version).toBe("4.2.1");
    expect(collection.find("mpfr", range("4.2")).recipe.version).toBe("4.2.1");
    expect(collection.find("mpfr", range("<4.2.1")).recipe.version).toBe("4.2.0");
  });

  test("are listed, newest version first", () => {
    expect(collection.list().map(({ name, versions, findings }) => [name, versions, findings])).toEqual([
      ["gmp", ["7.0rc1", "6.3.0"], []],
      ["gnu-base", [], []],
      ["m4", ["1.4.19"], []],
      ["mpfr", ["4.2.1", "4.2.0"], []],
    ]);
    expect(collection.list().map(({ recipe }) => recipe?.version)).toEqual(["6.3.0", undefined, "1.4.19", "4.2.1"]);
  });
});

describe("find", () => {
  test("says what it did not find, and what is near", () => {
    const collection = open({ "a/mpfr/recipe.yaml": simple(), "a/base/recipe.yaml": "build: copy\n" });
    expect(errorOf(() => collection.find("mfpr"))).toMatchObject({ code: "NOT_FOUND", hint: "Did you mean 'mpfr'?" });
    expect(errorOf(() => collection.find("entirely-else")).hint).toContain(top);
    expect(errorOf(() => collection.find("mpfr", range(">=2")))).toMatchObject({
      code: "NOT_FOUND",
      hint: "There is 1.0.",
    });
    expect(errorOf(() => collection.find("base"))).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("no version"),
    });
    expect(errorOf(() => collection.find("../mpfr"))).toMatchObject({ code: "NOT_FOUND" });
    expect(errorOf(() => openRecipes([]).find("x")).hint).toContain("--recipes");
  });

  test("carries the findings of an invalid recipe", () => {
    const collection = open({ "a/x/recipe.yaml": simple("sumary: s\n"), "a/y/recipe.yaml": "a: [\n" });
    const error = errorOf(() => collection.find("x"));
    expect(error).toMatchObject({
      code: "INVALID_RECIPE",
      details: { findings: [{ line: 3, column: 1, suggestion: "summary" }] },
    });
    expect(errorOf(() => collection.find("y"))).toMatchObject({ code: "INVALID_RECIPE" });
    expect(collection.list()).toMatchObject([
      { name: "x", findings: [{ line: 3 }] },
      { name: "y", findings: [{ rule: "syntax" }] },
    ]);
  });

  test("reads a recipe once", () => {
    const collection = open({ "a/x/recipe.yaml": simple() });
    expect(collection.find("x").recipe).toBe(collection.find("x").recipe);
    writeFileSync(join(top, "a/x/recipe.yaml"), simple("summary: new\n"));
    expect(collection.find("x").recipe).not.toHaveProperty("summary");
  });

  test("reads nothing to tell the names", () => {
    const collection = open({
      "a/x/recipe.yaml": "a: [",
      "a/y/1.0.yaml": "",
      "a/.git/recipe.yaml": "",
      "a/doc/readme.md": "",
    });
    symlinkSync(join(top, "a/x"), join(top, "a/z"));
    expect(collection.names()).toEqual(["x", "y", "z"]);
  });

  test("refuses what is not UTF-8 and what is too large", () => {
    const collection = open({ "a/x/recipe.yaml": "" });
    writeFileSync(join(top, "a/x/recipe.yaml"), Buffer.from("name: \xff\n", "latin1"));
    expect(errorOf(() => collection.find("x")).message).toContain("not UTF-8");
    const other = open({ "a/x/recipe.yaml": "#".repeat(2_000_000) });
    expect(errorOf(() => other.find("x")).message).toContain("larger than");
  });

  test("refuses a directory that is not there", () => {
    expect(errorOf(() => openRecipes([join(top, "nothing")]))).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("version files", () => {
  test("stand alone without a recipe.yaml", () => {
    const collection = open({ "a/x/1.10.yaml": "build: copy\n", "a/x/1.9.yaml": "build: copy\nversion: 1.9\n" });
    expect(collection.check()).toEqual([]);
    expect(collection.find("x").recipe).toMatchObject({ name: "x", version: "1.10" });
    expect(collection.list()[0]?.versions).toEqual(["1.10", "1.9"]);
  });

  test("build on recipe.yaml unless they extend something else or nothing", () => {
    const collection = open({
      "a/x/recipe.yaml": simple("summary: main\nlicense: MIT\n"),
      "a/x/2.0.yaml": "",
      "a/x/3.0.yaml": "extends: other\n",
      "a/x/4.0.yaml": "extends: null\nbuild: copy\n",
      "a/x/5.0.yaml": "extends: x\nsummary: five\n",
      "a/other/recipe.yaml": "build: make\nsummary: other\n",
    });
    const summary = (version: string) => collection.find("x", range(`=${version}`)).recipe.summary;
    expect(["1.0", "2.0", "3.0", "4.0", "5.0"].map(summary)).toEqual(["main", "main", "other", undefined, "five"]);
    expect(collection.find("x", range("=3.0")).recipe).toMatchObject({ name: "x", version: "3.0", build: "make" });
    expect(collection.find("x", range("=5.0")).recipe.license).toBe("MIT");
  });

  test("are told when they say another version or name than their path", () => {
    const collection = open({
      "a/x/2.0.yaml": "version: 2.1\nname: y\nbuild: copy\n",
      "a/x/notes.yaml": "any: thing\n",
    });
    expect(shown(collection)).toEqual([
      "a/x/2.0.yaml:1:10: the version '2.1' is not that of its file, '2.0'; did you mean '2.0'?",
      "a/x/2.0.yaml:2:7: the name 'y' is not that of its directory, 'x'; did you mean 'x'?",
    ]);
  });

  test("are told so together with every other mistake", () => {
    const collection = open({
      "a/x/recipe.yaml": "name: y\nverison: 1\nbuild: autotool\n",
      "a/z/recipe.yaml": simple("summary: main\n"),
      "a/z/2.0.yaml": "version: 2.1\nsumary: other\n",
    });
    expect(shown(collection)).toEqual([
      "a/x/recipe.yaml:1:7: the name 'y' is not that of its directory, 'x'; did you mean 'x'?",
      "a/x/recipe.yaml:2:1: 'verison' is not a key of a recipe; did you mean 'version'?",
      expect.stringMatching(/^a\/x\/recipe\.yaml:3:8: 'autotool' is not a build system/),
      "a/z/2.0.yaml:1:10: the version '2.1' is not that of its file, '2.0'; did you mean '2.0'?",
      "a/z/2.0.yaml:2:1: 'sumary' is not a key of a recipe; did you mean 'summary'?",
    ]);
    expect(caught(() => collection.find("z"))).toMatchObject({ code: "INVALID_RECIPE" });
  });

  test("win over recipe.yaml of the same version", () => {
    const collection = open({ "a/x/recipe.yaml": simple("summary: main\n"), "a/x/1.0.yaml": "summary: own\n" });
    expect(collection.find("x").recipe.summary).toBe("own");
    expect(collection.list()[0]?.versions).toEqual(["1.0"]);
  });
});

describe("overlays", () => {
  test("hide file by file: recipes, versions, patches and sources", () => {
    const files = {
      "a/x/recipe.yaml": simple("summary: from a\npatches: ['*.patch']\nsources: [{path: extra}]\n"),
      "a/x/one.patch": "a",
      "a/x/extra/new": "a",
      "a/x/extra/both": "a",
      "a/x/was-directory": "a",
      "b/x/recipe.yaml": simple("summary: from b\n"),
      "b/x/2.0.yaml": "",
      "b/x/one.patch": "b",
      "b/x/two.patch": "b",
      "b/x/extra/both": "b",
      "b/x/extra/old": "b",
      "b/x/was-directory/file": "b",
      "a/x/was-file/inner": "a",
      "b/x/was-file": "b",
      "b/y/recipe.yaml": simple(),
    };
    const collection = open(files, ["a", "b"]);
    expect(collection.names()).toEqual(["x", "y"]);
    const loaded = collection.find("x");
    expect(loaded.recipe).toMatchObject({ version: "2.0", summary: "from a" });
    expect(loaded.recipeFiles).toEqual([join(top, "b/x/2.0.yaml"), join(top, "a/x/recipe.yaml")]);
    const content = Object.fromEntries(
      [...loaded.files].map(([name, path]) => [name, readFileSync(toBytes(path), "utf8")]),
    );
    expect(content).toMatchObject({
      "x/one.patch": "a",
      "x/two.patch": "b",
      "x/extra/new": "a",
      "x/extra/both": "a",
      "x/extra/old": "b",
      "x/was-directory": "a",
      "x/was-file/inner": "a",
    });
    expect(Object.keys(content)).not.toContain("x/was-directory/file");
    expect(Object.keys(content)).not.toContain("x/was-file");
    expect(openRecipes([join(top, "b"), join(top, "a")]).find("x").recipe.summary).toBe("from b");
  });

  test("a recipe can extend the one that it hides, through several layers", () => {
    const files = {
      "a/x/recipe.yaml": "extends: x\nmetadata: {a: 1}\n",
      "b/x/recipe.yaml": "extends: x\nmetadata: {b: 1}\nversion: 2.0\n",
      "c/x/recipe.yaml": simple("metadata: {c: 1}\npatches: [c.patch]\n"),
      "c/x/c.patch": "c",
    };
    const collection = open(files, ["a", "b", "c"]);
    expect(collection.check()).toEqual([]);
    const loaded = collection.find("x");
    expect(loaded.recipe).toMatchObject({ version: "2.0", metadata: { a: "1", b: "1", c: "1" } });
    expect([...loaded.files.keys()]).toContain("x/c.patch");
    expect(shown(open(files, ["a", "b"]))).toContainEqual(
      "b/x/recipe.yaml:1:10: 'x' extends its own name, but no later recipe directory has a recipe 'x'",
    );
  });

  test("files of a base are found beside the base", () => {
    const collection = open({
      "a/base/recipe.yaml": "build: copy\npatches: [fix.patch]\nsources: [{path: data}]\n",
      "a/base/fix.patch": "p",
      "a/base/data": "d",
      "a/x/recipe.yaml": "version: 1.0\nextends: base\n",
      "a/x/data": "not this one",
    });
    expect(collection.check()).toEqual([]);
    const { recipe, files } = collection.find("x");
    const { sources, patches } = resolveRecipe(recipe, {
      platform: { os: "linux", arch: "x86_64" },
      files: files.keys(),
    });
    expect([...sources, ...patches]).toMatchObject([{ path: "base/data" }, { path: "base/fix.patch" }]);
    expect([...files.keys()].every((name) => name.startsWith("base/"))).toBe(true);
  });
});

describe("load", () => {
  test("takes a recipe by its path, whatever its directory is called", () => {
    const collection = open({
      "a/base/recipe.yaml": "build: copy\nlicense: MIT\n",
      "project/recipe.yaml": "name: x\nversion: 1.0\nextends: base\nsources: [{path: data}, {worktree: .}]\n",
      "project/data": "d",
      "project/2.0.yaml": "license: BSD\n",
      "project/other.yaml": "name: y\nversion: 3.0\nbuild: copy\n",
      "neighbour/recipe.yaml": simple(),
    });
    const loaded = collection.load(join(top, "project"));
    expect(loaded.recipe).toMatchObject({ name: "x", version: "1.0", license: "MIT" });
    expect(loaded.files.has("project/data")).toBe(true);
    expect(collection.load(join(top, "project/recipe.yaml")).recipe).toEqual(loaded.recipe);
    expect(collection.load(join(top, "project/2.0.yaml")).recipe).toMatchObject({
      name: "x",
      version: "2.0",
      license: "BSD",
    });
    expect(collection.load(join(top, "project/other.yaml")).recipe).toMatchObject({ name: "y", version: "3.0" });
    const { sources } = resolveRecipe(loaded.recipe, { platform: { os: "linux", arch: "x86_64" } });
    expect(sources[1]).toMatchObject({ kind: "worktree", path: join(top, "project") });
    expect(collection.names()).toEqual(["base"]);
  });

  test("does not take the neighbours of that directory for recipes", () => {
    const collection = open({
      "project/recipe.yaml": "name: x\nversion: 1.0\nextends: neighbour\n",
      "neighbour/recipe.yaml": simple(),
    });
    expect(errorOf(() => collection.load(join(top, "project"))).message).toContain("no recipe 'neighbour' to extend");
  });

  test("says when there is no recipe", () => {
    const collection = open({ "project/readme": "" });
    expect(errorOf(() => collection.load(join(top, "project")))).toMatchObject({ code: "NOT_FOUND" });
    expect(errorOf(() => collection.load(join(top, "nothing/recipe.yaml")))).toMatchObject({ code: "NOT_FOUND" });
  });

  test("works from a relative path too", () => {
    const { recipe } = openRecipes([]).load("fixtures/recipes-loose/recipe.yaml");
    expect(recipe.name).toBe("loose");
    expect(resolve(recipe.at.file)).toBe(resolve("fixtures/recipes-loose/recipe.yaml"));
  });
});

describe("check", () => {
  test("follows 'extends' to its mistakes", () => {
    const collection = open({
      "a/x/recipe.yaml": simple("extends: bsae\n"),
      "a/p/recipe.yaml": simple("extends: q\n"),
      "a/q/recipe.yaml": simple("extends: r\n"),
      "a/r/recipe.yaml": simple("extends: p\n"),
      "a/base/recipe.yaml": "build: copy\nsumary: s\n",
      "a/child/recipe.yaml": "version: 1.0\nextends: base\n",
      "a/odd/recipe.yaml": simple("extends: [base]\n"),
      "a/broken/recipe.yaml": "a: [\n",
      "a/heir/recipe.yaml": simple("extends: broken\n"),
    });
    const lines = shown(collection);
    expect(lines).toContainEqual("a/x/recipe.yaml:3:10: there is no recipe 'bsae' to extend; did you mean 'base'?");
    expect(lines).toContainEqual("a/base/recipe.yaml:2:1: 'sumary' is not a key of a recipe; did you mean 'summary'?");
    expect(lines).toContainEqual("a/odd/recipe.yaml:3:10: expected a package name, not a list");
    expect(lines.filter((line) => line.includes("round in a circle"))).toHaveLength(3);
    expect(lines.filter((line) => line.startsWith("a/broken"))).toHaveLength(1);
    expect(lines).toHaveLength(7);
  });

  test("tells of missing files together with all other mistakes", () => {
    const files =
      "sources: [{path: gone}, {path: here}, {path: '{{name}}.c'}]\npatches: ['*.patch', {file: w.patch, when: version > 2}]\n";
    const collection = open({ "a/x/recipe.yaml": simple(`${files}sumary: s\n`), "a/x/here": "" });
    const expected = [
      "a/x/recipe.yaml:3:18: there is no 'x/gone' in the recipe directories",
      "a/x/recipe.yaml:4:12: no file in the recipe directories matches 'x/*.patch'",
      "a/x/recipe.yaml:5:1: 'sumary' is not a key of a recipe; did you mean 'summary'?",
    ];
    expect(shown(collection)).toEqual(expected);
    for (const line of expected) expect(errorOf(() => collection.find("x")).message).toContain(line.slice(2));
  });

  test("says what a recipe lacks that nobody extends", () => {
    expect(shown(open({ "a/x/recipe.yaml": "build: copy\n" }))).toEqual([
      "a/x/recipe.yaml:1:1: a recipe needs 'version'",
    ]);
    expect(shown(open({ "a/x/2.0.yaml": "" }))).toEqual([]);
  });

  test("looks at what recipes ask of each other", () => {
    const collection = open({
      "a/x/recipe.yaml": simple(
        "dependencies:\n  link:\n    - gpm\n    - gmp@>=7\n    - gmp+statc\n    - gmp abi=46\n    - {name: gmp, options: {abi: true}}\n    - gmp@6+static abi=64\n",
      ),
      "a/gmp/recipe.yaml":
        "version: 6.3.0\nbuild: copy\noptions: {static: {default: false}, abi: {values: [32, 64], default: 64}}\n",
    });
    expect(shown(collection)).toEqual([
      "a/x/recipe.yaml:5:7: there is no recipe 'gpm'; did you mean 'gmp'?",
      "a/x/recipe.yaml:6:7: no version of 'gmp' is in >=7; there is 6.3.0",
      "a/x/recipe.yaml:7:7: gmp: there is no option 'statc'; did you mean 'static'?",
      "a/x/recipe.yaml:8:7: gmp: option 'abi' is one of 32, 64: write abi=64; did you mean '64'?",
      "a/x/recipe.yaml:9:7: 'gmp' is asked for with two values of its option 'abi'",
      "a/x/recipe.yaml:9:7: gmp: option 'abi' is one of 32, 64: write abi=64",
      "a/x/recipe.yaml:10:7: 'gmp' is asked for with two values of its option 'abi'",
    ]);
  });

  test("finds dependencies that go round in a circle, but not conditional or run-time ones", () => {
    const collection = open({
      "a/p/recipe.yaml": simple("dependencies: {link: [q]}\n"),
      "a/q/recipe.yaml": simple("dependencies: {build: [r]}\n"),
      "a/r/recipe.yaml": simple("dependencies: {link: [p], run: [q]}\n"),
      "a/s/recipe.yaml": simple("options: {o: {default: true}}\ndependencies: {link: [{name: t, when: options.o}]}\n"),
      "a/t/recipe.yaml": simple("dependencies: {link: [s]}\n"),
    });
    expect(shown(collection)).toEqual(["a/r/recipe.yaml:3:23: dependencies go round in a circle: p -> q -> r -> p"]);
  });

  test("looks for every file, also those that only an option or a platform needs", () => {
    const collection = open({
      "a/x/recipe.yaml": simple(
        [
          "options: {o: {default: false}, e: {values: [a, b], default: a}}",
          "patches: [{file: no.patch, platform: darwin}, {file: x.patch, when: options.o}, {file: '{{options.e}}.patch'}]",
          "sources: [{path: none, when: options.e == 'b'}, {path: a.patch}]",
          "",
        ].join("\n"),
      ),
      "a/x/a.patch": "",
    });
    expect(shown(collection)).toEqual([
      "a/x/recipe.yaml:4:18: no file in the recipe directories matches 'x/no.patch'",
      "a/x/recipe.yaml:4:54: no file in the recipe directories matches 'x/x.patch'",
      "a/x/recipe.yaml:4:89: no file in the recipe directories matches 'x/b.patch'",
      "a/x/recipe.yaml:5:18: there is no 'x/none' in the recipe directories",
    ]);
  });

  test("sees files that are no recipes, but were meant to be", () => {
    const collection = open({
      "a/x/recipe.yml": simple(),
      "a/y/Recipe.yaml": simple(),
      "a/-z/recipe.yaml": simple(),
      "a/doc/x.md": "",
    });
    expect(shown(collection)).toEqual([
      "a/-z/recipe.yaml:1:1: '-z' cannot be the name of a package",
      "a/x/recipe.yml:1:1: a recipe file is called recipe.yaml",
      "a/y/Recipe.yaml:1:1: a recipe file is called recipe.yaml",
    ]);
  });

  test("names a mistake in a base once, however many extend it", () => {
    const files = Object.fromEntries(
      ["p", "q", "r"].map((name) => [`a/${name}/recipe.yaml`, "version: 1.0\nextends: base\n"]),
    );
    expect(shown(open({ ...files, "a/base/recipe.yaml": "build: mak\n" }))).toEqual([
      expect.stringContaining("a/base/recipe.yaml:1:8: 'mak' is not a build system"),
    ]);
  });

  test("takes file names that are not UTF-8", () => {
    const collection = open({ "a/x/recipe.yaml": simple("sources: [{path: data}]\n"), "a/x/data/ok": "" });
    writeFileSync(Buffer.concat([Buffer.from(join(top, "a/x/data/")), Buffer.from([0xff, 0x25])]), "bytes");
    expect(collection.check()).toEqual([]);
    const path = collection.find("x").files.get("x/data/%FF%25");
    expect(path && readFileSync(toBytes(path), "utf8")).toBe("bytes");
  });

  test("has nothing against a source that can be fetched", () => {
    const source = `sources: [{url: "https://x.org/x-{{version}}.tar", integrity: ${SOME_INTEGRITY}}]\n`;
    expect(open({ "a/x/recipe.yaml": simple(source) }).check()).toEqual([]);
  });
});

describe("one recipe", () => {
  const findings = (path: string, around: readonly string[] = []) =>
    checkRecipes({ recipes: [join(top, path)], around: around.map((each) => join(top, each)) }).map((finding) =>
      formatFinding({ ...finding, file: finding.file.slice(top.length + 1) }),
    );

  test("is checked by its directory and by its file, with what lies beside it", () => {
    open({
      "a/x/recipe.yaml": simple("dependencies: {link: [zlb, far]}\nsumary: s\n"),
      "a/x/2.0.yaml": "licence: MIT\n",
      "a/zlib/recipe.yaml": simple("wrong: true\n"),
      "b/far/recipe.yaml": simple(),
    });
    const own = [
      "a/x/2.0.yaml:1:1: 'licence' is not a key of a recipe; did you mean 'license'?",
      "a/x/recipe.yaml:4:1: 'sumary' is not a key of a recipe; did you mean 'summary'?",
    ];
    for (const path of ["a/x", "a/x/", "a/x/recipe.yaml", "a/x/2.0.yaml", "a/x/."]) expect(findings(path)).toEqual(own);
    open({ "a/x/recipe.yaml": simple("dependencies: {link: [zlb, far]}\n"), "a/x/2.0.yaml": "" });
    const missing = "a/x/recipe.yaml:3:23: there is no recipe 'zlb'; did you mean 'zlib'?";
    expect(findings("a/x", ["b"])).toEqual([missing]);
    expect(findings("a/x", ["a", "b"])).toEqual([missing]);
    expect(findings("a/x")).toHaveLength(2);
    open({ "a/recipe.yaml": "" });
    expect(findings("a").map((line) => line.split(":")[0])).toContain("a/zlib/recipe.yaml");
  });

  test("can extend its own name in another directory, and not itself", () => {
    open({ "a/x/recipe.yaml": "extends: x\n", "b/x/recipe.yaml": simple() });
    expect(findings("a/x", ["a", "b"])).toEqual([]);
    expect(findings("a/x", ["a"])).toEqual([expect.stringContaining("no later recipe directory has a recipe 'x'")]);
  });
});

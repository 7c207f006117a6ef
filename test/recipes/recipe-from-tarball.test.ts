import { describe, expect, test } from "vitest";
import { resolveRecipe } from "../../src/model/recipe/resolve-recipe.ts";
import { recipeFromTarball } from "../../src/recipes/recipe-from-tarball.ts";
import { recipeOf, SOME_INTEGRITY } from "../helpers/recipe-text.ts";

const integrity = SOME_INTEGRITY;

describe("recipeFromTarball", () => {
  test("writes what a person would begin with", () => {
    const { text } = recipeFromTarball({
      url: "https://www.mpfr.org/mpfr-4.2.0/mpfr-4.2.0.tar.xz",
      integrity,
      fileNames: ["mpfr-4.2.0/", "mpfr-4.2.0/configure", "mpfr-4.2.0/COPYING.LESSER", "mpfr-4.2.0/src/mpfr.c"],
    });
    expect(text).toBe(`# A first draft: look it over and complete it.
name: mpfr
version: 4.2.0
# summary: what the package is, in one line
# license: an SPDX expression; see COPYING.LESSER
sources:
  - url: https://www.mpfr.org/mpfr-{{version}}/mpfr-{{version}}.tar.xz
    integrity: ${integrity}
dependencies: {build: [], link: [], run: [], check: []}
build: autotools
`);
  });

  test.each([
    [["configure", "CMakeLists.txt", "Makefile"], "autotools"],
    [["CMakeLists.txt", "meson.build"], "cmake"],
    [["meson.build", "setup.py"], "meson"],
    [["pyproject.toml", "Makefile"], "python"],
    [["setup.py"], "python"],
    [["configure.ac", "Makefile"], "autotools"],
    [["GNUmakefile"], "make"],
    [["bin/tool", "share/x"], "copy"],
    [["sub/configure"], "autotools"],
    [["sub/configure", "x"], "copy"],
    [["top/configure", "top/x/y"], "autotools"],
    [["top/configure", "other/configure"], "copy"],
    [[], "copy"],
  ])("of a tree with %o builds with %s", (fileNames, build) => {
    expect(recipeFromTarball({ url: "https://x.org/a-1.0.tar", integrity, fileNames }).build).toBe(build);
  });

  test.each([
    [
      "https://x.org/boost/1.83/boost_1_83_0.tar.gz",
      "https://x.org/boost/{{version.majorMinor}}/boost_{{version.underscored}}.tar.gz",
    ],
    ["https://github.com/a/b/archive/v1.2.tar.gz", "https://github.com/a/b/archive/v{{version}}.tar.gz"],
    ["https://x.org/1.20/a-1.2.tar", "https://x.org/1.20/a-{{version}}.tar"],
    ["https://x.org/{{x}}/a-1.2.tar", "https://x.org/{{{{x}}/a-{{version}}.tar"],
    ["https://x.org/a-1.2+b.tar", "https://x.org/a-{{version}}.tar"],
  ])("puts references into %s", (url, expected) => {
    const { text } = recipeFromTarball({ url, integrity, fileNames: [] });
    expect(text).toContain(`url: ${expected}\n`);
    const { sources } = resolveRecipe(recipeOf(text), { platform: { os: "linux", arch: "x86_64" } });
    expect(sources).toMatchObject([{ urls: [url], integrity }]);
  });

  test.each([
    ["https://x.org/true-1.10.tar", "true", "1.10"],
    ["https://x.org/null-20240101.tar", "null", "20240101"],
    ["https://x.org/7-1.0.tar", "7", "1.0"],
    ["https://x.org/a-1.0.tar?x=y:z#f", "a", "1.0"],
    ["npm:@scope/name@1.2.3", "@scope+name", "1.2.3"],
  ])("writes for %s a recipe without mistakes", (url, name, version) => {
    const made = recipeFromTarball({ url, integrity, fileNames: [], name, version });
    expect(recipeOf(made.text)).toMatchObject({ name, version });
  });

  test("takes the name and version that it is given", () => {
    expect(
      recipeFromTarball({ url: "https://x.org/a-1.0.tar", integrity, fileNames: [], name: "b", version: "2" }),
    ).toMatchObject({
      name: "b",
      version: "2",
    });
  });

  test("takes nothing from a file name that is made to look like a recipe", () => {
    const { text } = recipeFromTarball({
      url: "https://x.org/a-1.0.tar",
      integrity,
      fileNames: ["COPYING\nbuild: script", "x"],
    });
    expect(recipeOf(text).build).toBe("copy");
  });

  test("has the home page of a hosted project", () => {
    const { text } = recipeFromTarball({
      url: "https://github.com/madler/zlib/archive/v1.3.1.tar.gz",
      integrity,
      fileNames: [],
    });
    expect(text).toContain("homepage: https://github.com/madler/zlib\n");
  });

  test("says what it has not been told", () => {
    const make = (url: string) => () => recipeFromTarball({ url, integrity, fileNames: [] });
    expect(make("https://x.org/")).toThrowError(
      expect.objectContaining({ code: "INVALID_INPUT", hint: "Give it with --name." }),
    );
    expect(make("https://x.org/name.tar")).toThrowError(expect.objectContaining({ hint: "Give it with --version." }));
    const given = { url: "https://x.org/a-1.0.tar", integrity, fileNames: [] };
    expect(() => recipeFromTarball({ ...given, name: "a b" })).toThrowError(
      expect.objectContaining({ code: "INVALID_INPUT" }),
    );
    expect(() => recipeFromTarball({ ...given, version: "-1" })).toThrowError(
      expect.objectContaining({ code: "INVALID_INPUT" }),
    );
  });
});

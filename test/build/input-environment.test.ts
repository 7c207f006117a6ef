import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inputEnvironment } from "../../src/build/input-environment.ts";
import type { BaseName, PackageName } from "../../src/model/ids.ts";
import { makeBuildWorld } from "../helpers/build-world.ts";
import { makeWorld, type TreeData } from "../helpers/worlds.ts";

/** The environment that one input with this tree gives. */
function environmentOf(tree: TreeData) {
  const here = makeWorld({ memory: true }).tree(tree);
  const input = {
    name: "a" as PackageName,
    path: "a" as BaseName,
    kinds: ["build", "link"] as const,
    here,
    seen: "/a",
  };
  return inputEnvironment([input], "/out");
}

it("names the directories that an input has, and Python's own", () => {
  const site = "lib/python3.11/site-packages/m.py";
  expect(environmentOf({ "bin/x": "", "include/x.h": "", "lib/pkgconfig/x.pc": "", [site]: "" })).toEqual({
    PATH: "/a/bin",
    CPPFLAGS: "-I/a/include",
    LDFLAGS: "-L/a/lib -Wl,-rpath,/a/lib -Wl,-rpath,/out/lib",
    PKG_CONFIG_PATH: "/a/lib/pkgconfig",
    CMAKE_PREFIX_PATH: "/a",
    PYTHONPATH: "/a/lib/python3.11/site-packages",
  });
});

it("takes no file for one of them", () => {
  const bare = environmentOf({ other: "" });
  expect(environmentOf({ bin: "", include: "", lib: "", lib64: "", "share/aclocal": "" })).toEqual(bare);
  expect(environmentOf({ "lib/python3.11": "" })).not.toHaveProperty("PYTHONPATH");
});

it.each([
  ["V=1 -k", /^k -j2 .*V=1$/],
  ["-- V=1", /^ ?-j2 .*V=1$/],
  ["ks", /^ks -j2 /],
  ["-j1", /^ ?-j1 /],
])("gives make the flags %s of a recipe beside the jobs that builds share", async (flags, expected) => {
  const world = makeBuildWorld({ memory: true });
  const install = `mkdir "$out"; echo 'all:; @echo "$(MAKEFLAGS)"' | make -f - > "$out/flags"`;
  world.recipe("flags", `build: script\nenv: {MAKEFLAGS: "${flags}"}\nphases:\n  install: |\n    ${install}\n`);
  const { built } = await world.build(await world.buildStore(), "flags", { sandbox: "off" });
  expect(readFileSync(join(built[0]?.path ?? "", "flags"), "utf8").trimEnd()).toMatch(expected);
});

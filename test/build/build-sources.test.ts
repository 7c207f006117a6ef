import { lstatSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import type { ByteString } from "../../src/model/byte-string.ts";
import { checkRecipes } from "../../src/operations/building/recipes.ts";
import { makeBuildWorld } from "../helpers/build-world.ts";

describe("a working tree is found relative to the recipe's file", () => {
  it.each([
    ["an absolute", (recipes: string) => recipes],
    ["a relative", (recipes: string) => relative(process.cwd(), recipes)],
  ])("from %s directory of recipes", async (_, written) => {
    const world = makeBuildWorld({ memory: true });
    world.tree({ "work/mine": "x" }, dirname(world.recipes));
    world.recipe("wtr", "sources: [{worktree: ../../work}]\nbuild: copy\n");
    const { built } = await world.build(await world.buildStore(), "wtr", { recipes: [written(world.recipes)] });
    expect(readdirSync(join(built[0]?.path ?? ""))).toEqual(["mine"]);
  });
});

describe("a source beside the recipe", () => {
  it.each([
    ["a directory", "/etc"],
    ["a directory of another recipe", "../tree"],
    ["a file", "/etc/hostname"],
  ])("that is a symlink to %s elsewhere is refused by name", async (_, target) => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("linked", "sources: [{path: d/s}]\nbuild: copy\n");
    world.tree({ "d/s": { link: target.replace("..", "../..") as ByteString } }, join(world.recipes, "linked"));
    const { error } = await world.failure(await world.buildStore(), "linked");
    const message = "linked/d/s of linked@1 is a symlink that leads out of the recipe's directory";
    expect([error.code, error.message]).toEqual(["INVALID_RECIPE", expect.stringContaining(message)]);
    expect(checkRecipes({ recipes: [join(world.recipes, "linked")] })).toMatchObject([
      { line: 3, message: "'linked/d/s' is a symlink that leads out of the recipe's directory" },
    ]);
  });

  it("that is a symlink inside the recipe's directory is what it leads to", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("linked", "sources: [{path: s}, {path: f}]\nbuild: copy\n");
    const links = { s: { link: "d" as ByteString }, f: { link: "d/a" as ByteString } };
    world.tree({ "d/a": "a", ...links }, join(world.recipes, "linked"));
    for (const sandbox of ["auto", "off"] as const) {
      const { built } = await world.build(await world.buildStore(sandbox), "linked", { sandbox });
      const path = built[0]?.path ?? "";
      expect(readdirSync(path).map((name) => [name, lstatSync(join(path, name)).isFile()])).toEqual([
        ["a", true],
        ["f", true],
      ]);
    }
  });
});

import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
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

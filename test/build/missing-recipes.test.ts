import { join } from "node:path";
import { expect, it } from "vitest";
import type { StoreError } from "../../src/errors.ts";
import { whyRebuild } from "../../src/operations/building/why-rebuild.ts";
import { makeBuildWorld } from "../helpers/build-world.ts";
import { caughtAsync } from "../helpers/caught.ts";

it("all missing recipes and versions are told at once, with who needs them and where", async () => {
  const world = makeBuildWorld({ memory: true });
  const store = await world.buildStore();
  world.recipe("top", "build: copy\ndependencies: {link: [mid, zlb]}\n");
  world.recipe("mid", "build: copy\ndependencies:\n  link: [zlb, libb]\n  build: ['liba@>=9']\n");
  world.recipe("libb", "build: copy\n");
  world.recipe("zlib", "build: copy\n");
  const { error } = await world.failure(store, ["top", "nowhere"]);
  const at = (name: string, place: string) => `${join(world.recipes, name)}/recipe.yaml:${place}`;
  expect(error.code).toBe("NOT_FOUND");
  expect(error.message.split("\n").sort()).toEqual(
    [
      `${at("mid", "5:10")}: mid@1 needs 'zlb', and there is no recipe 'zlb'; did you mean 'zlib'?`,
      `${at("mid", "6:12")}: mid@1 needs 'liba', and no version of 'liba' is in >=9`,
      `${at("top", "4:28")}: top@1 needs 'zlb', and there is no recipe 'zlb'; did you mean 'zlib'?`,
      "there is no recipe 'nowhere'",
    ].sort(),
  );
  const asked = { recipes: [world.recipes], cwd: world.directory, specs: ["top"] };
  const why = (await caughtAsync(whyRebuild(store, asked))) as StoreError;
  expect(why.message).toContain("mid@1 needs 'zlb'");
});

it("where it was looked for can be told from the sentence", async () => {
  const world = makeBuildWorld({ memory: true });
  const { error } = await world.failure(await world.buildStore(), "qqqqqqqqqq", { recipes: ["."] });
  expect(error.hint).toBe("Looked in '.'.");
});

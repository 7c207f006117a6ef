import { join } from "node:path";
import { expect, it } from "vitest";
import type { StoreError } from "../../../src/errors.ts";
import { fetchSources } from "../../../src/operations/building/fetch-sources.ts";
import { makeBuildWorld } from "../../helpers/build-world.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { SOME_INTEGRITY } from "../../helpers/recipe-text.ts";

function worldWithSources() {
  const world = makeBuildWorld({ memory: true });
  world.tree({ a: "a\n", b: "b\n", c: "c\n" }, join(world.directory, "files"));
  const source = (file: string, integrity = "") => `{url: 'file://${world.directory}/files/${file}'${integrity}}`;
  world.recipe("noint", `sources: [${source("a")}]\nbuild: copy\n`);
  world.recipe("wrong", `sources: [${source("b", `, integrity: ${SOME_INTEGRITY}`)}]\nbuild: copy\n`);
  world.recipe("gone", `sources: [${source("z", `, integrity: ${SOME_INTEGRITY}`)}]\nbuild: copy\n`);
  return world;
}

it("every source that is missing, wrong or without an integrity is told at once, with its package", async () => {
  const world = worldWithSources();
  const store = await world.buildStore();
  const request = { recipes: [world.recipes], cwd: world.directory, specs: ["gone", "noint", "wrong"] };
  const error = (await caughtAsync(fetchSources(store, request))) as StoreError;
  expect(error.code).toBe("INTEGRITY");
  expect(error.message).toMatch(/^gone@1: .*files\/z/m);
  expect(error.message).toMatch(/^wrong@1: .*files\/b/m);
  expect(error.message).toMatch(/^ {2}noint@1: .*files\/a\n {4}integrity: sha256-/m);
  expect(error.hint).toContain("add these lines to the recipes");
  expect(error.details.failures).toMatchObject([{ package: "gone@1" }, { package: "wrong@1" }, { code: "INTEGRITY" }]);
});

it("a build names the package whose source is wrong", async () => {
  const world = worldWithSources();
  const { error } = await world.failure(await world.buildStore(), "wrong");
  expect([error.code, error.details.package]).toEqual(["INTEGRITY", "wrong@1"]);
  expect(error.message).toMatch(/^wrong@1: .*files\/b/);
});

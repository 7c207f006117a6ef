import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { type BuildRequest, build } from "../../../src/operations/building/build.ts";
import { recallBuild } from "../../../src/operations/building/recall-build.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { fakeContext, makeWorld, type World } from "../../helpers/worlds.ts";

let world: World;
let store: Store;
let recipes: string;
let over: string;

const RECIPE = (name: string, word: string, more = ""): string =>
  `name: ${name}\nversion: "1"\nbuild: script\n${more}phases: {install: 'mkdir $out; echo ${word} > $out/${name}'}\n`;

beforeEach(async () => {
  world = makeWorld();
  store = await world.store("s", { context: fakeContext({ env: { PATH: process.env.PATH ?? "" } }) });
  over = join(world.directory, "over");
  mkdirSync(over);
  recipes = world.tree({
    "low/recipe.yaml": RECIPE("low", "one", "sources: [{path: words}]\n"),
    "low/words": "words\n",
    "high/recipe.yaml": RECIPE("high", "two", "dependencies: {build: [low]}\n"),
    "other/recipe.yaml": RECIPE("other", "three"),
  });
});

function request(more: Partial<BuildRequest> = {}): BuildRequest {
  return { specs: ["high"], recipes: [over, recipes], cwd: world.directory, sandbox: "off", ...more };
}

/** Files that were only just written are not remembered: a change in the same moment would leave no trace. */
async function settledBuild(wanted = request()) {
  await sleep(80);
  return build(store, wanted);
}

test("what was built is recalled, as long as nothing changes", async () => {
  expect(recallBuild(store, request())).toBeUndefined();
  const built = await settledBuild();
  expect(built.map((each) => each.built)).toEqual([true]);
  expect(recallBuild(store, request())).toEqual(built.map((each) => ({ ...each, built: false })));
  expect(await build(store, request())).toEqual(recallBuild(store, request()));
});

describe("it is worked out again after", () => {
  const changes: Readonly<Record<string, () => void>> = {
    "a changed recipe of a dependency": () => writeFileSync(join(recipes, "low/recipe.yaml"), RECIPE("low", "1")),
    "a changed recipe of the same size and with the old time": () => {
      writeFileSync(join(recipes, "high/recipe.yaml"), RECIPE("high", "owt", "dependencies: {build: [low]}\n"));
      utimesSync(join(recipes, "high/recipe.yaml"), 1, 1);
    },
    "a changed file beside a recipe": () => writeFileSync(join(recipes, "low/words"), "other\n"),
    "a new version": () => writeFileSync(join(recipes, "low/2.yaml"), ""),
    "a recipe that hides one": () => cpSync(join(recipes, "other"), join(over, "high"), { recursive: true }),
    "a recipe put in the place of one": () => {
      renameSync(join(recipes, "low"), join(recipes, "gone"));
      cpSync(join(recipes, "gone"), join(recipes, "low"), { recursive: true });
    },
    "an output that is gone": () => unlinkSync(manifestOf("low")),
    "a record that is gone": () => {
      for (const name of readdirSync(store.layout.builds)) rmSync(join(store.layout.builds, name), { recursive: true });
    },
    "a damaged memory": () => {
      const { buildMemory } = store.layout;
      for (const name of readdirSync(buildMemory)) writeFileSync(join(buildMemory, name), "{");
    },
  };
  test.each(Object.entries(changes))("%s", async (_, change) => {
    await settledBuild();
    expect(recallBuild(store, request())).toBeDefined();
    change();
    expect(recallBuild(store, request())).toBeUndefined();
  });
});

describe("it is not taken for", () => {
  const others: Readonly<Record<string, () => Partial<BuildRequest>>> = {
    "other packages": () => ({ specs: ["high", "low"] }),
    "other places": () => ({ recipes: [recipes] }),
    "another directory": () => ({ cwd: "/" }),
    "one with its test suites": () => ({ check: true }),
    "one that requires a sandbox": () => ({ sandbox: "required" }),
  };
  test.each(Object.entries(others))("%s", async (_, other) => {
    await settledBuild();
    expect(recallBuild(store, request(other()))).toBeUndefined();
  });
});

describe("nothing is remembered of", () => {
  test("files that may have been written after they were read", async () => {
    const soon = Date.now() / 1000 + 100;
    utimesSync(join(recipes, "low/words"), soon, soon);
    await settledBuild();
    expect(recallBuild(store, request())).toBeUndefined();
  });

  test("recipes behind links", async () => {
    symlinkSync("words", join(recipes, "low/link"));
    await settledBuild();
    expect(recallBuild(store, request())).toBeUndefined();
  });

  test("working trees", async () => {
    const tree = world.tree({ file: "text\n" });
    writeFileSync(join(recipes, "other/recipe.yaml"), RECIPE("other", "x", `sources: [{worktree: ${tree}}]\n`));
    await settledBuild(request({ specs: ["other"] }));
    expect(recallBuild(store, request({ specs: ["other"] }))).toBeUndefined();
  });
});

function manifestOf(name: string): string {
  const file = readdirSync(store.layout.manifests).find((each) => each.includes(`-${name}-`) && each.endsWith(".json"));
  return join(store.layout.manifests, file as string);
}

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { BuildSource } from "../../src/build/build-sources.ts";
import { derive } from "../../src/build/derive.ts";
import type { Json } from "../../src/model/canonical-json.ts";
import { compareDerivations, type Derivation, derivationKey, printDerivation } from "../../src/model/derivation.ts";
import type { BaseName } from "../../src/model/ids.ts";
import { resolveRecipe } from "../../src/model/recipe/resolve-recipe.ts";
import { type ShownDerivation, showDerivations } from "../../src/operations/building/inspect-build.ts";
import type { Store } from "../../src/store/open-store.ts";
import { type BuildWorld, makeBuildWorld, type Settings } from "../helpers/build-world.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { recipeOf } from "../helpers/recipe-text.ts";

const PAGE = readFileSync(new URL("../../store-layout.md", import.meta.url), "utf8");

function block(kind: string): string {
  const found = [...PAGE.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].filter(([, info]) => info === kind);
  if (found.length !== 1) throw new Error(`store-layout.md has ${found.length} blocks '${kind}'`);
  return found[0]?.[2] as string;
}

function source(fileName: string, content: string): BuildSource {
  return { fileName, content, request: undefined, place: async () => undefined };
}

/** What the example's recipe comes to, when its dependency and the host are those of the example. */
function deriveExample(shown: Derivation): Derivation {
  const recipe = resolveRecipe(recipeOf(block("yaml derivation"), "recipes/greet/recipe.yaml"), {
    platform: { os: "linux", arch: "x86_64" },
    files: ["greet/src/Makefile", "greet/patches/fix.patch"],
  });
  const planned = {
    id: "greet@1.10",
    name: recipe.name,
    version: recipe.version,
    recipe,
    recipeFiles: ["recipes/greet/recipe.yaml"],
    recipeDirectory: "recipes/greet",
    files: new Map(),
    dependencies: [],
  };
  const { inputs, host } = shown;
  const [sources, patches] = [shown.sources, shown.patches].map((list) =>
    list.map(({ fileName, content }) => source(fileName, content)),
  ) as [BuildSource[], BuildSource[]];
  const canonicalStoreDir = "/store/pkgs_____________________________________";
  return derive({ planned, sources, patches, inputs, host, canonicalStoreDir });
}

describe("store-layout.md", () => {
  const shown = JSON.parse(block("json derivation")) as Derivation;

  it("shows what its recipe comes to", () => {
    expect(deriveExample(shown)).toEqual(shown);
  });

  it("shows the key of its example", () => {
    expect(`${derivationKey(shown)}\n`).toBe(block("vectors derivation-key"));
    expect(derivationKey(deriveExample(shown))).toBe(derivationKey(shown));
  });

  it("shows its members in the order in which they are hashed", () => {
    const order = [...printDerivation(shown).matchAll(/"(\w+)":/g)].map(([, name]) => name);
    const top = Object.keys(JSON.parse(printDerivation(shown)));
    expect(top).toEqual([...top].sort());
    expect(Object.keys(shown)).toEqual(top);
    expect(order[0]).toBe("addressing");
  });
});

const MEMBERS: readonly [string, (derivation: Derivation) => unknown][] = [
  ["version", (derivation) => ({ ...derivation, version: "2" })],
  ["options", (derivation) => ({ ...derivation, options: { loud: true } })],
  ["host", (derivation) => ({ ...derivation, host: { libc: "other" } as Json })],
  ["support", (derivation) => ({ ...derivation, support: derivation.support + 1 })],
  ["inputs", (derivation) => ({ ...derivation, inputs: [] as { path: BaseName }[] })],
];

it.each(MEMBERS)("another %s is another key, and is told as a difference", (member, change) => {
  const derivation = JSON.parse(block("json derivation")) as Derivation;
  const other = change(derivation) as Derivation;
  expect(derivationKey(other)).not.toBe(derivationKey(derivation));
  expect(compareDerivations(derivation, other).map((each) => each.member.split(".")[0])).toContain(member);
  expect(compareDerivations(derivation, derivation)).toEqual([]);
});

async function shownIn(
  world: BuildWorld,
  store: Store,
  spec: string,
  settings: Settings = {},
): Promise<ShownDerivation> {
  const [shown] = await showDerivations(store, {
    recipes: [world.recipes],
    cwd: world.directory,
    ...settings,
    specs: [spec],
  });
  return shown as ShownDerivation;
}

describe("the derivation of a recipe", () => {
  it("is the same for every store, user, number of jobs and place of the recipes", async () => {
    const [world, other] = [makeBuildWorld({ memory: true }), makeBuildWorld({ memory: true })];
    const one = await shownIn(world, await world.buildStore("one", { HOME: "/home/anna" }), "optional", { jobs: 1 });
    const two = await shownIn(other, await other.buildStore("the-second", { HOME: "/root" }), "optional", { jobs: 9 });
    expect(two).toEqual(one);
    for (const text of [world.directory, "/home", "http", world.recipes]) expect(one.text).not.toContain(text);
    expect(one.text).toBe(printDerivation(one.derivation));
    expect(one.key).toBe(derivationKey(one.derivation));
  });

  it("has no URL in it, only what is behind it", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const integrity = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const recipe = (url: string) =>
      `sources:\n  - url: ${url}\n    fileName: x.tar\n    integrity: ${integrity}\nbuild: make\n`;
    world.recipe("remote", recipe("https://one.example/x.tar"));
    const one = await shownIn(world, store, "remote");
    world.recipe("remote", recipe("[https://two.example/y/x.tar, https://three.example/x.tar]"));
    expect(await shownIn(world, store, "remote")).toEqual(one);
    expect(one.derivation.sources).toEqual([{ fileName: "x.tar", content: integrity }]);
    world.recipe("remote", recipe("https://one.example/x.tar").replace("47DE", "48DE"));
    expect((await shownIn(world, store, "remote")).key).not.toBe(one.key);
  });

  it.each([
    ["a version", "optional@1.9", () => undefined],
    ["an option", "optional+loud", () => undefined],
    ["a value of an option", "optional language=de", () => undefined],
    ["a patch", "optional", (world: BuildWorld) => world.edit("optional/linux.patch", "on linux", "at home")],
    ["a source", "optional", (world: BuildWorld) => world.edit("optional/src/where", "nowhere", "nowhere, really")],
    ["a phase", "optional", (world: BuildWorld) => world.edit("optional/recipe.yaml", "mkdir -p", "mkdir  -p")],
    [
      "a variable",
      "optional",
      (world: BuildWorld) => world.edit("optional/recipe.yaml", 'PUNCTUATION: "."', 'PUNCTUATION: "!"'),
    ],
  ] as [string, string, (world: BuildWorld) => void][])("is another one for another %s", async (_, spec, change) => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const before = await shownIn(world, store, "optional");
    change(world);
    expect((await shownIn(world, store, spec)).key).not.toBe(before.key);
  });

  it.each([
    ["summary", (world: BuildWorld) => world.edit("optional/recipe.yaml", "summary: Options", "summary: Choices")],
    [
      "a patch for another platform",
      (world: BuildWorld) => world.edit("optional/darwin.patch", "on darwin", "elsewhere"),
    ],
    [
      "a comment in the recipe",
      (world: BuildWorld) => world.edit("optional/recipe.yaml", "build: script", "build: script # so"),
    ],
  ] as [string, (world: BuildWorld) => void][])("is not another one for another %s", async (_, change) => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const before = await shownIn(world, store, "optional");
    change(world);
    expect((await shownIn(world, store, "optional")).key).toBe(before.key);
  });

  it("names its inputs by what they came out as: it is not known before they are built", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    expect(await caughtAsync(shownIn(world, store, "libb"))).toMatchObject({
      code: "NOT_FOUND",
      details: { id: "libb@1.0", waitsFor: ["liba@1.0"] },
    });
    const { built } = await world.build(store, "liba");
    const { derivation } = await shownIn(world, store, "libb");
    expect(derivation.inputs).toEqual([{ name: "liba", kinds: ["link"], path: built[0]?.baseName }]);
  });
});

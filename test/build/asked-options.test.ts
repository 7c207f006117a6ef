import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BuildWorld, makeBuildWorld } from "../helpers/build-world.ts";

const SCRIPT = "build: script\nphases: {install: 'mkdir \"$out\"'}\n";

/** A library with options, and packages that ask for it. */
function worldOf(users: Readonly<Record<string, string>>): BuildWorld {
  const world = makeBuildWorld({ memory: true });
  world.recipe("lib", `options: {static: {default: false}, level: {values: [1, 2, 3], default: 2}}\n${SCRIPT}`);
  for (const [name, dependencies] of Object.entries(users))
    world.recipe(name, `${SCRIPT}dependencies: {${dependencies}}\n`);
  return world;
}

describe("options that a recipe asks of another one", () => {
  it("are the same in whatever way they are written", async () => {
    const world = worldOf({ a: "link: [lib+static]", b: 'build: ["lib static=true"], link: ["lib+static"]' });
    const { started } = await world.build(await world.buildStore(), ["a", "b"]);
    expect([...started].sort()).toEqual(["a@1", "b@1", "lib@1+static level=2"]);
  });

  it("can be texts that look like truth values, in a mapping, too", async () => {
    const world = worldOf({ a: "link: [{name: text, options: {t: 'true'}}]", b: 'link: ["text t=true"]' });
    world.recipe("text", `options: {t: {type: string, default: x}}\n${SCRIPT}`);
    const { started } = await world.build(await world.buildStore(), ["a", "b"]);
    expect([...started].sort()).toEqual(["a@1", "b@1", "text@1 t=true"]);
  });

  it.each([
    ["the first that needs it", ["b"]],
    ["one behind others", ["a", "b"]],
  ])("and that it does not have are told with the place; asked by %s", async (_, specs) => {
    const world = worldOf({ a: "link: [lib]", b: 'link: ["lib statik=true"], build: ["lib level=9"]' });
    const { error } = await world.failure(await world.buildStore(), specs);
    expect(error.code).toBe("INVALID_RECIPE");
    const file = join(world.recipes, "b/recipe.yaml");
    expect(error.message.split("\n")).toEqual([
      "the recipe of b@1 has 2 mistakes:",
      expect.stringMatching(`^  ${file}:5:\\d+: lib: option 'level' is one of 1, 2, 3: write level=2`),
      `  ${file}:5:24: lib: there is no option 'statik'; did you mean 'static'?`,
    ]);
  });

  it("and that the command gave wrongly are no mistake of the recipe", async () => {
    const world = worldOf({ a: "link: [lib+static]" });
    const { error } = await world.failure(await world.buildStore(), ["a", "lib+statik"]);
    expect([error.code, error.message]).toEqual(["INVALID_INPUT", "lib: there is no option 'statik'"]);
  });

  it.each([[["a", "b"]], [["b", "a"]]])("hold for those who leave them to the recipe, named as %j", async (specs) => {
    const world = worldOf({ a: "link: [lib]", b: "link: [lib+static]" });
    const { started } = await world.build(await world.buildStore(), specs);
    expect([...started].sort()).toEqual(["a@1", "b@1", "lib@1+static level=2"]);
  });

  it("hold further down, for what their dependencies then need", async () => {
    const world = worldOf({ a: "link: [mid]", b: "link: [mid+deep]", c: "link: [lib]" });
    const deep = "{name: lib, when: options.deep, options: {level: '3'}}";
    world.recipe("mid", `options: {deep: {default: false}}\n${SCRIPT}dependencies: {link: [${deep}]}\n`);
    const { started } = await world.build(await world.buildStore(), ["a", "c", "b"]);
    expect([...started].sort()).toEqual(["a@1", "b@1", "c@1", "lib@1~static level=3", "mid@1+deep"]);
  });

  it("hold as little as a version for what the command names without them", async () => {
    const world = worldOf({ a: "link: [lib+static]" });
    for (const specs of [
      ["a", "lib"],
      ["lib", "a"],
    ]) {
      const { error } = await world.failure(await world.buildStore(), specs);
      expect(error.message).toBe("a@1 needs lib with static=true, and for the command it is lib@1~static level=2");
    }
  });

  it("and that change with what they bring about are told; the command can settle them", async () => {
    const world = worldOf({ t: "link: [p, q]" });
    const need = (name: string, when: string) =>
      `options: {x: {default: false}}\n${SCRIPT}dependencies: {link: [{name: ${name}, when: ${when}, options: {x: true}}]}\n`;
    world.recipe("p", need("q", "not options.x"));
    world.recipe("q", need("p", "options.x"));
    const { error } = await world.failure(await world.buildStore(), "t");
    expect([error.code, error.message]).toEqual(["CONFLICT", "what is asked of q changes with what is chosen for it"]);
    const { started } = await world.build(await world.buildStore(), ["t", "p+x"]);
    expect([...started].sort()).toEqual(["p@1+x", "q@1~x", "t@1"]);
  });

  it("and that differ are told with what each gets", async () => {
    const world = worldOf({ a: "link: [lib level=1]", b: "link: [lib level=3]" });
    const { error } = await world.failure(await world.buildStore(), ["a", "b"]);
    expect([error.code, error.message]).toEqual([
      "CONFLICT",
      "b@1 needs lib with level=3, and for a@1 it is lib@1~static level=1",
    ]);
  });
});

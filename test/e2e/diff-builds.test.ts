import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";

/** `foo`, which copies what `gmp` says; with the option `x11` it says more. */
function makeRecipes(world: StoreWorld) {
  const write = (name: string, text: string) => {
    const directory = join(world.directory, "recipes", name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "recipe.yaml"), text);
  };
  world.env.STORE_RECIPES = join(world.directory, "recipes");
  const gmp = (says: string) =>
    write("gmp", `name: gmp\nversion: 6.3\nbuild: script\nphases:\n  install: mkdir $out; echo ${says} > $out/says\n`);
  const foo = [
    "name: foo",
    "version: 1.2",
    "options: {x11: {default: true}}",
    "dependencies: {build: [gmp]}",
    "build: script",
    "phases:",
    "  install: mkdir $out; cat $dep_gmp/says > $out/foo; echo {{options.x11}} >> $out/foo",
  ];
  write("foo", `${foo.join("\n")}\n`);
  return { gmp };
}

it("diff and log tell options, and which dependency made a build another one", () => {
  const world = makeStoreWorld();
  const { gmp } = makeRecipes(world);
  gmp("one");
  world.done("install", "foo+x11");
  world.done("install", "foo~x11");
  gmp("two");
  world.done("install", "foo~x11");
  expect(world.done("diff", "gen-1", "gen-2").stdout).toContain("~ foo 1.2 [+x11 → -x11]\n");
  expect(world.done("diff", "gen-2").stdout).toContain("~ foo 1.2 (rebuilt: gmp changed)\n");
  const [upgraded] = world.done("diff", "gen-2", "--json").json<{ upgraded: { because: string[] }[] }>().upgraded;
  expect(upgraded?.because).toEqual(["gmp changed"]);
  const lines = world.done("log").stdout.split("\n");
  expect(lines[0]).toContain("foo 1.2 (rebuilt)");
  expect(lines[1]).toContain("foo 1.2 [+x11 → -x11]");
  world.done("rollback", "-n", "2");
  expect(world.done("state", "--json").json()).toMatchObject({ packages: [{ name: "foo", options: { x11: true } }] });
});

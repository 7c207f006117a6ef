import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { add } from "../../../src/operations/packages/add.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { makeTar, type TarMember } from "../../helpers/archives.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { startRegistry } from "../../helpers/fake-registry.ts";
import { fakeContext, makeWorld } from "../../helpers/worlds.ts";

/** A store, and a registry that has a package with this package.json, and with these packages and members inside. */
async function withNeedy(description: object, inside: readonly string[] = [], more: readonly TarMember[] = []) {
  const members = [
    { name: "package/package.json", content: JSON.stringify({ name: "needy", version: "1.0.0", ...description }) },
    ...inside.map((name) => ({ name: `package/node_modules/${name}/package.json`, content: "{}" })),
    ...more,
  ];
  const content = makeTar(members).toString("latin1");
  const registry = await startRegistry({ needy: { tags: { latest: "1.0.0" }, versions: { "1.0.0": { content } } } });
  const world = makeWorld({ memory: true });
  writeFileSync(join(world.directory, ".npmrc"), `registry=${registry.registry}\n`);
  const store = await world.store("s", {
    context: fakeContext({ env: { HOME: world.directory, PATH: process.env.PATH } }),
  });
  return { store, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
}

/** The warnings of adding such a package twice. */
async function warnings(description: object, inside: readonly string[] = []) {
  await using world = await withNeedy(description, inside);
  const { store } = world;
  const told: string[][] = [];
  for (let time = 0; time < 2; time++) {
    const events: StoreEvent[] = [];
    await add(store, { from: "npm:needy", cwd: "/" }, { onEvent: (event) => events.push(event) });
    told.push(events.flatMap((event) => (event.kind === "warning" ? [event.message] : [])));
  }
  return told;
}

it("an npm package that needs others, and does not bring them along, is told of once", async () => {
  expect(await warnings({ dependencies: { glob: "^10", "@a/b": "1" } })).toEqual([
    ["needy 1.0.0 needs glob, @a/b, which npm would install beside it and `store` does not"],
    [],
  ]);
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`d${at}`, "*"]));
  expect((await warnings({ dependencies: many }))[0]).toEqual([expect.stringContaining("d4 and 3 more, which")]);
});

it.each([
  [{}, []],
  [{ dependencies: {} }, []],
  [{ dependencies: { glob: "^10", "@a/b": "1" } }, ["glob", "@a/b"]],
  [{ dependencies: { fsevents: "*" }, optionalDependencies: { fsevents: "*" } }, []],
  [{ dependencies: "nonsense", devDependencies: { glob: "*" }, peerDependencies: { react: "*" } }, []],
])("nothing is told of %j with %j inside", async (description, inside) => {
  expect(await warnings(description, inside)).toEqual([[], []]);
});

it.each([{ maxEntries: 4 }, { maxBytes: 2000 }])("an npm package that goes beyond %j adds nothing", async (limits) => {
  await using world = await withNeedy({}, ["inner"]);
  const { store } = world;
  const input = { from: "npm:needy", cwd: "/" };
  const [limit] = Object.keys(limits);
  expect(await caughtAsync(add(store, { ...input, limits }))).toMatchObject({ code: "LIMIT", details: { limit } });
  expect(listObjects(store)).toEqual([]);
  expect(await add(store, { ...input, limits: { maxEntries: 5, maxBytes: 20_000 } })).toMatchObject({ files: 2 });
});

it("a command of an npm package that is a link out of it is left out, and what it leads to stays as it is", async () => {
  const victim = join(makeWorld({ memory: true }).tree({ "d/file": "mine" }), "d/file");
  chmodSync(victim, 0o640);
  const bin = { direct: "direct", through: "out/file", inside: "run" };
  await using world = await withNeedy(
    { bin },
    [],
    [
      { name: "package/direct", type: "2", link: victim },
      { name: "package/out", type: "2", link: dirname(victim) },
      { name: "package/run", content: "#!" },
    ],
  );
  const { path } = await add(world.store, { from: "npm:needy", cwd: "/" });
  expect(readdirSync(join(path, "bin"))).toEqual(["inside"]);
  expect(statSync(victim).mode & 0o777).toBe(0o640);
});

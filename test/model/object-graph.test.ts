import fc from "fast-check";
import { expect, test } from "vitest";
import { findChains } from "../../src/model/chains.ts";
import type { BaseName } from "../../src/model/ids.ts";
import { listUnmarked, markFrom } from "../../src/model/object-graph.ts";
import { buildObjectGraph } from "../../src/model/packed-graph.ts";
import { namesOf } from "../helpers/graphs.ts";

interface World {
  readonly objects: readonly { readonly path: BaseName; readonly references: readonly BaseName[] }[];
  readonly roots: readonly BaseName[];
}

/** References go anywhere: also round in circles, and to what is no object. */
const worlds: fc.Arbitrary<World> = fc.integer({ min: 0, max: 30 }).chain((count) => {
  const name = fc.integer({ min: 0, max: count + 3 }).map((number) => `n${number}` as BaseName);
  return fc.record({
    objects: fc
      .array(fc.uniqueArray(name, { maxLength: 5 }), { minLength: count, maxLength: count })
      .map((lists) => lists.map((references, number) => ({ path: `n${number}` as BaseName, references }))),
    roots: fc.array(name, { maxLength: 4 }),
  });
});

/** References of an object go to earlier ones only, as digests make sure. */
const plainWorlds = worlds.map(
  ({ objects, roots }): World => ({
    roots,
    objects: objects.map(({ path, references }, number) => ({
      path,
      references: references.filter((each) => Number(each.slice(1)) < number),
    })),
  }),
);

/** What the roots reach, step by step until nothing is added any more. */
function naiveAlive({ objects, roots }: World): Set<BaseName> {
  const alive = new Set(roots);
  for (let size = -1; size !== alive.size; ) {
    size = alive.size;
    for (const { path, references } of objects) if (alive.has(path)) for (const each of references) alive.add(each);
  }
  return alive;
}

test("marks what a naive search finds, and lists the rest", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const graph = buildObjectGraph(world.objects);
      const marks = new Uint8Array(graph.names.size);
      for (const root of world.roots) markFrom(graph, marks, [root]);
      const alive = naiveAlive(world);
      const names = namesOf(graph);
      expect(names.map((name, number) => [name, marks[number] === 1])).toEqual(
        names.map((name) => [name, alive.has(name)]),
      );
      const dead = listUnmarked(graph, marks).map((number) => graph.names.at(number));
      const expected = world.objects.map(({ path }) => path).filter((path) => !alive.has(path));
      expect([...dead].sort()).toEqual([...expected].sort());
    }),
    { numRuns: 300 },
  );
});

test("lists each object before what it refers to", () => {
  fc.assert(
    fc.property(plainWorlds, (world) => {
      const graph = buildObjectGraph(world.objects);
      const marks = new Uint8Array(graph.names.size);
      markFrom(graph, marks, world.roots);
      const place = new Map(listUnmarked(graph, marks).map((number, at) => [graph.names.at(number), at]));
      for (const { path, references } of world.objects) {
        for (const each of references) {
          const [from, to] = [place.get(path), place.get(each)];
          if (from !== undefined && to !== undefined) expect(from).toBeLessThan(to);
          // Nothing that lives needs anything that goes.
          if (from === undefined) expect(to).toBeUndefined();
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("does not mind how deep objects lie", () => {
  const objects = Array.from({ length: 100_000 }, (_, number) => ({
    path: `n${number}` as BaseName,
    references: number === 0 ? [] : [`n${number - 1}` as BaseName],
  }));
  const graph = buildObjectGraph(objects);
  const marks = new Uint8Array(graph.names.size);
  expect(graph.names.at(listUnmarked(graph, marks)[0] as number)).toBe("n99999");
  markFrom(graph, marks, ["n99999" as BaseName]);
  expect(listUnmarked(graph, marks)).toEqual([]);
});

test("a chain leads from what a root names, step by step, to the object, and none is shorter", () => {
  fc.assert(
    fc.property(worlds, fc.nat(33), ({ objects, roots }, number) => {
      const target = `n${number}` as BaseName;
      const root = { kind: "named" as const, name: "r", objects: roots };
      const references = new Map(objects.map(({ path, references: list }) => [path, list]));
      const chains = findChains(target, [root], (object) =>
        objects.filter(({ references: list }) => list.includes(object)).map(({ path }) => path),
      );
      expect(chains.length > 0).toBe(naiveAlive({ objects, roots }).has(target));
      for (const chain of chains) {
        expect(roots).toContain(chain.objects[0]);
        expect(chain.objects.at(-1)).toBe(target);
        for (const [at, object] of chain.objects.slice(0, -1).entries())
          expect(references.get(object)).toContain(chain.objects[at + 1]);
        expect(new Set(chain.objects).size).toBe(chain.objects.length);
      }
    }),
    { numRuns: 200 },
  );
});

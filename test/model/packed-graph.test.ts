import fc from "fast-check";
import { expect, it } from "vitest";
import type { BaseName } from "../../src/model/ids.ts";
import {
  buildObjectGraph,
  changeGraph,
  type GraphObject,
  packGraph,
  unpackGraph,
} from "../../src/model/packed-graph.ts";
import { namesOf, objectsOf } from "../helpers/graphs.ts";

const anyName = fc.integer({ min: 10, max: 40 }).map((number) => `n${number}` as BaseName);

/** Each name once, in the order of names; references go anywhere. */
const anyObjects: fc.Arbitrary<GraphObject[]> = fc
  .uniqueArray(fc.record({ path: anyName, references: fc.uniqueArray(anyName, { maxLength: 4 }) }), {
    selector: ({ path }) => path,
  })
  .map((objects) => objects.sort((a, b) => (a.path < b.path ? -1 : 1)));

it("a graph comes back as it was packed", () => {
  fc.assert(
    fc.property(anyObjects, (objects) => {
      const graph = buildObjectGraph(objects);
      expect(objectsOf(unpackGraph(packGraph(graph)))).toEqual(objects);
      // What is read from a database lies at any address.
      const elsewhere = unpackGraph(Buffer.concat([Buffer.of(0), packGraph(graph)]).subarray(1));
      expect(objectsOf(elsewhere)).toEqual(objects);
      expect(namesOf(elsewhere)).toEqual(namesOf(graph));
    }),
    { numRuns: 200 },
  );
});

it("a graph that is changed is the one that the objects then make", () => {
  fc.assert(
    fc.property(anyObjects, anyObjects, fc.uniqueArray(anyName), (old, come, alsoGone) => {
      const gone = new Set([...come.map(({ path }) => path), ...alsoGone]);
      const expected = [...old.filter(({ path }) => !gone.has(path)), ...come].sort((a, b) =>
        a.path < b.path ? -1 : 1,
      );
      const changed = changeGraph(buildObjectGraph(old), { gone, come });
      expect(objectsOf(changed)).toEqual(expected);
      // Byte by byte: what was before leaves nothing.
      expect(packGraph(changed)).toEqual(packGraph(buildObjectGraph(expected)));
    }),
    { numRuns: 200 },
  );
});

it("a name has its number, in whatever order names are asked for", () => {
  fc.assert(
    fc.property(anyObjects, fc.array(anyName, { maxLength: 60 }), (objects, asked) => {
      const graph = buildObjectGraph(objects);
      const names = namesOf(graph);
      for (const name of asked) {
        const number = graph.names.numberOf(name);
        expect(number ?? -1).toBe(names.indexOf(name));
        const behind = objects.findIndex(({ path }) => path >= name);
        expect(graph.names.firstFrom(name)).toBe(behind < 0 ? objects.length : behind);
      }
    }),
    { numRuns: 200 },
  );
});

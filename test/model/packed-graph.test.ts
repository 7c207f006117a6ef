import fc from "fast-check";
import { expect, it } from "vitest";
import type { BaseName } from "../../src/model/ids.ts";
import { buildObjectGraph } from "../../src/model/object-graph.ts";
import { changeGraph, type GraphObject, packGraph, unpackGraph } from "../../src/model/packed-graph.ts";

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
      expect(unpackGraph(packGraph(graph))).toEqual(graph);
      // What is read from a database lies at any address.
      expect(unpackGraph(Buffer.concat([Buffer.of(0), packGraph(graph)]).subarray(1))).toEqual(graph);
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
      expect(changeGraph(buildObjectGraph(old), { gone, come })).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

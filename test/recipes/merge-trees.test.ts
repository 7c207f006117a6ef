import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeTrees } from "../../src/recipes/merge-trees.ts";
import { isNull, type MappingTree, type Tree } from "../../src/recipes/tree.ts";
import { parseYaml } from "../../src/recipes/yaml.ts";

function mapping(value: unknown, file = "f"): MappingTree {
  const { tree } = parseYaml(typeof value === "string" ? value : JSON.stringify(value), file);
  if (tree?.kind !== "mapping") throw new Error(`not a mapping: ${value}`);
  return tree;
}

/** What a reader sees: a key with null is not there. */
function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  const entries = tree.entries.filter(({ value }) => !isNull(value));
  return Object.fromEntries(entries.map(({ key, value }) => [key, plain(value)]));
}

const merged = (base: unknown, over: unknown): unknown => plain(mergeTrees(mapping(base), mapping(over)));

const { document } = fc.letrec<{ document: object; value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>(null, 1, 2, "x", true),
    fc.array(fc.constantFrom<unknown>(null, 1, "x"), { maxLength: 2 }),
    tie("document"),
  ),
  document: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
}));

describe("mergeTrees", () => {
  test("merges mappings, replaces lists and scalars, removes what is null", () => {
    const base = { a: { x: 1, y: 2, z: { p: 1 } }, list: [1, 2], text: "t", gone: { x: 1 } };
    const over = {
      a: { y: 3, z: { q: 2 }, x: null },
      list: [3],
      text: { now: "a mapping" },
      gone: null,
      new: { n: null, m: 1 },
    };
    expect(merged(base, over)).toEqual({
      a: { y: 3, z: { p: 1, q: 2 } },
      list: [3],
      text: { now: "a mapping" },
      new: { m: 1 },
    });
  });

  test("keeps null inside lists, which replace as a whole", () => {
    expect(merged({ a: [1] }, { a: [null, { b: 1 }] })).toEqual({ a: [null, { b: 1 }] });
  });

  test("keeps the place of each value", () => {
    const result = mergeTrees(mapping("a: 1\nb: {c: 2}\n", "base"), mapping("\nb: {d: 3}\n", "over"));
    const text = JSON.stringify(result);
    expect(result.entries.map(({ key, at }) => [key, at.file, at.line])).toEqual([
      ["a", "base", 1],
      ["b", "over", 2],
    ]);
    expect(text).toContain('"key":"c","at":{"file":"base","line":2,"column":5}');
    expect(text).toContain('"key":"d","at":{"file":"over","line":2,"column":5}');
  });

  test("has laws: neutral elements, idempotence, and the last one wins", () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        const base = merged({}, a) as object;
        expect(merged(base, {})).toEqual(base);
        expect(merged({}, base)).toEqual(base);
        expect(merged(base, base)).toEqual(base);
        const once = merged(base, b) as object;
        expect(merged(once, b)).toEqual(once);
        for (const [key, value] of Object.entries(b)) {
          if (value === null) expect(once).not.toHaveProperty(key);
          else if (typeof value !== "object" || Array.isArray(value)) expect(once).toHaveProperty(key, value);
        }
        for (const key of Object.keys(base))
          if (!(key in b)) expect(once).toHaveProperty(key, (base as Record<string, unknown>)[key]);
      }),
      { numRuns: 500 },
    );
  });

  test("is associative while each key keeps its kind and nothing is removed", () => {
    const steady = fc.letrec<{ mapping: object }>((tie) => ({
      mapping: fc.record(
        { text: fc.constantFrom("x", "y"), list: fc.array(fc.integer(), { maxLength: 2 }), inner: tie("mapping") },
        { requiredKeys: [] },
      ),
    })).mapping;
    fc.assert(
      fc.property(steady, steady, steady, (a, b, c) => {
        expect(merged(merged(a, b), c)).toEqual(merged(a, merged(b, c)));
      }),
      { numRuns: 500 },
    );
  });
});

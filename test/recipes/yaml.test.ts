import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { placeAt } from "../../src/model/recipe/place.ts";
import type { ScalarTree, Tree } from "../../src/recipes/tree.ts";
import { parseYaml, toYamlScalar } from "../../src/recipes/yaml.ts";
import { runs } from "../helpers/runs.ts";

function treeOf(text: string): Tree {
  const { tree, findings } = parseYaml(text, "f");
  if (tree === undefined) throw new Error(JSON.stringify(findings));
  return tree;
}

/** What a reader without positions sees. */
function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries(tree.entries.map(({ key, value }) => [key, plain(value)]));
}

function scalars(tree: Tree): readonly ScalarTree[] {
  if (tree.kind === "scalar") return [tree];
  return (tree.kind === "list" ? tree.items : tree.entries.map(({ value }) => value)).flatMap(scalars);
}

describe("parseYaml", () => {
  test("finds every character of a value in its place", () => {
    const text = [
      "plain: one @A",
      'quoted: "two @B"',
      "single: 'three @C'",
      "block: |",
      "    first @D",
      "      deeper @E",
      "",
      "    last @F",
      "kept: |2+",
      "    indented @G",
      "list: [x, 'y @H']",
      "  ",
    ].join("\r\n");
    const lines = text.split("\r\n");
    const found = scalars(treeOf(text)).flatMap((scalar) =>
      [...scalar.text.matchAll(/@./g)].map((match) => ({
        mark: match[0],
        ...placeAt(scalar.where, scalar.text, match.index),
      })),
    );
    expect(found.map(({ mark }) => mark)).toEqual(["@A", "@B", "@C", "@D", "@E", "@F", "@G", "@H"]);
    for (const { mark, line, column } of found) expect(lines[line - 1]?.slice(column - 1, column + 1)).toBe(mark);
  });

  test("gives the start of a folded value, whose lines do not show", () => {
    const [scalar] = scalars(treeOf("a: >\n  one\n  two\n")) as [ScalarTree];
    expect(scalar.text).toBe("one two\n");
    expect(placeAt(scalar.where, scalar.text, 9)).toMatchObject({ line: 1 });
  });

  test.each([
    ["1.10", 1.1],
    ["0x10", 16],
    ["true", true],
    ["~", null],
    ["text", "text"],
    ["2024-01-01", "2024-01-01"],
  ])("keeps %s as it is written", (text, value) => {
    expect(treeOf(text)).toMatchObject({ kind: "scalar", value, text });
  });

  test("sees what the library sees in JSON", () => {
    const key = fc.stringMatching(/^[a-z_]{1,8}$/).filter((each) => each !== "__proto__");
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.string({ maxLength: 10 }),
        fc.boolean(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, (each) => {
        const text = JSON.stringify(each);
        expect(JSON.stringify(plain(treeOf(text)))).toBe(text);
        expect(JSON.stringify(parse(text))).toBe(text);
      }),
    );
  });

  test("resolves anchors, the last of a name counting", () => {
    expect(plain(treeOf("a: &x {k: 1}\nb: *x\nc: &x 2\nd: [*x, *x]\n"))).toEqual({
      a: { k: 1 },
      b: { k: 1 },
      c: 2,
      d: [2, 2],
    });
  });

  test.each([
    ["a: 1\nb: 2\na: 3\n", 3, 1, "'a' is already given in line 1"],
    ["a: {b: 1, 'b': 2}\n", 1, 11, "'b' is already given"],
    ["1: a\n'1': b\n", 2, 1, "'1' is already given"],
    ["a: *x\nb: &x 1\n", 1, 4, "no anchor '&x'"],
    ["&a [*a]", 1, 5, "no anchor '&a'"],
    ["a: !!binary AAAA\n", 1, 13, "binary"],
    ["a: !include x\n", 1, 4, "!include"],
    ["a: 1\n---\nb: 1\n", 2, 1, "single"],
    ["[a]: 1\n", 1, 1, "a key is a single word"],
    ["*a : 1\n", 1, 1, "a key is a single word"],
    ["a: 'x\n", 2, 1, "not YAML"],
    ["a: !!set {x}\n", 1, 10, "set"],
    ["a: !!timestamp 2024-01-01\n", 1, 16, "timestamp"],
    ["a: [1, 2\n", 2, 1, "not YAML"],
    ["<<: {a: 1}\n", 1, 1, "extends"],
  ])("refuses %j at %i:%i", (text, line, column, message) => {
    const { tree, findings } = parseYaml(text, "f");
    expect(tree).toBeUndefined();
    expect(findings[0]).toMatchObject({
      file: "f",
      rule: "syntax",
      line,
      column,
      message: expect.stringContaining(message),
    });
  });
});

describe("what would exhaust the machine is refused:", () => {
  const bomb = [
    "a0: &a0 [x, x, x, x, x, x, x, x, x]",
    ...Array.from({ length: 20 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(9)}]`),
  ].join("\n");
  const chain = [
    "a0: &a0 [x]",
    ...Array.from({ length: 100 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}]`),
  ].join("\n");

  test.each([
    ["a billion laughs", bomb],
    ["a long chain of aliases", chain],
    ["deep lists", "[".repeat(100_000)],
    ["deep mappings", "{a: ".repeat(50_000)],
    ["deep blocks", "- ".repeat(100_000)],
    ["deep keys", "? ".repeat(100_000)],
    ["deep empty keys", ": ".repeat(100_000)],
    ["a mix of both", "- [".repeat(60_000)],
    ["many lines of it", `${"[".repeat(4000)}\n`.repeat(60)],
    ["a long text", `a: ${"x".repeat(300_000)}`],
    ["many values", "- 1\n".repeat(60_000)],
    ["nesting just over the limit", `${"[".repeat(34)}${"]".repeat(34)}`],
  ])("%s", (_name, text) => {
    const { tree, findings } = parseYaml(text, "f");
    expect(tree).toBeUndefined();
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.length).toBeLessThanOrEqual(21);
  });

  test("but not what is merely large", () => {
    const text = Array.from({ length: 5000 }, (_, index) => `key${index}: [${index}, "${"x".repeat(20)}"]`).join("\n");
    expect(treeOf(text)).toMatchObject({ kind: "mapping" });
    expect(treeOf(`${"[".repeat(30)}${"]".repeat(30)}`)).toMatchObject({ kind: "list" });
  });
});

test("no text makes parseYaml crash", () => {
  const unit = fc.constantFrom(
    ..."abc:-?#&*!|>'\"%@`{}[],.~ \n\t\r\\",
    "  ",
    "\n  ",
    ": ",
    "- ",
    "*a ",
    "&a ",
    "!!",
    "---\n",
    "...\n",
    "é",
    "\u0000",
    "\ufeff",
    "\u2028",
    "<<: ",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 80 }), (text) => {
      const { tree, findings } = parseYaml(text, "f");
      expect(tree === undefined).toBe(findings.length > 0);
    }),
    { numRuns: runs(1500) },
  );
});

test("toYamlScalar writes what is read back as the same text", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("1.10", "true", "null", "~", "a: b", "- x", "# c", "'", "{{x}}", "0x1", "", " "),
  );
  fc.assert(
    fc.property(
      text,
      (each) =>
        void expect(treeOf(`a: ${toYamlScalar(each)}\n`)).toMatchObject({ entries: [{ value: { value: each } }] }),
    ),
  );
});

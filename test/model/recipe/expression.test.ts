import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holds } from "../../../src/model/recipe/evaluate.ts";
import { type Expression, formatExpression } from "../../../src/model/recipe/expression.ts";
import { parseExpression } from "../../../src/model/recipe/parse-expression.ts";
import { compareVersions } from "../../../src/model/recipe/version-order.ts";
import { anyExpression, withoutPlaces } from "./expression-arbitrary.ts";

const surroundings = {
  version: "4.2.0",
  options: { static: true, abi: "64", "with-x": false },
  platform: { os: "linux", arch: "x86_64" },
} as const;

function parse(text: string): Expression {
  const parsed = parseExpression(text);
  if ("message" in parsed) throw new Error(`${parsed.message} at ${parsed.offset}`);
  return parsed;
}

describe("a condition", () => {
  test.each([
    ["options.static", true],
    ["not options.static", false],
    ["options.static == true", true],
    ["options.static and options.with-x", false],
    ["options.static or options.with-x", true],
    ["options.abi == '64'", true],
    ["options.abi == 64", true],
    ['options.abi != "32"', true],
    ["platform.os == 'linux' and platform.arch in ['x86_64', 'aarch64']", true],
    ["platform.os not in ['linux', 'darwin',]", false],
    ["version >= 4.2", true],
    ["version >= 4.10", false],
    ["version < '4.2.1'", true],
    ["version == 4.2.0", true],
    ["version <= 4.2.0", true],
    ["version >= 4.2.0", true],
    ["version < 4.2.0", false],
    ["version > 4.2.0", false],
    ["version == 4.2", false],
    ["false or true and false", false],
    ["(true or true) and false", false],
    ["true or true and false", true],
    ["not false == false", false],
    ["not (false == true)", true],
    ["not not true", true],
    ["'it\\'s' == \"it's\"", true],
    ["[1, 2] == ['1', '2']", true],
    ["[1] in [[1], [2]]", true],
    ["options.nothing == options.nothing", false],
    ["options.nothing != 'x'", true],
    ["options.toString", false],
    ["'true'", false],
    ["true < false", false],
    ["'a' in 'abc'", false],
  ])("%s is %s", (text, expected) => {
    expect(holds(parse(text), surroundings)).toBe(expected);
  });

  test.each([
    ["", 0, "missing at the end", undefined],
    ["options.static &&options.x", 15, "'&&'", "and"],
    ["options.static || true", 15, "'||'", "or"],
    ["!options.static", 0, "'!'", "not"],
    ["version = 3", 8, "'='", "=="],
    ["version == 'x", 11, "never closed", undefined],
    ["1 < version < 3", 12, "do not chain", undefined],
    ["(true", 5, "')'", undefined],
    ["true)", 4, "an operator or the end", undefined],
    ["[1 2]", 3, "',' or ']'", undefined],
    ["version not 3", 12, "'in'", undefined],
    ["true and", 8, "missing at the end", undefined],
    ["platform.os == linux", 15, "linux, without quotes,", "'linux'"],
    ["plattform.os == 'linux'", 0, "'plattform.os'", "platform.os"],
    ["option.static", 0, "'option.static'", "options.static"],
    ["x == True", 0, "x, without quotes,", "'x'"],
    ["true == True", 8, "'True'", "true"],
    ["true AND false", 5, "an operator or the end", undefined],
    ["verison == 3", 0, "'verison'", "version"],
    ["options", 0, "options, without quotes,", undefined],
    ["a ? b", 2, "'?'", undefined],
    ["process.exit(1)", 0, "'process.exit'", undefined],
  ])("refuses '%s' at %i", (text, offset, message, suggestion) => {
    const fault = parseExpression(text);
    expect(fault).toMatchObject({ offset, message: expect.stringContaining(message) });
    if (suggestion !== undefined) expect(fault).toMatchObject({ suggestion });
  });

  test.each([["(".repeat(60)], [`${"[".repeat(60)}`], ["not ".repeat(2000)], ["true and ".repeat(1000)]])(
    "of unreasonable size is refused",
    (text) => {
      expect(parseExpression(`${text}true`)).toHaveProperty("message");
    },
  );

  test("tells where each part stands", () => {
    expect(parse("not options.a == 'b'")).toEqual({
      kind: "not",
      at: 0,
      operand: {
        kind: "==",
        at: 14,
        left: { kind: "name", name: "options.a", at: 4 },
        right: { kind: "literal", value: "b", at: 17 },
      },
    });
  });

  test("reads back what formatExpression writes", () => {
    fc.assert(
      fc.property(anyExpression, (expression) => {
        expect(withoutPlaces(parse(formatExpression(expression)))).toEqual(withoutPlaces(expression));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    "options.a and options.b or not options.c == options.d",
    "not (options.a or options.b) and (options.c or options.d)",
    "options.a in [options.b, (options.c and options.d)]",
    "(options.a == options.b) == options.c",
    "options.a or (options.b or options.c)",
  ])("is written without needless parentheses: %s", (text) => {
    expect(formatExpression(parse(text))).toBe(text);
  });

  test("is evaluated as an obvious interpreter does", () => {
    fc.assert(
      fc.property(anyExpression, (expression) => {
        expect(holds(expression, surroundings)).toBe(naive(expression) === true);
      }),
      { numRuns: 2000 },
    );
  });

  test("never crashes on any text", () => {
    const unit = fc.constantFrom(
      ..."()[],'\"\\=!<>& .",
      "and ",
      "or ",
      "not ",
      "in ",
      "options.x",
      "version",
      "1.2",
      "é",
      "\n",
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => void parseExpression(text)),
      { numRuns: 3000 },
    );
  });

  test("has the precedence and the truth values of Python", ({ skip }) => {
    if (spawnSync("python3", ["--version"]).status !== 0) skip("there is no python3 here");
    const texts = fc.sample(truth(3), { numRuns: 400, seed: 7 });
    const program = [
      "import json, sys",
      "class Options: static = True; abi = '64'; shared = False",
      "class Platform: os = 'linux'; arch = 'x86_64'",
      "names = {'options': Options, 'platform': Platform, 'true': True, 'false': False}",
      "print(json.dumps([bool(eval(text, {}, names)) for text in json.load(sys.stdin)]))",
    ].join("\n");
    const { stdout } = spawnSync("python3", ["-c", program], { input: JSON.stringify(texts), encoding: "utf8" });
    const here = { ...surroundings, options: { static: true, abi: "64", shared: false } };
    expect(texts.map((text) => [text, holds(parse(text), here)])).toEqual(
      (JSON.parse(stdout) as boolean[]).map((answer, index) => [texts[index], answer]),
    );
  });
});

/** Texts of truth values, with too few parentheses rather than too many. */
function truth(depth: number): fc.Arbitrary<string> {
  const leaf = fc.constantFrom(
    "true",
    "false",
    "options.static",
    "options.shared",
    "options.abi == '64'",
    'options.abi != "64"',
    "platform.os in ['linux', 'darwin']",
    "platform.arch not in ['x86_64']",
    "options.abi in ['32']",
    "(options.shared == false)",
  );
  if (depth === 0) return leaf;
  const inner = truth(depth - 1);
  return fc.oneof(
    leaf,
    inner.map((text) => `not ${text}`),
    inner.map((text) => `(${text})`),
    fc.tuple(inner, fc.constantFrom("and", "or"), inner).map((parts) => parts.join(" ")),
  );
}

function naive(expression: Expression): unknown {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "name": {
      const names = new Map<string, unknown>([
        ["version", surroundings.version],
        ["platform.os", "linux"],
        ["platform.arch", "x86_64"],
        ["options.static", true],
        ["options.abi", "64"],
        ["options.with-x", false],
      ]);
      return names.get(expression.name);
    }
    case "list":
      return expression.items.map(naive);
    case "not":
      return naive(expression.operand) !== true;
    case "and":
      return [expression.left, expression.right].every((side) => naive(side) === true);
    case "or":
      return [expression.left, expression.right].some((side) => naive(side) === true);
    default: {
      const [left, right] = [naive(expression.left), naive(expression.right)];
      const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
      if (expression.kind === "==") return isSame(left, right);
      if (expression.kind === "!=") return !isSame(left, right);
      if (expression.kind === "in") return Array.isArray(right) && right.some((item) => isSame(left, item));
      if (typeof left !== "string" || typeof right !== "string") return false;
      const order = compareVersions(left, right);
      return { "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 }[expression.kind];
    }
  }
}

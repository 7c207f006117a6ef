import fc from "fast-check";
import { COMPARISON_OPERATORS, type Expression } from "../../../src/model/recipe/expression.ts";

const name = fc.constantFrom(
  "version",
  "platform.os",
  "platform.arch",
  "options.static",
  "options.abi",
  "options.with-x",
);
const value = fc.oneof(fc.boolean(), fc.constantFrom("linux", "x86_64", "64", "4.2.0", "it's", 'a "b" \\ c', ""));

const { expression } = fc.letrec<{ expression: Expression; operand: Expression }>((tie) => ({
  operand: fc.oneof(
    { depthSize: "small" },
    value.map((literal): Expression => ({ kind: "literal", value: literal, at: 0 })),
    name.map((text): Expression => ({ kind: "name", name: text, at: 0 })),
    fc.array(tie("expression"), { maxLength: 3 }).map((items): Expression => ({ kind: "list", items, at: 0 })),
  ),
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("operand"),
    tie("expression").map((operand): Expression => ({ kind: "not", operand, at: 0 })),
    fc
      .tuple(fc.constantFrom("and", "or", ...COMPARISON_OPERATORS), tie("expression"), tie("expression"))
      .map(([kind, left, right]): Expression => ({ kind, left, right, at: 0 })),
  ),
}));

/** Any expression, sensible or not. */
export const anyExpression = expression;

/** The same expression with `at` gone, so that only its structure compares. */
export function withoutPlaces(expression: Expression): unknown {
  return JSON.parse(JSON.stringify(expression, (key, value) => (key === "at" ? undefined : value)));
}

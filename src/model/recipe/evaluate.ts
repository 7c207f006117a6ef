import type { Expression } from "./expression.ts";
import type { OptionValues } from "./options.ts";
import type { Platform } from "./platform.ts";
import { compareVersions } from "./version-order.ts";

/** What the names in conditions and templates stand for. */
export interface Surroundings {
  readonly version: string;
  readonly options: OptionValues;
  readonly platform: Platform;
}

/**
 * Whether the condition holds. Total: a name without a value equals nothing, `<` and its kin are false unless both
 * sides are texts (they compare as versions), and only `true` itself counts as true.
 */
export function holds(expression: Expression, surroundings: Surroundings): boolean {
  return resultOf(expression, surroundings) === true;
}

type Value = string | boolean | undefined | readonly Value[];

function resultOf(expression: Expression, surroundings: Surroundings): Value {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "list":
      return expression.items.map((item) => resultOf(item, surroundings));
    case "name":
      return lookUp(expression.name, surroundings);
    case "not":
      return !holds(expression.operand, surroundings);
    case "and":
      return holds(expression.left, surroundings) && holds(expression.right, surroundings);
    case "or":
      return holds(expression.left, surroundings) || holds(expression.right, surroundings);
    default:
      return compare(
        expression.kind,
        resultOf(expression.left, surroundings),
        resultOf(expression.right, surroundings),
      );
  }
}

function lookUp(name: string, { version, options, platform }: Surroundings): Value {
  if (name === "version") return version;
  if (name === "platform.os") return platform.os;
  if (name === "platform.arch") return platform.arch;
  const option = name.replace(/^options\./, "");
  return Object.hasOwn(options, option) ? options[option] : undefined;
}

function compare(operator: "==" | "!=" | "<" | "<=" | ">" | ">=" | "in", left: Value, right: Value): boolean {
  if (operator === "==") return isEqual(left, right);
  if (operator === "!=") return !isEqual(left, right);
  if (operator === "in") return Array.isArray(right) && right.some((item: Value) => isEqual(left, item));
  if (typeof left !== "string" || typeof right !== "string") return false;
  const order = compareVersions(left, right);
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function isEqual(a: Value, b: Value): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item: Value, index) => isEqual(item, b[index]));
  }
  return a !== undefined && a === b;
}

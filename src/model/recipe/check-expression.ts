import { nearest } from "../nearest.ts";
import type { RecipeOption } from "../recipe.ts";
import type { Expression } from "./expression.ts";
import type { TextFault } from "./finding.ts";
import { ARCHITECTURES, SYSTEMS, suggestPlatform } from "./platform.ts";

/** What is wrong with a condition in a recipe with these options: unknown options, comparisons that can never hold. */
export function checkExpression(expression: Expression, options: readonly RecipeOption[]): readonly TextFault[] {
  const checking: Checking = { options, faults: [] };
  expectTruth(expression, checking);
  return checking.faults;
}

type Type =
  | { readonly kind: "truth" }
  /** With `values` it is one of them. */
  | { readonly kind: "text"; readonly values?: readonly string[] }
  | { readonly kind: "list" }
  | { readonly kind: "unknown" };

interface Checking {
  readonly options: readonly RecipeOption[];
  readonly faults: TextFault[];
}

const TRUTH: Type = { kind: "truth" };

function typeOf(expression: Expression, checking: Checking): Type {
  switch (expression.kind) {
    case "literal":
      return { kind: typeof expression.value === "boolean" ? "truth" : "text" };
    case "list":
      for (const item of expression.items) typeOf(item, checking);
      return { kind: "list" };
    case "name":
      return typeOfName(expression.name, expression.at, checking);
    case "not":
      expectTruth(expression.operand, checking);
      return TRUTH;
    case "and":
    case "or":
      expectTruth(expression.left, checking);
      expectTruth(expression.right, checking);
      return TRUTH;
    case "in":
      checkMembership(expression.left, expression.right, checking);
      return TRUTH;
    case "==":
    case "!=":
      checkPair(expression.left, expression.right, checking);
      return TRUTH;
    default:
      expectText(expression.left, checking);
      expectText(expression.right, checking);
      return TRUTH;
  }
}

function typeOfName(name: string, at: number, { options, faults }: Checking): Type {
  if (name === "version") return { kind: "text" };
  if (name === "platform.os") return { kind: "text", values: SYSTEMS };
  if (name === "platform.arch") return { kind: "text", values: ARCHITECTURES };
  const wanted = name.replace(/^options\./, "");
  const option = options.find((each) => each.name === wanted);
  if (option === undefined) {
    const near = nearest(
      wanted,
      options.map((each) => each.name),
    );
    const suggestion = near === undefined ? undefined : `options.${near}`;
    faults.push({ offset: at, message: `there is no option '${wanted}'`, suggestion });
    return { kind: "unknown" };
  }
  if (option.type === "bool") return TRUTH;
  return option.type === "enum" ? { kind: "text", values: option.values } : { kind: "text" };
}

function expectTruth(expression: Expression, checking: Checking): void {
  const { kind } = typeOf(expression, checking);
  if (kind === "truth" || kind === "unknown") return;
  const subject = expression.kind === "name" ? expression.name : `a ${kind}`;
  checking.faults.push({
    offset: expression.at,
    message: `${subject} is neither true nor false: compare it with something`,
  });
}

function expectText(expression: Expression, checking: Checking): void {
  const { kind } = typeOf(expression, checking);
  if (kind === "text" || kind === "unknown") return;
  checking.faults.push({ offset: expression.at, message: "only texts have an order: they compare as versions do" });
}

function checkMembership(left: Expression, right: Expression, checking: Checking): void {
  if (right.kind === "list") {
    if (right.items.length === 0) typeOf(left, checking);
    for (const item of right.items) checkPair(left, item, checking);
    return;
  }
  typeOf(left, checking);
  typeOf(right, checking);
  checking.faults.push({ offset: right.at, message: "after 'in' comes a list such as ['a', 'b']" });
}

function checkPair(left: Expression, right: Expression, checking: Checking): void {
  const types = [typeOf(left, checking), typeOf(right, checking)] as const;
  if (types.some(({ kind }) => kind === "unknown")) return;
  if (types[0].kind !== types[1].kind) {
    const message = `a ${types[1].kind} is never equal to a ${types[0].kind}`;
    const truth =
      right.kind === "literal" && /^(?:true|false)$/.test(String(right.value)) ? String(right.value) : undefined;
    checking.faults.push({ offset: right.at, message, suggestion: types[0].kind === "truth" ? truth : undefined });
    return;
  }
  checkValue(right, types[0], checking);
  checkValue(left, types[1], checking);
}

/** A text that is compared with something of few values must be one of them. */
function checkValue(literal: Expression, type: Type, { faults }: Checking): void {
  if (literal.kind !== "literal" || typeof literal.value !== "string" || type.kind !== "text") return;
  const { values } = type;
  if (values === undefined || values.includes(literal.value)) return;
  const isPlatform = values === SYSTEMS || values === ARCHITECTURES;
  const other = isPlatform ? suggestPlatform(literal.value) : undefined;
  const near = other !== undefined && values.includes(other) ? other : nearest(literal.value, values);
  const suggestion = near === undefined ? undefined : `'${near}'`;
  faults.push({ offset: literal.at, message: `'${literal.value}' is none of ${values.join(", ")}`, suggestion });
}

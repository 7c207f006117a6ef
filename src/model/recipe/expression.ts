/**
 * A condition of a recipe, as in `when: options.static and platform.os in ['linux', 'darwin']`. `at` is the index of
 * the expression in its text.
 */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | boolean; readonly at: number }
  | { readonly kind: "list"; readonly items: readonly Expression[]; readonly at: number }
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "not"; readonly operand: Expression; readonly at: number }
  | Binary<"and" | "or">
  | Binary<ComparisonOperator>;

interface Binary<Kind> {
  readonly kind: Kind;
  readonly left: Expression;
  readonly right: Expression;
  readonly at: number;
}

export const COMPARISON_OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "in"] as const;
export type ComparisonOperator = (typeof COMPARISON_OPERATORS)[number];

/** Names that an expression may use besides `options.<option>`. */
export const EXPRESSION_NAMES = ["version", "platform.os", "platform.arch"] as const;

/** The text that `parseExpression` reads back to the same expression, with as few parentheses as it needs. */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case "literal":
      return typeof expression.value === "boolean" ? String(expression.value) : quote(expression.value);
    case "list":
      return `[${expression.items.map((item) => formatAbove(item, OPERAND)).join(", ")}]`;
    case "name":
      return expression.name;
    case "not":
      return `not ${formatAbove(expression.operand, NOT)}`;
    case "or":
      return `${formatAbove(expression.left, OR)} or ${formatAbove(expression.right, AND)}`;
    case "and":
      return `${formatAbove(expression.left, AND)} and ${formatAbove(expression.right, NOT)}`;
    default:
      return `${formatAbove(expression.left, OPERAND)} ${expression.kind} ${formatAbove(expression.right, OPERAND)}`;
  }
}

const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARISON = 4;
const OPERAND = 5;

/** `expression` as text, in parentheses when it binds more loosely than `level`. */
function formatAbove(expression: Expression, level: number): string {
  const text = formatExpression(expression);
  return levelOf(expression) < level ? `(${text})` : text;
}

function levelOf({ kind }: Expression): number {
  switch (kind) {
    case "or":
      return OR;
    case "and":
      return AND;
    case "not":
      return NOT;
    case "literal":
    case "list":
    case "name":
      return OPERAND;
    default:
      return COMPARISON;
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

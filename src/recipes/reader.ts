import { nearest } from "../model/nearest.ts";
import { type Finding, findingAt } from "../model/recipe/finding.ts";
import { type Place, placeAt, type Where } from "../model/recipe/place.ts";
import { describeTree, placeOf, type Tree } from "./tree.ts";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * Reads one part of a recipe: the value, or `undefined` after a finding of what is wrong with it. The schema accepts what
 * the reader reads without a finding of the rule `shape`.
 */
export interface Reader<T> {
  readonly read: (tree: Tree, findings: Finding[]) => T | undefined;
  readonly schema: JsonSchema;
}

/** A text and where it stands. */
export interface Located {
  readonly text: string;
  readonly where: Where;
}

interface TextOptions {
  /** What the text is, for messages: `a version`. */
  readonly what: string;
  readonly pattern?: RegExp;
  /** What else is taken as the text that it is written as. */
  readonly also?: readonly ("number" | "boolean")[];
}

export function text({ what, pattern, also = [] }: TextOptions): Reader<Located> {
  const types = ["string", ...also];
  return {
    schema: {
      type: types.length === 1 ? "string" : types,
      ...(pattern === undefined ? {} : { pattern: pattern.source }),
      ...(pattern?.test("-1") === false && also.includes("number") ? { minimum: 0 } : {}),
    },
    read: (tree, findings) => {
      if (tree.kind !== "scalar" || !types.includes(typeof tree.value)) {
        const quoted = tree.kind === "scalar" && tree.value !== null ? `"${tree.text}"` : undefined;
        return refuse(tree, findings, { message: `expected ${what}, not ${describeTree(tree)}`, suggestion: quoted });
      }
      if (pattern?.test(tree.text) === false) {
        return refuse(tree, findings, { message: `'${tree.text}' is not ${what}` });
      }
      return { text: tree.text, where: tree.where };
    },
  };
}

/** One of `values`; `suggest` knows other words for them. */
export function oneOf<const T extends string>(
  values: readonly T[],
  { what, suggest }: { readonly what: string; readonly suggest?: (word: string) => string | undefined },
): Reader<T> {
  return {
    schema: { enum: [...values] },
    read: (tree, findings) => {
      const found = tree.kind === "scalar" ? values.find((value) => value === tree.value) : undefined;
      if (found !== undefined) return found;
      const word = tree.kind === "scalar" ? tree.text : "";
      const suggestion = suggest?.(word) ?? nearest(word, values);
      const given = tree.kind === "scalar" && tree.value !== null ? `'${word}'` : describeTree(tree);
      return refuse(tree, findings, { message: `${given} is not ${what} (${list(values)})`, suggestion });
    },
  };
}

export function boolean(what: string): Reader<boolean> {
  return {
    schema: { type: "boolean" },
    read: (tree, findings) => {
      if (tree.kind === "scalar" && typeof tree.value === "boolean") return tree.value;
      const word = tree.kind === "scalar" ? tree.text.toLowerCase() : "";
      const suggestion = /^(?:yes|y|on|1|true)$/.test(word)
        ? "true"
        : /^(?:no|n|off|0|false)$/.test(word)
          ? "false"
          : undefined;
      return refuse(tree, findings, { message: `${what} is true or false, not ${describeTree(tree)}`, suggestion });
    },
  };
}

export function integer({ what, maximum }: { readonly what: string; readonly maximum: number }): Reader<number> {
  return {
    schema: { type: "integer", minimum: 0, maximum },
    read: (tree, findings) => {
      const value = tree.kind === "scalar" ? tree.value : undefined;
      if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maximum) return value;
      return refuse(tree, findings, {
        message: `${what} is a whole number from 0 to ${maximum}, not ${describeTree(tree)}`,
      });
    },
  };
}

/** What `reader` reads, made into something else by `convert`, which may add findings of the rule `meaning`. */
export function mapped<A, B>(reader: Reader<A>, convert: (value: A, findings: Finding[]) => B | undefined): Reader<B> {
  return {
    schema: reader.schema,
    read: (tree, findings) => {
      const value = reader.read(tree, findings);
      return value === undefined ? undefined : convert(value, findings);
    },
  };
}

/** With a word for the editor. */
export function described<T>(reader: Reader<T>, description: string): Reader<T> {
  return { ...reader, schema: { description, ...reader.schema } };
}

/** Adds a finding of the rule `shape` at `tree`. */
export function refuse(
  tree: Tree | Place,
  findings: Finding[],
  fault: { readonly message: string; readonly suggestion?: string | undefined },
): undefined {
  findings.push(findingAt("kind" in tree ? placeOf(tree) : tree, "shape", fault));
  return undefined;
}

/** Adds a finding of the rule `meaning` at the place of `fault` in a text. */
export function refuseText(
  located: Located,
  findings: Finding[],
  fault: { readonly message: string; readonly suggestion?: string | undefined; readonly offset?: number },
): undefined {
  findings.push(findingAt(placeAt(located.where, located.text, fault.offset ?? 0), "meaning", fault));
  return undefined;
}

function list(values: readonly string[]): string {
  return values.length > 12 ? `${values.slice(0, 12).join(", ")}, …` : values.join(", ");
}

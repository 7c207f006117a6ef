import { nearest } from "../model/nearest.ts";
import type { Finding } from "../model/recipe/finding.ts";
import type { Place } from "../model/recipe/place.ts";
import { type JsonSchema, type Reader, refuse } from "./reader.ts";
import { describeTree, isNull, placeOf, type Tree } from "./tree.ts";

export function listOf<T>(what: string, item: Reader<T>): Reader<readonly T[]> {
  return {
    schema: { type: "array", items: item.schema },
    read: (tree, findings) => {
      if (tree.kind === "list") return readItems(tree.items, item, findings);
      return refuse(tree, findings, { message: `${what} is a list, not ${describeTree(tree)}` });
    },
  };
}

/** A list that is not empty, or a single item without the list around it. */
export function oneOrMore<T>(what: string, item: Reader<T>): Reader<readonly T[]> {
  return {
    schema: { anyOf: [item.schema, { type: "array", items: item.schema, minItems: 1 }] },
    read: (tree, findings) => {
      if (tree.kind !== "list") return readItems([tree], item, findings);
      if (tree.items.length > 0) return readItems(tree.items, item, findings);
      return refuse(tree, findings, { message: `${what} is empty` });
    },
  };
}

export interface NamedValue<T> {
  readonly name: string;
  /** The place of the name. */
  readonly at: Place;
  readonly value: T;
}

interface MappingOptions<T> {
  /** What a key is, for messages: `the name of a variable`. */
  readonly key: string;
  readonly pattern: RegExp;
  readonly value: Reader<T>;
  /** Whether it can be extended: then a key with null is one that is not there. */
  readonly mergeable?: boolean;
}

/** A mapping with free keys that match `pattern`. */
export function mappingOf<T>(
  what: string,
  { key, pattern, value, mergeable = false }: MappingOptions<T>,
): Reader<readonly NamedValue<T>[]> {
  return {
    schema: {
      type: "object",
      propertyNames: { pattern: pattern.source },
      additionalProperties: mergeable ? nullable(value.schema) : value.schema,
    },
    read: (tree, findings) => {
      if (tree.kind !== "mapping") {
        return refuse(tree, findings, { message: `${what} is a mapping, not ${describeTree(tree)}` });
      }
      return tree.entries.flatMap((entry) => {
        if (!pattern.test(entry.key)) refuse(entry.at, findings, { message: `'${entry.key}' is not ${key}` });
        if (mergeable && isNull(entry.value)) return [];
        const read = value.read(entry.value, findings);
        return read === undefined ? [] : [{ name: entry.key, at: entry.at, value: read }];
      });
    },
  };
}

type Fields = Readonly<Record<string, Reader<unknown>>>;
/** The fields that are there, and the place of the whole. */
type FieldValues<F extends Fields> = {
  readonly [K in keyof F]?: F[K] extends Reader<infer T> ? T : never;
} & { readonly at: Place };

interface ObjectOptions<F extends Fields> {
  readonly fields: F;
  readonly required?: readonly (keyof F & string)[];
  /** As in `MappingOptions`. */
  readonly mergeable?: boolean;
  /** Words that people use for a key. */
  readonly synonyms?: Readonly<Record<string, keyof F & string>>;
}

/** A mapping with the keys of `fields` and no others. */
export function objectOf<const F extends Fields>(what: string, options: ObjectOptions<F>): Reader<FieldValues<F>> {
  const { fields, required = [], mergeable = false } = options;
  return {
    schema: objectSchema(options),
    read: (tree, findings) => {
      if (tree.kind !== "mapping") {
        return refuse(tree, findings, { message: `${what} is a mapping, not ${describeTree(tree)}` });
      }
      const values: Record<string, unknown> = { at: tree.at };
      for (const entry of tree.entries) {
        const reader = Object.hasOwn(fields, entry.key) ? fields[entry.key] : undefined;
        if (reader === undefined) refuseKey(what, entry, { options, findings });
        const isAbsent = mergeable && isNull(entry.value);
        const value = isAbsent ? undefined : reader?.read(entry.value, findings);
        if (value !== undefined) values[entry.key] = value;
      }
      const missing = required.filter((key) => !tree.entries.some((entry) => entry.key === key));
      for (const key of missing) refuse(tree, findings, { message: `${what} needs '${key}'` });
      return missing.length > 0 ? undefined : (values as FieldValues<F>);
    },
  };
}

/** The mapping that has the key of one of `variants`, read by the reader of that key. */
export function variantsOf<const V extends Fields>(
  what: string,
  variants: V,
): Reader<{ [K in keyof V]: V[K] extends Reader<infer T> ? T : never }[keyof V]> {
  const keys = Object.keys(variants);
  return {
    schema: { oneOf: keys.map((key) => variants[key]?.schema) },
    read: (tree, findings) => {
      const present = tree.kind === "mapping" ? tree.entries.filter(({ key }) => Object.hasOwn(variants, key)) : [];
      const [first, second] = present;
      if (second !== undefined) {
        return refuse(second.at, findings, { message: `${what} has one of ${keys.join(", ")}, not several` });
      }
      const reader = first && variants[first.key];
      if (reader === undefined) return refuseVariant(what, tree, { keys, findings });
      return reader.read(tree, findings) as { [K in keyof V]: V[K] extends Reader<infer T> ? T : never }[keyof V];
    },
  };
}

/** A mapping, read by `mapping`, or else what `scalar` reads. */
export function either<A, B>(scalar: Reader<A>, mapping: Reader<B>): Reader<A | B> {
  return {
    schema: { anyOf: [scalar.schema, mapping.schema] },
    read: (tree, findings): A | B | undefined => (tree.kind === "mapping" ? mapping : scalar).read(tree, findings),
  };
}

function readItems<T>(items: readonly Tree[], reader: Reader<T>, findings: Finding[]): readonly T[] {
  return items.flatMap((item) => {
    const value = reader.read(item, findings);
    return value === undefined ? [] : [value];
  });
}

function objectSchema<F extends Fields>({ fields, required = [], mergeable = false }: ObjectOptions<F>): JsonSchema {
  const properties = Object.entries(fields).map(([key, { schema }]) => [key, mergeable ? nullable(schema) : schema]);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

function nullable(schema: JsonSchema): JsonSchema {
  const { description, ...rest } = schema;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: "null" }] };
}

function refuseKey<F extends Fields>(
  what: string,
  { key, at }: { readonly key: string; readonly at: Place },
  { options, findings }: { readonly options: ObjectOptions<F>; readonly findings: Finding[] },
): void {
  const { fields, synonyms = {} } = options;
  const synonym = Object.hasOwn(synonyms, key) ? synonyms[key] : undefined;
  const suggestion = synonym ?? nearest(key, Object.keys(fields));
  refuse(at, findings, { message: `'${key}' is not a key of ${what}`, suggestion });
}

function refuseVariant(
  what: string,
  tree: Tree,
  { keys, findings }: { readonly keys: readonly string[]; readonly findings: Finding[] },
): undefined {
  if (tree.kind !== "mapping") {
    return refuse(tree, findings, {
      message: `${what} is a mapping with one of ${keys.join(", ")}, not ${describeTree(tree)}`,
    });
  }
  const misspelt = tree.entries.map((entry) => ({ entry, suggestion: nearest(entry.key, keys) }));
  const found = misspelt.find(({ suggestion }) => suggestion !== undefined);
  if (found === undefined)
    return refuse(placeOf(tree), findings, { message: `${what} needs one of ${keys.join(", ")}` });
  const message = `'${found.entry.key}' is not a key of ${what}`;
  return refuse(found.entry.at, findings, { message, suggestion: found.suggestion });
}

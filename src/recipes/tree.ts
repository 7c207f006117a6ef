import { type Place, startOf, type Where } from "../model/recipe/place.ts";

/** What a recipe file holds, with the place of everything in it. */
export type Tree = ScalarTree | ListTree | MappingTree;

export interface ScalarTree {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The value as it is written: `1.10` where `value` is 1.1. */
  readonly text: string;
  readonly where: Where;
}

export interface ListTree {
  readonly kind: "list";
  readonly items: readonly Tree[];
  readonly at: Place;
}

export interface MappingTree {
  readonly kind: "mapping";
  readonly entries: readonly Entry[];
  readonly at: Place;
}

export interface Entry {
  readonly key: string;
  /** The place of the key. */
  readonly at: Place;
  readonly value: Tree;
}

export function placeOf(tree: Tree): Place {
  return tree.kind === "scalar" ? startOf(tree.where) : tree.at;
}

export function isNull(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null;
}

/** The entry of `key`, unless its value is null: such a key is not there. */
export function entryOf(tree: MappingTree, key: string): Entry | undefined {
  return tree.entries.find((entry) => entry.key === key && !isNull(entry.value));
}

/** What `tree` is, for messages. */
export function describeTree(tree: Tree): string {
  if (tree.kind === "list") return "a list";
  if (tree.kind === "mapping") return "a mapping";
  if (tree.value === null) return "nothing";
  return typeof tree.value === "string" ? "text" : tree.text;
}

import type { BaseName } from "./ids.ts";
import type { ObjectNames } from "./object-names.ts";

/** Objects as numbers, and what each refers to: a hundred thousand of them fit into a few megabytes. */
export interface ObjectGraph {
  /** Those of the known objects first, in their order. Names that are only referred to have numbers, too. */
  readonly names: ObjectNames;
  /** What number `n` refers to stands in `targets` from `offsets[n]` up to `offsets[n + 1]`. */
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
  /** How many of the numbers, from 0, are objects with a readable manifest. */
  readonly known: number;
}

/** What is alive so far: 1 for each number that a root reaches. */
export type Marks = Uint8Array;

/** Marks what these objects reach, themselves included; what is marked already is not looked at again. */
export function markFrom(graph: ObjectGraph, marks: Marks, objects: Iterable<BaseName>): void {
  const waiting: number[] = [];
  const visit = (number: number | undefined): void => {
    if (number === undefined || marks[number] === 1) return;
    marks[number] = 1;
    waiting.push(number);
  };
  for (const object of objects) visit(graph.names.numberOf(object));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const end = next < graph.known ? (graph.offsets[next + 1] as number) : 0;
    for (let at = graph.offsets[next] as number; at < end; at++) visit(graph.targets[at]);
  }
}

/**
 * The objects that are not marked, each before what it refers to: whoever deletes them in this order never leaves one
 * that misses something.
 */
export function listUnmarked(graph: ObjectGraph, marks: Marks): number[] {
  const order: number[] = [];
  const seen = Uint8Array.from(marks);
  const stack: number[] = [];
  const next = Uint32Array.from(graph.offsets);
  for (let start = 0; start < graph.known; start++) {
    if (seen[start] === 1) continue;
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const number = stack.at(-1) as number;
      const target = unseenTarget(number);
      if (target === undefined) order.push(stack.pop() as number);
      else stack.push(target);
    }
  }
  return order.reverse();

  function unseenTarget(number: number): number | undefined {
    const end = graph.offsets[number + 1] as number;
    while ((next[number] as number) < end) {
      const target = graph.targets[next[number] as number] as number;
      next[number] = (next[number] as number) + 1;
      if (target >= graph.known || seen[target] === 1) continue;
      seen[target] = 1;
      return target;
    }
    return undefined;
  }
}

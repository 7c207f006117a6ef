import type { BaseName } from "./ids.ts";

/** Objects as numbers, and what each refers to: a hundred thousand of them fit into a few megabytes. */
export interface ObjectGraph {
  /** The name of each number. Names that are only referred to have numbers, too. */
  readonly names: readonly BaseName[];
  readonly numbers: ReadonlyMap<BaseName, number>;
  /** What number `n` refers to stands in `targets` from `offsets[n]` up to `offsets[n + 1]`. */
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
  /** How many of the numbers, from 0, are objects with a readable manifest. */
  readonly known: number;
}

export function buildObjectGraph(
  objects: Iterable<{ readonly path: BaseName; readonly references: readonly BaseName[] }>,
): ObjectGraph {
  const listed = [...objects];
  const names = listed.map(({ path }) => path);
  const numbers = numberAll(names);
  const offsets = new Uint32Array(listed.length + 1);
  const targets: number[] = [];
  for (const [number, { references }] of listed.entries()) {
    for (const reference of references) targets.push(numberOf(reference));
    offsets[number + 1] = targets.length;
  }
  return { names, numbers, offsets, targets: Uint32Array.from(targets), known: listed.length };

  function numberOf(name: BaseName): number {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, names.length);
    return names.push(name) - 1;
  }
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
  for (const object of objects) visit(graph.numbers.get(object));
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

/** The number of each name: its place. */
export function numberAll(names: readonly BaseName[]): Map<BaseName, number> {
  const numbers = new Map<BaseName, number>();
  for (let number = 0; number < names.length; number++) numbers.set(names[number] as BaseName, number);
  return numbers;
}

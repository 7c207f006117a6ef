import type { BaseName } from "./ids.ts";
import type { ObjectGraph } from "./object-graph.ts";
import { createNameWriter, objectNames } from "./object-names.ts";

/**
 * A graph as bytes, read in one piece: numbers of 32 bits (how many objects are known, how many targets, how many names;
 * offsets, targets, starts of names), then the names. Only for files that stay on this machine: the order of bytes is its
 * own.
 */
export function packGraph({ names, offsets, targets, known }: ObjectGraph): Buffer {
  const numbers = new Uint32Array(HEAD + offsets.length + targets.length + names.starts.length);
  numbers.set([known, targets.length, names.size]);
  numbers.set(offsets, HEAD);
  numbers.set(targets, HEAD + offsets.length);
  numbers.set(names.starts, HEAD + offsets.length + targets.length);
  return Buffer.concat([Buffer.from(numbers.buffer), names.text]);
}

/** Numbers before the first offset. */
const HEAD = 3;

/** The inverse of `packGraph`, of whose making the bytes must be; they are the graph's from now on. */
export function unpackGraph(bytes: Uint8Array): ObjectGraph {
  // Numbers may lie at every fourth byte only.
  const { buffer: whole, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  const [known = 0, count = 0, size = 0] = new Uint32Array(whole, byteOffset, HEAD);
  let at = byteOffset + 4 * HEAD;
  const take = (length: number) => {
    const numbers = new Uint32Array(whole, at, length);
    at += 4 * length;
    return numbers;
  };
  const [offsets, targets, starts] = [take(known + 1), take(count), take(size + 1)];
  return {
    names: objectNames({ text: Buffer.from(whole, at, byteOffset + length - at), starts, sorted: known }),
    offsets,
    targets,
    known,
  };
}

export interface GraphObject {
  readonly path: BaseName;
  readonly references: readonly BaseName[];
}

export interface GraphChange {
  /** Also those that come back with other references. */
  readonly gone: ReadonlySet<BaseName>;
  readonly come: readonly GraphObject[];
}

export const EMPTY_GRAPH: ObjectGraph = {
  names: objectNames(createNameWriter(0, 0).end(0)),
  offsets: new Uint32Array(1),
  targets: new Uint32Array(0),
  known: 0,
};

/** The graph of these objects. */
export function buildObjectGraph(objects: readonly GraphObject[]): ObjectGraph {
  return changeGraph(EMPTY_GRAPH, { gone: new Set(), come: objects });
}

/** The graph without some of its objects and with others. */
export function changeGraph(old: ObjectGraph, change: GraphChange): ObjectGraph {
  const come = [...change.come].sort((a, b) => (a.path < b.path ? -1 : 1));
  const order = mergeOrder(old, come, change.gone);
  const numbering = createNumbering(old, come, order);
  const offsets = new Uint32Array(order.length + 1);
  let targets = new Uint32Array(old.targets.length + come.reduce((sum, { references }) => sum + references.length, 0));
  let count = 0;
  for (const [number, source] of order.entries()) {
    if (source < 0)
      for (const name of (come[~source] as GraphObject).references) targets[count++] = numbering.ofName(name);
    else
      for (let at = old.offsets[source] as number; at < (old.offsets[source + 1] as number); at++)
        targets[count++] = numbering.ofOld(old.targets[at] as number);
    offsets[number + 1] = count;
  }
  targets = targets.slice(0, count);
  return { names: namesIn(old, come, { order, others: numbering.others }), offsets, targets, known: order.length };
}

/** What each new number is of: an old number, or `~n` for the n-th of those that come. */
function mergeOrder(old: ObjectGraph, come: readonly GraphObject[], gone: ReadonlySet<BaseName>): Int32Array {
  const isGone = new Uint8Array(old.known);
  for (const name of gone) {
    const number = old.names.numberOf(name);
    if (number !== undefined && number < old.known) isGone[number] = 1;
  }
  const order = new Int32Array(old.known + come.length);
  let size = 0;
  let number = 0;
  const keepUpTo = (end: number) => {
    for (; number < end; number++) if (isGone[number] === 0) order[size++] = number;
  };
  for (const [index, { path }] of come.entries()) {
    keepUpTo(old.names.firstFrom(path));
    order[size++] = ~index;
  }
  keepUpTo(old.known);
  return order.subarray(0, size);
}

interface Numbering {
  ofOld(number: number): number;
  ofName(name: BaseName): number;
  /** Names that are no objects, in the order of their numbers, which follow those of the objects. */
  readonly others: readonly BaseName[];
}

function createNumbering(old: ObjectGraph, come: readonly GraphObject[], order: Int32Array): Numbering {
  const unknown = 0xffff_ffff;
  const fromOld = new Uint32Array(old.names.size).fill(unknown);
  const byName = new Map<BaseName, number>();
  const others: BaseName[] = [];
  for (const [number, source] of order.entries()) {
    if (source >= 0) fromOld[source] = number;
    else byName.set((come[~source] as GraphObject).path, number);
  }
  const ofOther = (name: BaseName): number => {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const number = order.length + others.push(name) - 1;
    byName.set(name, number);
    return number;
  };
  const ofOld = (number: number): number => {
    if (fromOld[number] === unknown) fromOld[number] = ofOther(old.names.at(number));
    return fromOld[number] as number;
  };
  const ofName = (name: BaseName): number => {
    const number = old.names.numberOf(name);
    return number === undefined ? ofOther(name) : ofOld(number);
  };
  return { ofOld, ofName, others };
}

function namesIn(
  { names }: ObjectGraph,
  come: readonly GraphObject[],
  { order, others }: { readonly order: Int32Array; readonly others: readonly BaseName[] },
): ObjectGraph["names"] {
  const more = come.reduce((sum, { path }) => sum + path.length, 0);
  const writer = createNameWriter(names.text.length + more, order.length + others.length);
  for (let number = 0; number < order.length; ) {
    const first = order[number] as number;
    let end = number + 1;
    if (first < 0) writer.push((come[~first] as GraphObject).path);
    else {
      while (end < order.length && order[end] === first + end - number) end += 1;
      writer.copy(names, first, first + end - number);
    }
    number = end;
  }
  for (const name of others) writer.push(name);
  return objectNames(writer.end(order.length));
}

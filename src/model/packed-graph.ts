import type { BaseName } from "./ids.ts";
import { numberAll, type ObjectGraph } from "./object-graph.ts";

/**
 * A graph as bytes, read in one piece: numbers of 32 bits (how many objects are known, how many targets, offsets,
 * targets), then the names, one to a line. Only for files that stay on this machine: the order of bytes is its own.
 */
export function packGraph({ names, offsets, targets, known }: ObjectGraph): Buffer {
  const numbers = new Uint32Array(2 + offsets.length + targets.length);
  numbers.set([known, targets.length]);
  numbers.set(offsets, 2);
  numbers.set(targets, 2 + offsets.length);
  return Buffer.concat([Buffer.from(numbers.buffer), Buffer.from(names.join("\n"), "latin1")]);
}

/** The inverse of `packGraph`, of whose making the bytes must be. */
export function unpackGraph(bytes: Uint8Array): ObjectGraph {
  // A copy lies where numbers may lie, and lives on when what was read is gone.
  const whole = new Uint8Array(bytes).buffer;
  const [known = 0, count = 0] = new Uint32Array(whole, 0, 2);
  const end = 2 + known + 1 + count;
  const text = Buffer.from(whole, 4 * end).toString("latin1");
  const names = text === "" ? [] : (text.split("\n") as BaseName[]);
  return {
    names,
    numbers: numberAll(names),
    offsets: new Uint32Array(whole, 8, known + 1),
    targets: new Uint32Array(whole, 4 * (2 + known + 1), count),
    known,
  };
}

/** The graph without some of its objects and with others, all in the order of their names. */
export function changeGraph(
  graph: ObjectGraph,
  { gone, come }: { readonly gone: ReadonlySet<BaseName>; readonly come: readonly GraphObject[] },
): GraphObject[] {
  const objects = [...come];
  for (let number = 0; number < graph.known; number++) {
    const path = graph.names[number] as BaseName;
    if (gone.has(path)) continue;
    const references: BaseName[] = [];
    for (let at = graph.offsets[number] as number; at < (graph.offsets[number + 1] as number); at++)
      references.push(graph.names[graph.targets[at] as number] as BaseName);
    objects.push({ path, references });
  }
  return objects.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export interface GraphObject {
  readonly path: BaseName;
  readonly references: readonly BaseName[];
}

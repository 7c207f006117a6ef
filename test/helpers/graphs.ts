import type { BaseName } from "../../src/model/ids.ts";
import type { ObjectGraph } from "../../src/model/object-graph.ts";
import type { GraphObject } from "../../src/model/packed-graph.ts";

/** All names of a graph, in the order of their numbers. */
export function namesOf({ names }: ObjectGraph): BaseName[] {
  return Array.from({ length: names.size }, (_, number) => names.at(number));
}

/** What a graph was made of. */
export function objectsOf({ names, offsets, targets, known }: ObjectGraph): GraphObject[] {
  return Array.from({ length: known }, (_, number) => ({
    path: names.at(number),
    references: [...targets.subarray(offsets[number], offsets[number + 1])].map((target) => names.at(target)),
  }));
}

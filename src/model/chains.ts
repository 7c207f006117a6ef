import type { BaseName } from "./ids.ts";
import type { Root } from "./root.ts";

/** Why an object is kept: the root, and the objects from what the root names to the object itself. */
export interface Chain {
  readonly root: Root;
  readonly objects: readonly BaseName[];
}

/** The shortest chain from each root that keeps the object, the shortest first; none when nothing does. */
export function findChains(
  object: BaseName,
  roots: readonly Root[],
  referrers: (object: BaseName) => readonly BaseName[],
): Chain[] {
  const steps = stepsTowards(object, referrers);
  const chains = roots.flatMap((root) => {
    const found = root.objects.filter((each) => steps.has(each)).map((each) => chainFrom(each, steps));
    const [shortest] = found.sort((a, b) => a.length - b.length);
    return shortest ? [{ root, objects: shortest }] : [];
  });
  return chains.sort((a, b) => a.objects.length - b.objects.length);
}

/** For each object that needs the one in question, directly or not, the next one on the shortest way to it. */
function stepsTowards(
  object: BaseName,
  referrers: (object: BaseName) => readonly BaseName[],
): ReadonlyMap<BaseName, BaseName | undefined> {
  const steps = new Map<BaseName, BaseName | undefined>([[object, undefined]]);
  const waiting = [object];
  for (let at = 0; at < waiting.length; at++) {
    const reached = waiting[at] as BaseName;
    for (const referrer of referrers(reached)) {
      if (steps.has(referrer)) continue;
      steps.set(referrer, reached);
      waiting.push(referrer);
    }
  }
  return steps;
}

function chainFrom(start: BaseName, steps: ReadonlyMap<BaseName, BaseName | undefined>): BaseName[] {
  const chain: BaseName[] = [];
  for (let at: BaseName | undefined = start; at !== undefined; at = steps.get(at)) chain.push(at);
  return chain;
}

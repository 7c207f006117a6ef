import type { BaseName } from "./ids.ts";

/** These objects and all that they need, each once and behind what it needs. */
export function withReferences(
  objects: Iterable<BaseName>,
  referencesOf: (object: BaseName) => readonly BaseName[],
): BaseName[] {
  const found = new Set<BaseName>();
  const entered = new Set<BaseName>();
  const visit = (object: BaseName): void => {
    if (entered.has(object)) return;
    entered.add(object);
    for (const reference of referencesOf(object)) visit(reference);
    found.add(object);
  };
  for (const object of objects) visit(object);
  return [...found];
}

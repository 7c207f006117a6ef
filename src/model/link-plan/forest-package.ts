import type { BaseName } from "../ids.ts";

/** A package that takes part in a forest. */
export interface ForestPackage {
  readonly name: string;
  readonly baseName: BaseName;
  /** Decides where packages contradict each other: the lower number wins, as in Nix. */
  readonly priority: number;
}

/** The priority of a package for which nobody asked for another. */
export const DEFAULT_PRIORITY = 5;

/**
 * The packages in the order in which a forest takes them: bytes of the base name. Of an object that is given twice the
 * winning priority counts.
 */
export function inForestOrder(packages: readonly ForestPackage[]): readonly ForestPackage[] {
  const byBaseName = new Map<BaseName, ForestPackage>();
  for (const each of packages) {
    const known = byBaseName.get(each.baseName);
    if (known === undefined || each.priority < known.priority) byBaseName.set(each.baseName, each);
  }
  return [...byBaseName.values()].sort((a, b) => (a.baseName < b.baseName ? -1 : 1));
}

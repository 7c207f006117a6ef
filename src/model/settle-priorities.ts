import type { InstalledPackage } from "./generation.ts";
import type { BaseName } from "./ids.ts";

/**
 * Ways to let some packages win against all others where they provide the same path, the least change first: lower
 * priorities for them; where the lowest there is (0) is taken, higher ones for those that have it, or for all others.
 */
export function winningPriorities(
  packages: readonly InstalledPackage[],
  winners: ReadonlySet<BaseName>,
): readonly (readonly InstalledPackage[])[] {
  const isWinner = ({ path }: InstalledPackage): boolean => winners.has(path);
  const lowest = lowestOf(packages);
  const lowestWinner = lowestOf(packages.filter(isWinner));
  const highestWinner = Math.max(...packages.filter(isWinner).map(({ priority }) => priority)) - lowestWinner;
  const distance = Math.max(0, highestWinner + 1 - lowestOf(packages.filter((item) => !isWinner(item))));
  const settings: readonly ((item: InstalledPackage) => number)[] = [
    (item) => (isWinner(item) ? lowest - 1 : item.priority),
    (item) => (isWinner(item) ? 0 : Math.max(1, item.priority)),
    (item) => (isWinner(item) ? item.priority - lowestWinner : item.priority + distance),
  ];
  return settings
    .slice(lowest > 0 ? 0 : 1)
    .map((priorityOf) => packages.map((item) => ({ ...item, priority: priorityOf(item) })));
}

function lowestOf(packages: readonly InstalledPackage[]): number {
  return Math.min(...packages.map(({ priority }) => priority));
}

import { StoreError } from "../../errors.ts";
import type { PackageName } from "../../model/ids.ts";

interface Wanted {
  readonly name: PackageName;
  /** What it was asked for with. */
  readonly spec: string;
  /** The same for two that are the same object, or will be. */
  readonly object: string;
}

/**
 * One change can bring one package of each name: of two, one would be lost without a word.
 * @throws StoreError CONFLICT
 */
export function checkOneOfEachName(wanted: readonly Wanted[]): void {
  const first = new Map<PackageName, Wanted>();
  for (const each of wanted) {
    const other = first.get(each.name);
    if (other && other.object !== each.object) throw twoOfOneName(other, each);
    first.set(each.name, each);
  }
}

function twoOfOneName(one: Wanted, other: Wanted): StoreError {
  return new StoreError("CONFLICT", `both ${one.spec} and ${other.spec} are a package '${one.name}'`, {
    hint: "A profile has one package of each name: leave one out, or install one alone with --name.",
    details: { name: one.name, specs: [one.spec, other.spec] },
  });
}

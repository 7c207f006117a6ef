import type { PackageDifference, PackageSummary, PlannedChange } from "../../model/change.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";

type Difference = PackageDifference | Pick<PlannedChange, "added" | "removed" | "upgraded" | "adjusted">;
type Listed = { readonly path: PackageSummary["path"] | null };

/** A difference as JSON shows it: packages with their absolute store paths. */
export function withPaths<T extends Difference>(store: Store, difference: T): object {
  return {
    ...difference,
    added: difference.added.map((item) => withPath(store, item)),
    removed: difference.removed.map((item) => withPath(store, item)),
    upgraded: difference.upgraded.map((each) => stepWithPaths(store, each)),
    ...(difference.adjusted && { adjusted: difference.adjusted.map((each) => stepWithPaths(store, each)) }),
  };
}

function stepWithPaths<T extends { readonly from: Listed; readonly to: Listed }>(store: Store, step: T): object {
  return { ...step, from: withPath(store, step.from), to: withPath(store, step.to) };
}

/** A package as JSON shows it: with its absolute store path. */
export function withPath<T extends Listed>(store: Store, item: T): Omit<T, "path"> & { readonly path: string | null } {
  return { ...item, path: item.path === null ? null : objectPath(store.layout, item.path) };
}

import { StoreError } from "../../errors.ts";
import type { InstalledPackage } from "../../model/generation.ts";
import type { BaseName } from "../../model/ids.ts";
import { winningPriorities } from "../../model/settle-priorities.ts";
import { type ForestRequest, planForest } from "../../store/build-forest.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";

interface Settling extends Pick<ForestRequest, "profile" | "givesPriority" | "staged"> {
  /** Packages that came back, and want the files of those that came later. */
  readonly back: ReadonlySet<BaseName>;
  /** They shall win. */
  readonly force: boolean;
}

/**
 * The packages, with other priorities where that is what it takes to make those that came back win.
 * @throws StoreError CONFLICT when they must not win, or that does not help
 */
export function settleFiles(
  store: Store,
  packages: readonly InstalledPackage[],
  { back, force, ...request }: Settling,
  run: RunOptions,
): readonly InstalledPackage[] {
  const conflicts = (each: readonly InstalledPackage[]) => fileConflicts(store, { ...request, packages: each, back });
  const problem = conflicts(packages);
  if (!problem) return packages;
  const settled = force ? winningPriorities(packages, back).find((each) => !conflicts(each)) : undefined;
  if (!settled) throw problem;
  tellRoom(packages, { settled, back }, run);
  return settled;
}

/** Packages that nobody named got another priority. */
function tellRoom(
  before: readonly InstalledPackage[],
  { settled, back }: { readonly settled: readonly InstalledPackage[]; readonly back: ReadonlySet<BaseName> },
  { onEvent }: RunOptions,
): void {
  const moved = settled.filter(({ path, priority }, at) => priority !== before[at]?.priority && !back.has(path));
  if (moved.length === 0) return;
  const winners = settled.filter(({ path }) => back.has(path)).map(({ name }) => name);
  const texts = moved.map(({ name, priority }) => `${name} has priority ${priority} now`).join(", ");
  onEvent?.({ kind: "warning", message: `${texts}, so that the files of ${winners.join(", ")} win` });
}

function fileConflicts(
  store: Store,
  { back, ...request }: Omit<Settling, "force"> & { readonly packages: readonly InstalledPackage[] },
): StoreError | undefined {
  try {
    planForest(store, { ...request, installed: request.packages.filter(({ path }) => !back.has(path)) });
    return undefined;
  } catch (error) {
    if (error instanceof StoreError && error.code === "CONFLICT") return error;
    throw error;
  }
}

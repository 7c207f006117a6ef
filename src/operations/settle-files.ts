import { StoreError } from "../errors.ts";
import type { InstalledPackage } from "../model/generation.ts";
import type { BaseName, ProfileName } from "../model/ids.ts";
import { winningPriorities } from "../model/settle-priorities.ts";
import { planForest } from "../store/build-forest.ts";
import type { Store } from "../store/open-store.ts";
import type { RunOptions } from "./run-options.ts";

interface Settling {
  readonly profile: ProfileName;
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
  { profile, back, force }: Settling,
  run: RunOptions,
): readonly InstalledPackage[] {
  const problem = fileConflicts(store, profile, packages);
  if (!problem) return packages;
  const settled = force
    ? winningPriorities(packages, back).find((each) => !fileConflicts(store, profile, each))
    : undefined;
  if (!settled) throw problem;
  tellPriorities(packages, settled, run);
  return settled;
}

function tellPriorities(
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
  { onEvent }: RunOptions,
): void {
  const changed = after.filter(({ priority }, at) => priority !== before[at]?.priority);
  const names = changed.map(({ name, priority }) => `${name} has priority ${priority} now`).join(", ");
  onEvent?.({ kind: "warning", message: `${names}: so the files of what comes back win` });
}

function fileConflicts(
  store: Store,
  profile: ProfileName,
  packages: readonly InstalledPackage[],
): StoreError | undefined {
  try {
    planForest(store, { profile, packages });
    return undefined;
  } catch (error) {
    if (error instanceof StoreError && error.code === "CONFLICT") return error;
    throw error;
  }
}

import { StoreError } from "../../errors.ts";
import type { Json } from "../../model/canonical-json.ts";
import { type Change, diffPackages, type PackageSummary, summarise } from "../../model/change.ts";
import type { Generation, InstalledPackage } from "../../model/generation.ts";
import { type GenerationNumber, parseGenerationNumber } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import type { NotObtained } from "../archives/obtain/attempt.ts";
import type { RunOptions } from "../run-options.ts";
import { changeProfile } from "./change-profile.ts";
import type { Target } from "./examine-target.ts";
import { notWhole, packageFaults, splitPackages } from "./preflight.ts";
import { recallGeneration } from "./recall-generation.ts";

/** What is left of a target that cannot be switched to as it is. */
export interface Remains {
  readonly kept: readonly InstalledPackage[];
  readonly left: readonly InstalledPackage[];
}

/** What a change tells that goes to a state as a new generation, since its own is not to be had. */
export interface Anew {
  /** The generation of that state. */
  readonly madeFrom?: GenerationNumber;
  /** It does not exist any more: its packages are those that the log tells. */
  readonly wasDeleted?: boolean;
  /** Packages of it that cannot be had again. */
  readonly leftOut?: readonly PackageSummary[];
}

/** Says which packages of a target are left out, and why. */
export function remainsOf(
  store: Store,
  target: Target,
  missing: readonly NotObtained[],
  { onEvent }: RunOptions,
): Remains {
  const { kept, left } = splitPackages(store, target, missing);
  for (const { name, version, path } of left) {
    const why = missing.find((each) => each.path === path)?.reasons.join("; ") ?? "what it needs cannot be had";
    onEvent?.({ kind: "warning", message: `${name} ${version} is left out: ${why}` });
  }
  return { kept, left };
}

export function tellAnew({ record, generation }: Target, { left }: Remains): Anew {
  return {
    madeFrom: generation,
    wasDeleted: record === undefined,
    ...(left.length > 0 && { leftOut: left.map(summarise) }),
  };
}

/**
 * Where a rollback goes on from a generation that stands for another one: to the parent of that one, or it would lead
 * back to what was left. Not known of a time that the log tells of without the making of its generation.
 */
function parentOf(store: Store, { profile, generation, record }: Target): GenerationNumber | undefined {
  if (record) return record.parent ?? parseGenerationNumber(0);
  try {
    return recallGeneration(store, profile, generation)?.parent;
  } catch (error) {
    // A part of the log that is damaged is no reason not to go where the rest of it leads.
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

interface Work extends RunOptions {
  /** What was asked for, as the log tells it. */
  readonly plan: Readonly<Record<string, Json>>;
  readonly onPlan?: ((plan: Change & Anew) => void) | undefined;
}

/** Goes to what remains of a target as a generation of its own. */
export async function makeAnew(store: Store, target: Target, remains: Remains, work: Work): Promise<Change & Anew> {
  const { profile, generation, record } = target;
  const { kept, left } = remains;
  const without = left.map(({ name }) => name);
  const anew = tellAnew(target, remains);
  const edit = ({ generation: from, packages }: Generation) => {
    const place = { transaction: 0, profile, from, to: from, changed: false };
    work.onPlan?.({ ...place, ...diffPackages(packages, kept), ...anew });
    return kept;
  };
  const change = await changeProfile(
    store,
    {
      profile,
      reason: [
        record ? `gen-${generation}` : `gen-${generation} again`,
        ...(left.length > 0 ? ["without"] : []),
        ...without,
      ].join(" "),
      plan: { ...work.plan, ...(left.length > 0 && { without }) },
      parent: parentOf(store, target),
      prepare: async ({ lease }) => {
        const paths = kept.map(({ path }) => path);
        await lease.hold(paths, work.signal);
        const faults = packageFaults(store, paths);
        const gone = faults.map(({ object, reason }) => ({ path: object, reasons: [reason] }));
        if (gone.length > 0) throw notWhole(store, target, gone, false);
        return edit;
      },
    },
    work,
  );
  return { ...change, ...anew };
}

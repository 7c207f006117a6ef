import { StoreError } from "../errors.ts";
import type { Json } from "../model/canonical-json.ts";
import { type Change, diffPackages, isSamePackages } from "../model/change.ts";
import type { Generation, InstalledPackage } from "../model/generation.ts";
import type { BaseName, ProfileName } from "../model/ids.ts";
import { type PackageStep, type StepConflict, takeSteps } from "../model/package-steps.ts";
import { conflictText } from "../model/step-conflicts.ts";
import { planForest } from "../store/build-forest.ts";
import { hasObject } from "../store/manifests.ts";
import type { Store } from "../store/open-store.ts";
import { changeProfile } from "./change-profile.ts";
import { headOf } from "./head-of.ts";
import type { SwitchOptions } from "./switch.ts";
import { switchesAfter } from "./transaction-effect.ts";
import type { Workspace } from "./workspace.ts";

export interface StepsRequest {
  readonly profile: ProfileName;
  /** What was asked for, in words, and as the log tells it. */
  readonly reason: string;
  readonly plan: Readonly<Record<string, Json>>;
  readonly steps: readonly PackageStep[];
  /** What the steps come from, for messages: `#57`. */
  readonly subject: string;
  /** What becomes of it: `undone`. */
  readonly done: string;
  /** Transactions behind this one are looked through for the reason of a conflict. */
  readonly since?: number | undefined;
  /** Take steps also from packages that were changed since: they become what the steps say. */
  readonly outOfSequence?: boolean | undefined;
}

/**
 * Takes steps from the present packages of a profile as a new generation.
 * @throws StoreError UNSAFE naming every package that was changed since and every file in conflict, unless
 *   `outOfSequence`; and every object that is not in the store
 */
export async function changeBySteps(store: Store, request: StepsRequest, options: SwitchOptions = {}): Promise<Change> {
  const { profile, reason, plan } = request;
  if (options.dryRun) {
    const head = headOf(store, profile);
    const present = new Set(wantedPaths(request).filter((path) => hasObject(store, path)));
    const after = decide(store, head, { ...request, present }, options);
    const place = { transaction: 0, profile, from: head.generation, to: head.generation, changed: false };
    return { ...place, ...diffPackages(head.packages, after) };
  }
  const prepare = async (workspace: Workspace) => {
    const present = await holdWanted(store, request, { ...options, workspace });
    return (head: Generation) => decide(store, head, { ...request, present }, options);
  };
  return changeProfile(store, { profile, reason, plan, prepare }, options);
}

interface HeldSteps extends StepsRequest {
  /** Of the objects that the steps lead to, those that are in the store. */
  readonly present: ReadonlySet<BaseName>;
}

function wantedPaths({ steps }: StepsRequest): readonly BaseName[] {
  return steps.flatMap(({ to }) => to?.path ?? []);
}

/** Those of the wanted objects that are in the store, or could be had again. */
async function holdWanted(
  store: Store,
  request: StepsRequest,
  { workspace, obtain, ...run }: SwitchOptions & { readonly workspace: Workspace },
): Promise<ReadonlySet<BaseName>> {
  const wanted = wantedPaths(request);
  const present = await workspace.lease.hold(wanted, run.signal);
  const missing = wanted.filter((path) => !present.has(path));
  if (missing.length === 0 || obtain === undefined) return present;
  const { obtainIn } = await import("./obtain-objects.ts");
  await obtainIn(store, missing, obtain(), { ...run, workspace });
  return workspace.lease.hold(wanted, run.signal);
}

function decide(store: Store, head: Generation, request: HeldSteps, run: SwitchOptions): readonly InstalledPackage[] {
  const force = request.outOfSequence ?? false;
  const { packages, conflicts, needless } = takeSteps(head.packages, request.steps, { force });
  if (conflicts.length > 0) throw refusal(store, request, conflicts);
  requireObjects(request, packages);
  if (needless.length > 0) tellNeedless(request, needless, run);
  if (isSamePackages(head.packages, packages)) return packages;
  return settleFiles(store, request, packages);
}

function refusal(store: Store, request: StepsRequest, conflicts: readonly StepConflict[]): StoreError {
  const { profile, subject, done, since } = request;
  const later = since === undefined ? [] : switchesAfter(store, profile, since);
  const reasons = conflicts.map((conflict) => conflictText(conflict, later));
  const message = `${subject} cannot be ${done}, since later changes depend on it:\n${list(reasons)}`;
  return new StoreError("UNSAFE", message, {
    hint: "Nothing was changed. Take the later changes back first, or give --force=sequence: then these packages become what is asked for, whatever came later.",
    details: { profile, conflicts: conflicts.map(({ name }, at) => ({ name, reason: reasons[at] })) },
  });
}

function list(reasons: readonly string[]): string {
  return reasons.map((reason) => `  ${reason}`).join("\n");
}

function requireObjects(request: HeldSteps, packages: readonly InstalledPackage[]): void {
  const { subject, done, present } = request;
  const wanted = new Set(wantedPaths(request));
  const missing = packages.filter(({ path }) => wanted.has(path) && !present.has(path));
  if (missing.length === 0) return;
  const names = missing.map(({ name, version }) => `${name} ${version}`).join(", ");
  throw new StoreError("UNSAFE", `${subject} cannot be ${done}: ${names} is not in this store`, {
    hint: "Nothing was changed. Name places that have them: --repository DIR|URL; or import them from a store that has them.",
    details: { missing: missing.map(({ path }) => path) },
  });
}

function tellNeedless({ subject, done, steps }: StepsRequest, needless: readonly PackageStep[], run: SwitchOptions) {
  const names = needless.map(({ name }) => name).join(", ");
  const message =
    needless.length === steps.length
      ? `${subject} is ${done} already: ${names} ${needless.length === 1 ? "is" : "are"} as wanted`
      : `${names} ${needless.length === 1 ? "was" : "were"} as wanted already`;
  run.onEvent?.({ kind: "warning", message });
}

/**
 * Packages that came back can want the files of those that came later. With `outOfSequence` the former win, by their
 * priority, as far as there is one that is low enough.
 */
function settleFiles(
  store: Store,
  request: StepsRequest,
  packages: readonly InstalledPackage[],
): readonly InstalledPackage[] {
  const { profile, subject, done, outOfSequence } = request;
  const problem = fileConflicts(store, profile, packages);
  if (!problem) return packages;
  if (outOfSequence) {
    const lowest = Math.min(...packages.map(({ priority }) => priority));
    const back = new Set(wantedPaths(request));
    const settled = packages.map((item) => (back.has(item.path) ? { ...item, priority: lowest - 1 } : item));
    if (lowest > 0 && !fileConflicts(store, profile, settled)) return settled;
    throw problem;
  }
  throw new StoreError("UNSAFE", `${subject} cannot be ${done}: ${problem.message}`, {
    hint: `Nothing was changed. ${problem.hint}\nOr give --force=sequence: then the files of the packages that come back win.`,
    details: { profile, ...problem.details },
  });
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

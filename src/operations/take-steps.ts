import { StoreError } from "../errors.ts";
import type { Json } from "../model/canonical-json.ts";
import { diffPackages, isSamePackages, summarise } from "../model/change.ts";
import type { Generation, InstalledPackage } from "../model/generation.ts";
import type { BaseName, ProfileName } from "../model/ids.ts";
import { type PackageStep, type StepConflict, takeSteps } from "../model/package-steps.ts";
import { conflictText } from "../model/step-conflicts.ts";
import { planForest } from "../store/build-forest.ts";
import type { Store } from "../store/open-store.ts";
import { changeProfile } from "./change-profile.ts";
import { headOf } from "./head-of.ts";
import { findLacking, holdWanted, type Lacking } from "./hold-wanted.ts";
import type { NotObtained } from "./obtain/attempt.ts";
import type { SwitchedChange, SwitchOptions } from "./switch.ts";
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
 * Takes steps from the present packages of a profile as a new generation. Packages that come back and are not whole are
 * had again first; with `missing: "remove"` those that cannot be had are left out.
 * @throws StoreError UNSAFE naming every package that was changed since and every file in conflict, unless
 *   `outOfSequence`; and every object that cannot be had again
 */
export async function changeBySteps(
  store: Store,
  request: StepsRequest,
  options: SwitchOptions = {},
): Promise<SwitchedChange> {
  const { profile, reason, plan } = request;
  if (options.dryRun) return rehearse(store, request, options);
  let obtained: SwitchedChange["obtained"] = [];
  let leftOut: readonly InstalledPackage[] = [];
  const prepare = async (workspace: Workspace) => {
    const held = await holdWanted(store, wantedPaths(request), { ...options, workspace });
    obtained = held.obtained;
    return (head: Generation) => {
      const decision = decide(store, head, { ...request, lacking: held.lacking }, options);
      leftOut = decision.leftOut;
      return decision.packages;
    };
  };
  const change = await changeProfile(store, { profile, reason, plan, prepare }, options);
  return {
    ...change,
    ...(obtained.length > 0 && { obtained }),
    ...(leftOut.length > 0 && { leftOut: leftOut.map(summarise) }),
  };
}

/** What is missing is a reason to refuse only when nobody would look for it. */
function rehearse(store: Store, request: StepsRequest, options: SwitchOptions): SwitchedChange {
  const { profile } = request;
  const head = headOf(store, profile);
  const lacking = findLacking(store, wantedPaths(request), options);
  const { packages } = decide(store, head, { ...request, lacking, isTried: options.obtain === undefined }, options);
  const place = { transaction: 0, profile, from: head.generation, to: head.generation, changed: false };
  return { ...place, ...diffPackages(head.packages, packages) };
}

interface HeldSteps extends StepsRequest {
  /** What is not whole of the packages that the steps lead to. */
  readonly lacking: Lacking;
  /** False while it is not known whether that can be had again. */
  readonly isTried?: boolean;
}

function wantedPaths({ steps }: StepsRequest): readonly BaseName[] {
  return steps.flatMap(({ to }) => to?.path ?? []);
}

interface Decision {
  readonly packages: readonly InstalledPackage[];
  readonly leftOut: readonly InstalledPackage[];
}

function decide(store: Store, head: Generation, request: HeldSteps, run: SwitchOptions): Decision {
  const force = request.outOfSequence ?? false;
  const { packages: after, conflicts, needless } = takeSteps(head.packages, request.steps, { force });
  if (conflicts.length > 0) throw refusal(store, request, conflicts);
  if (needless.length > 0) tellNeedless(request, needless, run);
  const { isTried = true, lacking } = request;
  const missing = after.filter(({ path }) => lacking.has(path));
  if (missing.length > 0 && !isTried) {
    tellMissing(missing, "would have to be had again", request, run);
    return { packages: after, leftOut: [] };
  }
  if (missing.length > 0 && run.missing !== "remove") throw notWhole(request, missing, run);
  tellMissing(missing, "is left out", request, run);
  const packages = after.filter((item) => !missing.includes(item));
  const isSame = isSamePackages(head.packages, packages);
  return { packages: isSame ? packages : settleFiles(store, request, packages), leftOut: missing };
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

function notWhole(
  { subject, done, lacking }: HeldSteps,
  missing: readonly InstalledPackage[],
  { obtain }: SwitchOptions,
): StoreError {
  const names = missing.map(packageName).join(", ");
  const faults = [...new Map(missing.flatMap((item) => faultsOf(lacking, item).map((each) => [each.path, each])))];
  const reasons = faults.map(([path, { reasons: why }]) => `${path}: ${why.join("; ")}`);
  const verb = missing.length === 1 ? "is" : "are";
  const message = `${subject} cannot be ${done}: ${names} ${verb} not whole in this store:\n${list(reasons)}`;
  const remedy =
    obtain === undefined
      ? "Import them from a store that has them."
      : "Name a place that has them with --repository, or a recipe with --recipes; --missing=remove goes on without them.";
  return new StoreError("UNSAFE", message, {
    hint: `Nothing was changed. ${remedy}`,
    details: { missing: faults.map(([, fault]) => fault) },
  });
}

function tellMissing(
  missing: readonly InstalledPackage[],
  what: string,
  { lacking }: HeldSteps,
  run: SwitchOptions,
): void {
  for (const item of missing) {
    const why = faultsOf(lacking, item).map(({ path, reasons }) => `${path}: ${reasons.join("; ")}`);
    run.onEvent?.({ kind: "warning", message: `${packageName(item)} ${what}: ${why.join(", ")}` });
  }
}

function faultsOf(lacking: Lacking, { path }: InstalledPackage): readonly NotObtained[] {
  return lacking.get(path) ?? [];
}

function packageName({ name, version }: InstalledPackage): string {
  return `${name} ${version}`;
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

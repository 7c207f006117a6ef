import { StoreError } from "../../errors.ts";
import type { Json } from "../../model/canonical-json.ts";
import { diffPackages, isSamePackages, summarise } from "../../model/change.ts";
import type { Generation, InstalledPackage } from "../../model/generation.ts";
import type { BaseName, ProfileName } from "../../model/ids.ts";
import { type PackageStep, type StepConflict, type SteppedPackages, takeSteps } from "../../model/package-steps.ts";
import { conflictText } from "../../model/step-conflicts.ts";
import type { Store } from "../../store/open-store.ts";
import type { NotObtained } from "../archives/obtain/attempt.ts";
import { findLacking, holdWanted, type Lacking, stillLacking } from "../collection/hold-wanted.ts";
import { changeProfile } from "../profiles/change-profile.ts";
import { orLogFailure } from "../profiles/go-live.ts";
import { headOf } from "../profiles/head-of.ts";
import { forecastRestore, placesHint } from "../profiles/preflight.ts";
import { settleFiles } from "../profiles/settle-files.ts";
import type { SwitchedChange, SwitchOptions } from "../profiles/switch.ts";
import { checkTracking } from "../profiles/track-change.ts";
import { openWorkspace } from "../workspace.ts";
import { switchesAfter } from "./transaction-effect.ts";

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
  /** Packages that come back win where others have files at the same paths; so they do with `outOfSequence`. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Takes steps from the present packages of a profile as a new generation. Packages that come back and are not whole are
 * had again first, when nothing else stands in the way; with `missing: "remove"` those that cannot be had are left out.
 * @throws StoreError UNSAFE naming every package that was changed since and every file in conflict, unless
 *   `outOfSequence`; and every object that cannot be had again
 */
export async function changeBySteps(
  store: Store,
  request: StepsRequest,
  options: SwitchOptions = {},
): Promise<SwitchedChange> {
  const { profile, reason } = request;
  if (options.dryRun) return rehearse(store, request, options);
  checkTracking(options);
  const base = headOf(store, profile);
  const start = { profile, base: base.generation, plan: request.plan };
  using workspace = openWorkspace(store);
  const { obtained, lacking } = await orLogFailure(store, start, async () => {
    takeAll(store, base, request);
    return holdWanted(store, wanted(request), { ...options, workspace });
  });
  let leftOut: readonly InstalledPackage[] = [];
  const edit = (head: Generation) => {
    const decision = decide(store, head, { ...request, lacking }, options);
    leftOut = decision.leftOut;
    return decision.packages;
  };
  const lost = options.missing === "remove" ? takeAll(store, base, request).packages.filter(isIn(lacking)) : [];
  const without = lost.map(({ name }) => name);
  const plan = { ...request.plan, ...(without.length > 0 && { without }) };
  const change = await changeProfile(
    store,
    { profile, reason, plan, makesProfile: true, prepare: async () => edit },
    options,
  );
  return {
    ...change,
    ...(obtained.length > 0 && { obtained }),
    ...(leftOut.length > 0 && { leftOut: leftOut.map(summarise) }),
  };
}

/** What is missing is a reason to refuse only when it cannot be had again, as far as that can be foretold. */
async function rehearse(store: Store, request: StepsRequest, options: SwitchOptions): Promise<SwitchedChange> {
  options.signal?.throwIfAborted();
  const { profile } = request;
  const head = headOf(store, profile);
  takeAll(store, head, request);
  const before = findLacking(store, wantedPaths(request), options);
  const faults = [...before.values()].flat().map(({ path, reasons }) => ({ object: path, reason: reasons.join("; ") }));
  const { missing, ...expected } = await forecastRestore(store, { faults, known: wanted(request) }, options);
  const lacking = stillLacking(before, missing);
  const isPending = before.size > lacking.size;
  const { packages, leftOut } = decide(store, head, { ...request, lacking, isPending }, options);
  const place = { transaction: 0, profile, from: head.generation, to: head.generation, changed: false };
  return {
    ...place,
    ...diffPackages(head.packages, packages),
    ...expected,
    ...(leftOut.length > 0 && { leftOut: leftOut.map(summarise) }),
  };
}

interface HeldSteps extends StepsRequest {
  /** What is not whole of the packages that the steps lead to. */
  readonly lacking: Lacking;
  /** Some packages are not here yet, and nobody knows their files. */
  readonly isPending?: boolean;
}

function wanted({ steps }: StepsRequest): readonly InstalledPackage[] {
  return steps.flatMap(({ to }) => to ?? []);
}

function wantedPaths(request: StepsRequest): readonly BaseName[] {
  return wanted(request).map(({ path }) => path);
}

function isIn(lacking: Lacking): (item: InstalledPackage) => boolean {
  return ({ path }) => lacking.has(path);
}

/** @throws StoreError UNSAFE naming every package that was changed since, unless `outOfSequence` */
function takeAll(store: Store, head: Generation, request: StepsRequest): SteppedPackages {
  const taken = takeSteps(head.packages, request.steps, { force: request.outOfSequence ?? false });
  if (taken.conflicts.length > 0) throw refusal(store, request, taken.conflicts);
  return taken;
}

interface Decision {
  readonly packages: readonly InstalledPackage[];
  readonly leftOut: readonly InstalledPackage[];
}

function decide(store: Store, head: Generation, request: HeldSteps, run: SwitchOptions): Decision {
  const { packages: after, needless } = takeAll(store, head, request);
  if (needless.length > 0) tellNeedless(request, needless, run);
  const { lacking, isPending = false } = request;
  const leftOut = after.filter(isIn(lacking));
  if (leftOut.length > 0 && run.missing !== "remove") throw notWhole(store, request, leftOut, run);
  tellLeftOut(leftOut, request, run);
  const packages = after.filter((item) => !leftOut.includes(item));
  const isSettled = isPending || isSamePackages(head.packages, packages);
  return { packages: isSettled ? packages : settle(store, request, packages, run), leftOut };
}

function refusal(store: Store, request: StepsRequest, conflicts: readonly StepConflict[]): StoreError {
  const { profile, subject, done, since } = request;
  const later = since === undefined ? [] : switchesAfter(store, profile, since);
  const reasons = conflicts.map((conflict) => conflictText(conflict, later));
  const [why, remedy, whatever] =
    since === undefined
      ? ["packages are not as it found them", "Give", "is installed"]
      : ["later changes depend on it", "Take the later changes back first, or give", "came later"];
  return new StoreError("UNSAFE", `${subject} cannot be ${done}, since ${why}:\n${list(reasons)}`, {
    hint: `Nothing was changed. ${remedy} --force=sequence: then these packages become what is asked for, whatever ${whatever}.`,
    details: { profile, conflicts: conflicts.map(({ name }, at) => ({ name, reason: reasons[at] })) },
  });
}

function list(reasons: readonly string[]): string {
  return reasons.map((reason) => `  ${reason}`).join("\n");
}

function notWhole(
  store: Store,
  { subject, done, lacking }: HeldSteps,
  missing: readonly InstalledPackage[],
  { obtain }: SwitchOptions,
): StoreError {
  const names = missing.map(packageName).join(", ");
  const faults = [...new Map(missing.flatMap((item) => faultsOf(lacking, item).map((each) => [each.path, each])))];
  const unobtained = faults.map(([, fault]) => fault);
  const reasons = unobtained.map(({ path, reasons: why }) => `${path}: ${why.join("; ")}`);
  const verb = missing.length === 1 ? "is" : "are";
  const message = `${subject} cannot be ${done}: ${names} ${verb} not whole in this store:\n${list(reasons)}`;
  const remedy =
    obtain === undefined
      ? "Import them from a store that has them."
      : `${placesHint(store, unobtained)}; --missing=remove goes on without them.`;
  return new StoreError("UNSAFE", message, {
    hint: `Nothing was changed. ${remedy}`,
    details: { missing: unobtained },
  });
}

function tellLeftOut(items: readonly InstalledPackage[], { lacking }: HeldSteps, run: SwitchOptions): void {
  for (const item of items) {
    const why = faultsOf(lacking, item).map(({ path, reasons }) => `${path}: ${reasons.join("; ")}`);
    run.onEvent?.({ kind: "warning", message: `${packageName(item)} is left out: ${why.join(", ")}` });
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

function settle(
  store: Store,
  request: StepsRequest,
  packages: readonly InstalledPackage[],
  run: SwitchOptions,
): readonly InstalledPackage[] {
  const { profile, subject, done, outOfSequence, overwrite } = request;
  const force = outOfSequence || overwrite || false;
  try {
    return settleFiles(store, packages, { profile, back: new Set(wantedPaths(request)), force }, run);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "CONFLICT" || force) throw error;
    throw new StoreError("UNSAFE", `${subject} cannot be ${done}: ${error.message}`, {
      hint: `Nothing was changed. ${error.hint}\nOr give --force=overwrite: then the files of the packages that come back win.`,
      details: { profile, ...error.details },
    });
  }
}

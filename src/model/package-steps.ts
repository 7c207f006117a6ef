import { canonicalJson } from "./canonical-json.ts";
import { byName } from "./change.ts";
import { type InstalledPackage, packageToJson, parseInstalledPackage } from "./generation.ts";
import type { PackageName } from "./ids.ts";
import type { LogChange, LogPackage } from "./log-event.ts";

/** What a change did to one package: without `from` it came, without `to` it went. */
export interface PackageStep {
  readonly name: PackageName;
  readonly from: InstalledPackage | undefined;
  readonly to: InstalledPackage | undefined;
}

/** A step that cannot be taken, since the package is not what the step begins with. */
export interface StepConflict extends PackageStep {
  readonly found: InstalledPackage | undefined;
}

export interface SteppedPackages {
  /** Sorted by name. With conflicts: as if those steps were not asked for. */
  readonly packages: readonly InstalledPackage[];
  readonly conflicts: readonly StepConflict[];
  /** Steps that led to where their package was already. */
  readonly needless: readonly PackageStep[];
}

/** The steps that lead back. */
export function invertSteps(steps: readonly PackageStep[]): readonly PackageStep[] {
  return steps.map(({ name, from, to }) => ({ name, from: to, to: from }));
}

/** The steps from one set of packages to another, by name. */
export function stepsBetween(
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
): readonly PackageStep[] {
  const [old, now] = [before, after].map((items) => new Map(items.map((item) => [item.name, item])));
  const names = byName([...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].map((name) => ({ name })));
  return names
    .map(({ name }) => ({ name, from: old?.get(name), to: now?.get(name) }))
    .filter(({ from, to }) => !isSameRecord(from, to));
}

/** @throws StoreError DAMAGED when a package record in it is none */
export function stepsOf(change: LogChange, source: string): readonly PackageStep[] {
  const read = (item: LogPackage) => parseInstalledPackage(item, source);
  const step = (from: InstalledPackage | undefined, to: InstalledPackage | undefined): PackageStep => {
    const { name } = (from ?? to) as InstalledPackage;
    return { name, from, to };
  };
  return byName([
    ...change.added.map((item) => step(undefined, read(item))),
    ...change.removed.map((item) => step(read(item), undefined)),
    ...change.upgraded.map(({ from, to }) => step(read(from), read(to))),
  ]);
}

/** The same as the log and journals have it. */
export function stepsToChange(steps: readonly PackageStep[]): LogChange {
  const json = (item: InstalledPackage) => packageToJson(item) as LogPackage;
  return {
    added: steps.flatMap(({ from, to }) => (to && !from ? [json(to)] : [])),
    removed: steps.flatMap(({ from, to }) => (from && !to ? [json(from)] : [])),
    upgraded: steps.flatMap(({ name, from, to }) => (from && to ? [{ name, from: json(from), to: json(to) }] : [])),
  };
}

/**
 * Takes steps from whatever packages there are, and keeps what others did since: where a step changed the object and a
 * later change the priority, both count. With `force` a step in conflict leads to where it wants all the same.
 */
export function takeSteps(
  packages: readonly InstalledPackage[],
  steps: readonly PackageStep[],
  { force = false }: { readonly force?: boolean } = {},
): SteppedPackages {
  const now = new Map(packages.map((item) => [item.name, item]));
  const conflicts: StepConflict[] = [];
  const needless: PackageStep[] = [];
  for (const step of steps) {
    const found = now.get(step.name);
    const taken = takeStep(step, found);
    if (taken.kind === "needless") needless.push(step);
    else if (taken.kind === "taken") put(now, step.name, taken.result);
    else if (force) put(now, step.name, step.to);
    else conflicts.push({ ...step, found });
  }
  return { packages: byName([...now.values()]), conflicts, needless };
}

/** The object, and what it was built with: not who asked for it, nor its priority. */
export function isSameObject(a: InstalledPackage, b: InstalledPackage): boolean {
  return a.path === b.path && a.version === b.version && canonicalJson(a.options) === canonicalJson(b.options);
}

type Taken =
  | { readonly kind: "taken"; readonly result: InstalledPackage | undefined }
  | { readonly kind: "needless" | "conflict" };

function takeStep({ from, to }: PackageStep, found: InstalledPackage | undefined): Taken {
  if (isSameRecord(found, to)) return { kind: "needless" };
  if (isSameRecord(found, from)) return { kind: "taken", result: to };
  if (!found) return { kind: "conflict" };
  if (to && isSameObject(found, to) && found.priority === to.priority) return mergeAsked({ from, to }, found);
  if (!from) return { kind: "conflict" };
  if (!to) return isSameObject(found, from) && found.priority === from.priority ? GONE : { kind: "conflict" };
  return mergeUpgrade({ from, to }, found);
}

const GONE: Taken = { kind: "taken", result: undefined };

/** The package is there already; at most what it was asked for with is another. */
function mergeAsked(
  { from, to }: Pick<PackageStep, "from"> & { to: InstalledPackage },
  found: InstalledPackage,
): Taken {
  if (found.requested === to.requested || found.requested !== from?.requested) return { kind: "needless" };
  return { kind: "taken", result: { ...found, requested: to.requested } };
}

interface Upgrade {
  readonly from: InstalledPackage;
  readonly to: InstalledPackage;
}

function mergeUpgrade({ from, to }: Upgrade, found: InstalledPackage): Taken {
  const object = isSameObject(found, from) ? to : isSameObject(found, to) || isSameObject(from, to) ? found : undefined;
  const priority = mergeValue({ from: from.priority, to: to.priority }, found.priority);
  if (!object || priority === undefined) return { kind: "conflict" };
  const requested = mergeValue({ from: from.requested, to: to.requested }, found.requested) ?? found.requested;
  return { kind: "taken", result: { ...object, priority, requested } };
}

/** `undefined` when both sides changed it. */
function mergeValue<T>({ from, to }: { readonly from: T; readonly to: T }, found: T): T | undefined {
  if (found === from || found === to) return to;
  return from === to ? found : undefined;
}

function put(now: Map<PackageName, InstalledPackage>, name: PackageName, item: InstalledPackage | undefined): void {
  if (item) now.set(name, item);
  else now.delete(name);
}

function isSameRecord(a: InstalledPackage | undefined, b: InstalledPackage | undefined): boolean {
  if (!a || !b) return a === b;
  return canonicalJson(packageToJson(a) as LogPackage) === canonicalJson(packageToJson(b) as LogPackage);
}

import type { InstalledPackage, OptionValue } from "./generation.ts";
import type { BaseName, GenerationNumber, PackageName, PackageVersion, ProfileName } from "./ids.ts";

/** A package as changes and lists show it. */
export interface PackageSummary {
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** The base name of its object, as in records: it lies in `store.layout.storeDir`. The command line prints whole paths. */
  readonly path: BaseName;
}

export interface UpgradedPackage {
  readonly name: PackageName;
  readonly from: PackageSummary;
  readonly to: PackageSummary;
}

/** A package with what was decided for it in a profile. */
export interface ListedPackage extends PackageSummary {
  readonly priority: number;
  readonly requested: string;
}

export interface AdjustedPackage {
  readonly name: PackageName;
  readonly from: ListedPackage;
  readonly to: ListedPackage;
}

/** How two sets of packages differ; each list is sorted by name. */
export interface PackageDifference {
  readonly added: readonly PackageSummary[];
  readonly removed: readonly PackageSummary[];
  /** Present on both sides with another version, other options or other content. */
  readonly upgraded: readonly UpgradedPackage[];
  /** Present on both sides with another priority, or as the same object and asked for in another way; absent without any. */
  readonly adjusted?: readonly AdjustedPackage[];
}

/** What one change of a profile did, or would do. */
export interface Change extends PackageDifference {
  /** Number in the log; 0 when nothing was logged: a dry run, or a switch to where one is. */
  readonly transaction: number;
  readonly profile: ProfileName;
  readonly from: GenerationNumber;
  /** Equal to `from` when nothing changed. */
  readonly to: GenerationNumber;
  readonly changed: boolean;
}

/** A change that was only thought through. Objects that would have to be fetched or built have no path yet. */
export interface PlannedChange {
  readonly transaction: 0;
  readonly profile: ProfileName;
  readonly from: GenerationNumber;
  readonly to: GenerationNumber;
  readonly changed: false;
  readonly added: readonly PlannedPackage[];
  readonly removed: readonly PlannedPackage[];
  readonly upgraded: readonly {
    readonly name: PackageName;
    readonly from: PlannedPackage;
    readonly to: PlannedPackage;
  }[];
  readonly adjusted?: readonly {
    readonly name: PackageName;
    readonly from: ListedPackage;
    readonly to: PlannedSetting;
  }[];
  readonly fetch: readonly PlannedFetch[];
  readonly build: readonly PlannedBuild[];
}

/** What would be downloaded. */
export interface PlannedFetch {
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly url: string;
  /** Where it is known from an earlier download. */
  readonly bytes?: number | undefined;
}

/** What would be built, dependencies first. */
export interface PlannedBuild extends Pick<PackageSummary, "name" | "version" | "options"> {
  /** Whether that is certain; otherwise it depends on what comes out of a build before. */
  readonly certain: boolean;
  readonly reason: string;
  /** What the last build took, in seconds. */
  readonly expectedSeconds?: number | undefined;
  /** Seconds from the beginning until it is built, where several run at once. */
  readonly endsAfterSeconds?: number | undefined;
}

export interface PlannedPackage extends Omit<PackageSummary, "path"> {
  /** The base name of its object; `null` for one that would have to be fetched or built first. */
  readonly path: BaseName | null;
}

export type PlannedSetting = PlannedPackage & Pick<ListedPackage, "priority" | "requested">;

export function summarise({ name, version, options, path }: InstalledPackage): PackageSummary {
  return { name, version, options, path };
}

export function listed(item: InstalledPackage): ListedPackage {
  return { ...summarise(item), priority: item.priority, requested: item.requested };
}

export function diffPackages(
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
): PackageDifference {
  const old = new Map(before.map((item) => [item.name, item]));
  const now = new Map(after.map((item) => [item.name, item]));
  const upgraded: UpgradedPackage[] = [];
  for (const to of byName(after)) {
    const from = old.get(to.name);
    if (from && !isSame(from, to)) upgraded.push({ name: to.name, from: summarise(from), to: summarise(to) });
  }
  const adjusted = adjustments(before, after.map(listed));
  return {
    added: byName(after)
      .filter(({ name }) => !old.has(name))
      .map(summarise),
    removed: byName(before)
      .filter(({ name }) => !now.has(name))
      .map(summarise),
    upgraded,
    ...(adjusted.length > 0 && { adjusted }),
  };
}

/** Of packages on both sides: what has another priority, or is the same object and was asked for in another way. */
export function adjustments<T extends PlannedSetting>(
  before: readonly InstalledPackage[],
  after: readonly T[],
): { readonly name: PackageName; readonly from: ListedPackage; readonly to: T }[] {
  const old = new Map(before.map((item) => [item.name, item]));
  return byName(after).flatMap((to) => {
    const from = old.get(to.name);
    if (!from) return [];
    const isAskedAnew = from.path === to.path && from.requested !== to.requested;
    return from.priority !== to.priority || isAskedAnew ? [{ name: to.name, from: listed(from), to }] : [];
  });
}

/** Whether both sets make the same generation: the same objects with the same priorities. */
export function isSamePackages(before: readonly InstalledPackage[], after: readonly InstalledPackage[]): boolean {
  const key = (items: readonly InstalledPackage[]) =>
    JSON.stringify(byName(items).map(({ name, path, priority, requested }) => [name, path, priority, requested]));
  return key(before) === key(after);
}

export function byName<T extends { readonly name: PackageName }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function isSame(a: InstalledPackage, b: InstalledPackage): boolean {
  return a.path === b.path && a.version === b.version && isSameOptions(a.options, b.options);
}

function isSameOptions(a: InstalledPackage["options"], b: InstalledPackage["options"]): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}

import type { InstalledPackage } from "../../model/generation.ts";
import type { BaseName } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import type { NotObtained, Obtained, SearchRun } from "../archives/obtain/attempt.ts";
import { packageFaults, type TargetOptions } from "../profiles/preflight.ts";

/** What became of the packages that a change brings back. */
export interface Held {
  readonly obtained: readonly Obtained[];
  readonly lacking: Lacking;
}

/** By package: what is missing or damaged of it and of all that it needs. Whole packages do not occur. */
export type Lacking = ReadonlyMap<BaseName, readonly NotObtained[]>;

/** Keeps packages from collections, and has again what can be had of those that are not whole. */
export async function holdWanted(
  store: Store,
  known: readonly InstalledPackage[],
  options: TargetOptions & SearchRun,
): Promise<Held> {
  const { obtain, workspace, signal } = options;
  const wanted = known.map(({ path }) => path);
  await workspace.lease.hold(wanted, signal);
  const before = findLacking(store, wanted, options);
  if (before.size === 0 || obtain === undefined) return { obtained: [], lacking: before };
  const damaged = new Set([...before.values()].flat().map(({ path }) => path));
  const { obtainIn } = await import("../archives/obtain-objects.ts");
  const { obtained, missing } = await obtainIn(store, [...damaged], { ...obtain(), damaged, known }, options);
  await workspace.lease.hold(wanted, signal);
  const after = findLacking(store, wanted, options);
  const lacking = new Map([...after, ...stillLacking(after, missing)]);
  return { obtained: obtained.filter(({ from }) => from !== "store"), lacking };
}

/** Looks, and has nothing again. */
export function findLacking(store: Store, wanted: readonly BaseName[], options: TargetOptions): Lacking {
  const found = wanted.map((path) => {
    const faults = packageFaults(store, [path], options);
    return [path, faults.map(({ object, reason }) => ({ path: object, reasons: [reason] }))] as const;
  });
  return new Map(found.filter(([, faults]) => faults.length > 0));
}

/** What remains lacking when all but `missing` is had again, with what was tried for it. */
export function stillLacking(before: Lacking, missing: readonly NotObtained[]): Lacking {
  const tried = new Map(missing.map((each) => [each.path, each]));
  const left = [...before].map(
    ([path, faults]) => [path, faults.flatMap((each) => tried.get(each.path) ?? [])] as const,
  );
  return new Map(left.filter(([, faults]) => faults.length > 0));
}

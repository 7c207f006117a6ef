import { existsSync, readlinkSync } from "node:fs";
import { isErrno, StoreError } from "../../errors.ts";
import { withReferences } from "../../model/closure.ts";
import type { Generation, InstalledPackage } from "../../model/generation.ts";
import type { BaseName } from "../../model/ids.ts";
import { checkContent, glanceAt } from "../../store/check-object.ts";
import { generationLink, generationTarget, manifestPath, objectPath } from "../../store/layout.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { missingLines, type NotObtained, type Obtained } from "../archives/obtain/attempt.ts";
import type { Forecast } from "../archives/obtain/forecast.ts";
import type { ObtainOptions } from "../archives/obtain-objects.ts";
import type { RunOptions } from "../run-options.ts";

/** How sure a switch shall be of its target, and what it does about what is missing there. */
export interface TargetOptions {
  /** Read every file of the target instead of looking whether its objects are there. */
  readonly verify?: boolean | undefined;
  /** How to have again what is missing, asked for only then; without it nothing is looked for. */
  readonly obtain?: (() => ObtainOptions) | undefined;
  /** `remove`: packages that cannot be had again are left out, in a generation of its own. Otherwise it is refused. */
  readonly missing?: "remove" | undefined;
}

/** An object of a generation that is missing or damaged, and what is wrong with it. */
export interface ObjectProblem {
  readonly object: BaseName;
  readonly reason: string;
}

/**
 * What of a generation is not as it should be: its forest, its packages, and all that these need. A few looks at the
 * disk for each object; with `verify` every byte is read. The manifests are only read where the generation does not
 * record what its packages need.
 */
export function generationFaults(
  store: Store,
  generation: Generation,
  options: Pick<TargetOptions, "verify"> = {},
): ObjectProblem[] {
  const { path, packages, closure } = generation;
  const own = [path, ...packages.map((item) => item.path)];
  const objects =
    closure === undefined ? withReferences(own, (object) => knownReferences(store, object)) : [...own, ...closure];
  return faultsAmong(store, objects, options);
}

/** The same of packages and all that they need, whatever generation they belong to. */
export function packageFaults(
  store: Store,
  paths: readonly BaseName[],
  options: Pick<TargetOptions, "verify"> = {},
): ObjectProblem[] {
  const objects = withReferences(paths, (object) => knownReferences(store, object));
  return faultsAmong(store, objects, options);
}

function faultsAmong(
  store: Store,
  objects: readonly BaseName[],
  { verify = false }: Pick<TargetOptions, "verify">,
): ObjectProblem[] {
  const look = verify ? checkContent : glanceAt;
  return [...new Set(objects)].flatMap((object) => {
    const reason = look(store, object);
    return reason === undefined ? [] : [{ object, reason }];
  });
}

/** Whether the generation's own link leads to its forest. */
export function isLinked({ layout }: Store, { profile, generation, path }: Generation): boolean {
  try {
    return readlinkSync(generationLink(layout, profile, generation)) === generationTarget(layout, path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return false;
    throw error;
  }
}

/** What became of the objects of a target that were missing or damaged. */
export interface Restored {
  readonly obtained: readonly Obtained[];
  readonly missing: readonly NotObtained[];
}

/** What is missing or damaged, and the package records that tell of it. */
interface Lost {
  readonly faults: readonly ObjectProblem[];
  readonly known: readonly InstalledPackage[];
}

/** Has again what can be had; the profile's lock need not be held, since this may take hours. */
export async function restoreObjects(
  store: Store,
  { faults, known }: Lost,
  options: TargetOptions & RunOptions,
): Promise<Restored> {
  if (options.obtain === undefined || faults.length === 0) return { obtained: [], missing: asMissing(faults) };
  const { obtainObjects } = await import("../archives/obtain-objects.ts");
  const damaged = new Set(faults.map(({ object }) => object));
  const { obtained, missing } = await obtainObjects(
    store,
    [...damaged],
    { ...options.obtain(), damaged, known },
    options,
  );
  return { obtained: obtained.filter(({ from }) => from !== "store"), missing };
}

/** What `restoreObjects` would have to do. Nothing is downloaded or changed. */
export async function forecastRestore(
  store: Store,
  { faults, known }: Lost,
  options: TargetOptions & RunOptions,
): Promise<Forecast> {
  if (options.obtain === undefined || faults.length === 0)
    return { obtained: [], missing: asMissing(faults), fetch: [], build: [] };
  const { forecastObjects } = await import("../archives/obtain/forecast.ts");
  const damaged = new Set(faults.map(({ object }) => object));
  return forecastObjects(store, [...damaged], { ...options.obtain(), damaged, known }, options);
}

/** What nobody looked for. */
export function asMissing(faults: readonly ObjectProblem[]): NotObtained[] {
  return faults.map(({ object, reason }) => ({ path: object, reasons: [reason] }));
}

/** The packages of a generation that are whole, and those that are not or need something that is not. */
export function splitPackages(
  store: Store,
  { packages }: Pick<Generation, "packages">,
  missing: readonly NotObtained[],
): { readonly kept: InstalledPackage[]; readonly left: InstalledPackage[] } {
  const lost = new Set(missing.map(({ path }) => path));
  const isWhole = ({ path }: InstalledPackage) =>
    !withReferences([path], (object) => knownReferences(store, object)).some((object) => lost.has(object));
  return { kept: packages.filter(isWhole), left: packages.filter((item) => !isWhole(item)) };
}

/** Refuses a generation that is not whole and cannot be made so. */
export function notWhole(
  store: Store,
  { profile, generation }: Pick<Generation, "profile" | "generation">,
  missing: readonly NotObtained[],
  isSearched: boolean,
): StoreError {
  const remedy = isSearched
    ? `${placesHint(store, missing)}; --missing=remove goes there without them.`
    : "`store verify --repair` restores what can be had again.";
  return new StoreError("UNSAFE", `gen-${generation} of profile '${profile}' is not whole:${missingLines(missing)}`, {
    hint: `Nothing was changed. ${remedy}`,
    details: { profile, generation, missing },
  });
}

/** What else can be done about objects that were looked for already. */
export function placesHint({ layout }: Store, missing: readonly NotObtained[]): string {
  const isLeft = ({ path }: NotObtained) =>
    existsSync(objectPath(layout, path)) || existsSync(manifestPath(layout, path));
  const repair = missing.some(isLeft) ? "`store verify --repair` mends what the store itself has the content of. " : "";
  return `${repair}Name a place that has them with --repository, or a recipe with --recipes`;
}

/** What cannot be read refers to nothing, as far as anybody knows; it is a fault by itself. */
function knownReferences(store: Store, object: BaseName): readonly BaseName[] {
  try {
    return readManifest(store, object).references;
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
}

import { StoreError } from "../../errors.ts";
import { adjustments, listed, type PlannedChange, type PlannedPackage, summarise } from "../../model/change.ts";
import { checkPriority } from "../../model/check-number.ts";
import { DEFAULT_PRIORITY, type Generation, type InstalledPackage } from "../../model/generation.ts";
import type { BaseName, PackageName, PackageVersion, ProfileName } from "../../model/ids.ts";
import { planForest } from "../../store/build-forest.ts";
import { readIfWhole } from "../../store/index/index-entry.ts";
import type { Store } from "../../store/open-store.ts";
import { createFetchContext } from "../building/fetch-context.ts";
import type { RecipeForecast } from "../building/plan-recipes.ts";
import { checkInput } from "../packages/check-input.ts";
import { checkOneOfEachName } from "../packages/one-of-each-name.ts";
import { preparePackage } from "../packages/prepare-package.ts";
import { refuseIntegrity } from "../packages/refuse-integrity.ts";
import type { PackageInput, PreparedPackage } from "../packages/stage-package.ts";
import { headOf } from "../profiles/head-of.ts";
import type { InstallRequest } from "../profiles/install.ts";
import { merge, printableFrom } from "../profiles/install.ts";
import { checkInstalled } from "../profiles/remove.ts";
import { settleFiles } from "../profiles/settle-files.ts";
import { inputsOf, sayWhatStays, type UpgradeRequest, upgradable } from "../profiles/upgrade.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";

/** What `install` would do. Nothing is downloaded and nothing changes. */
export async function planInstall(store: Store, request: InstallRequest, run: RunOptions = {}): Promise<PlannedChange> {
  const { profile, packages, priority, overwrite } = request;
  checkPriority(priority);
  packages.forEach(checkInput);
  const additions = packages.map((input) => ({ input, priority }));
  return planEdits(store, { profile, additions, removals: [], overwrite }, run);
}

export interface PlannedEdits {
  readonly profile: ProfileName;
  readonly additions: readonly { readonly input: PackageInput; readonly priority: number | undefined }[];
  /** Names of installed packages. */
  readonly removals: readonly string[];
  /** Refuses what the names of the added packages, in their order, do not allow. */
  readonly checkNames?: (added: readonly PackageName[]) => void;
  /** As for an install. */
  readonly overwrite?: boolean | undefined;
}

/** What installs and removals would do as one change. */
export async function planEdits(store: Store, request: PlannedEdits, run: RunOptions = {}): Promise<PlannedChange> {
  const { profile, additions, removals } = request;
  const head = headOf(store, profile);
  checkInstalled(head, removals);
  using workspace = openWorkspace(store);
  const inputs = additions.map(({ input }) => input);
  const looks = await lookAtAll(store, inputs, { ...run, workspace, head });
  checkOneOfEachName(
    looks.looks.map(({ package: { name, version, options, path }, url }, index) => {
      const object = path ?? url ?? JSON.stringify([version, options]);
      return { name, object, spec: printableFrom(inputs[index] as PackageInput) };
    }),
  );
  request.checkNames?.(looks.looks.map((look) => look.package.name));
  const settled = settledPackages(store, request, { head, looks, run });
  const names = new Set(looks.looks.map((look) => look.package.name));
  const gone = head.packages.filter(({ name }) => removals.includes(name) && !names.has(name));
  const adjusted = adjustments(head.packages, settled?.map(listed) ?? withSettings(head, request, looks));
  return { ...planned(head, looks), removed: gone.map(summarise), ...(adjusted.length > 0 && { adjusted }) };
}

/** What is asked for, where it is not known yet which files it has. */
function withSettings({ packages }: Generation, { additions, removals }: PlannedEdits, { looks }: Looks) {
  const kept = new Map(packages.filter(({ name }) => !removals.includes(name)).map((item) => [item.name, item]));
  const asked = new Map<PackageName, PlannedPackage & { readonly priority: number; readonly requested: string }>();
  for (const [index, { package: item, requested }] of looks.entries()) {
    const before = asked.get(item.name) ?? kept.get(item.name);
    const priority = additions[index]?.priority ?? before?.priority ?? DEFAULT_PRIORITY;
    asked.set(item.name, { ...item, priority, requested });
  }
  return [...asked.values()];
}

/** What `upgrade` would do. */
export async function planUpgrade(store: Store, request: UpgradeRequest, run: RunOptions = {}): Promise<PlannedChange> {
  checkInput(request.input);
  const head = headOf(store, request.profile);
  const wanted = upgradable(store, head, request);
  sayWhatStays(store, head, { request, run });
  using workspace = openWorkspace(store);
  const looks = await lookAtAll(store, inputsOf(store, wanted, request), { ...run, workspace, head });
  refuseUpgradeConflicts(store, head, { wanted, looks: looks.looks });
  return planned(head, looks);
}

/** @throws StoreError CONFLICT, where it is known which files all packages have */
function refuseUpgradeConflicts(
  store: Store,
  head: Generation,
  { wanted, looks }: { readonly wanted: readonly InstalledPackage[]; readonly looks: readonly Look[] },
): void {
  const found = new Map(wanted.map((item, index) => [item, looks[index]?.package.path]));
  if ([...found].every(([item, path]) => path === item.path)) return;
  if ([...found.values()].includes(null)) return;
  const packages = head.packages.map((item) => ({ ...item, path: found.get(item) ?? item.path }));
  planForest(store, { profile: head.profile, packages, installed: head.packages, staged: stagedTrees(looks) });
}

/** Where the trees of packages lie that are not in the store. */
function stagedTrees(looks: readonly Look[]): ReadonlyMap<BaseName, string> {
  const staged = looks.flatMap((look) => look.prepared?.staged ?? []).filter(({ reused }) => !reused);
  return new Map(staged.map(({ manifest, directory }) => [manifest.path, directory]));
}

/** What `remove` would do. */
export function planRemove(
  store: Store,
  request: { readonly profile: ProfileName; readonly names: readonly string[] },
): PlannedChange {
  const head = headOf(store, request.profile);
  checkInstalled(head, request.names);
  const isNamed = ({ name }: InstalledPackage) => request.names.includes(name);
  // What it hid may contend for a path now.
  const packages = head.packages.filter((item) => !isNamed(item));
  planForest(store, { profile: head.profile, packages, installed: head.packages });
  return { ...planned(head, NOTHING), removed: head.packages.filter(isNamed).map(summarise) };
}

/** What a SPEC stands for now, as far as that can be said without downloading and building. */
interface Look {
  readonly package: PlannedPackage;
  readonly prepared: PreparedPackage | undefined;
  readonly requested: string;
  /** Where it would be downloaded from. */
  readonly url: string | undefined;
}

interface Looks extends RecipeForecast {
  readonly looks: readonly Look[];
}

const NOTHING: Looks = { looks: [], packages: new Map(), fetch: [], build: [] };

interface LookOptions extends RunOptions {
  readonly workspace: Workspace;
  readonly head: Generation;
}

async function lookAtAll(store: Store, inputs: readonly PackageInput[], options: LookOptions): Promise<Looks> {
  const { lookAtRecipes } = await import("../building/plan-recipes.ts");
  const recipes = await lookAtRecipes(store, inputs, options);
  const looks: Look[] = [];
  for (const input of inputs) looks.push(recipes.packages.get(input) ?? (await lookAt(store, input, options)));
  return { ...recipes, looks };
}

async function lookAt(store: Store, input: PackageInput, options: LookOptions): Promise<Look> {
  if (input.from.startsWith("npm:")) return lookAtNpm(store, input, options);
  if (/^https?:\/\//i.test(input.from)) return lookAtUrl(input);
  const prepared = await preparePackage(store, input, options);
  const { name, version, path } = prepared.manifest;
  return { package: { name, version, options: {}, path }, prepared, requested: prepared.requested, url: undefined };
}

async function lookAtNpm(store: Store, input: PackageInput, options: LookOptions): Promise<Look> {
  refuseIntegrity(input, "a package of a registry");
  const { resolveNpm } = await import("../../sources/resolve-npm.ts");
  const found = await resolveNpm(createFetchContext(store, input, options), input.from);
  const name = (input.name ?? found.packageName) as PackageName;
  const installed = options.head.packages.find((item) => item.name === name);
  const origin = installed && readIfWhole(store, installed.path)?.origin;
  const same = [found.integrity, ...(found.alternatives ?? [])].some((each) => each === origin?.integrity);
  const path = installed && same ? installed.path : null;
  return {
    package: { name, version: found.version as PackageVersion, options: {}, path },
    prepared: undefined,
    requested: input.from,
    url: same ? undefined : found.tarball,
  };
}

async function lookAtUrl(input: PackageInput): Promise<Look> {
  const { fromFileName } = await import("../../model/package-file-name.ts");
  const { printableUrl } = await import("../../sources/printable-url.ts");
  const derived = fromFileName(lastPart(input.from));
  const name = (input.name ?? derived.name) as PackageName;
  const version = (input.version ?? derived.version ?? "0") as PackageVersion;
  const url = printableUrl(input.from);
  return { package: { name, version, options: {}, path: null }, prepared: undefined, requested: url, url };
}

function lastPart(text: string): string {
  const last = URL.canParse(text) ? new URL(text).pathname.split("/").findLast((part) => part !== "") : undefined;
  if (last === undefined) {
    throw new StoreError("INVALID_INPUT", `'${text}' is not a URL of a file`, { hint: "Write https://HOST/…/FILE." });
  }
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function planned(head: Generation, { looks: all, fetch, build }: Looks): PlannedChange {
  // A package can be asked for twice.
  const looks = [...new Map(all.map((look) => [look.package.name, look])).values()];
  const installed = new Map<string, InstalledPackage>(head.packages.map((item) => [item.name, item]));
  const upgraded = looks.flatMap(({ package: to }) => {
    const from = installed.get(to.name);
    return from && from.path !== to.path ? [{ name: to.name, from: summarise(from), to }] : [];
  });
  return {
    transaction: 0,
    profile: head.profile,
    from: head.generation,
    to: head.generation,
    changed: false,
    added: looks.map((look) => look.package).filter(({ name }) => !installed.has(name)),
    removed: [],
    upgraded,
    fetch: [
      ...fetch,
      ...looks.flatMap(({ package: { name, version }, url }) => (url === undefined ? [] : [{ name, version, url }])),
    ],
    build,
  };
}

/**
 * What the packages would be; that, and conflicts, can be told where it is known which files all of them have.
 * @throws StoreError CONFLICT
 */
function settledPackages(
  store: Store,
  { profile, additions, removals, overwrite }: PlannedEdits,
  { head, looks: { looks }, run }: { head: Generation; looks: Looks; run: RunOptions },
): readonly InstalledPackage[] | undefined {
  const prepared = looks.flatMap((look) => look.prepared ?? []);
  if (prepared.length < looks.length) return undefined;
  let now = { ...head, packages: head.packages.filter(({ name }) => !removals.includes(name)) };
  for (const [index, item] of prepared.entries())
    now = { ...now, packages: merge(now, [item], additions[index]?.priority) };
  const givesPriority = additions.some(({ priority }) => priority !== undefined);
  const request = { profile, givesPriority, staged: stagedTrees(looks) };
  if (!overwrite) {
    planForest(store, { ...request, packages: now.packages, installed: head.packages });
    return now.packages;
  }
  const back = new Set(prepared.map(({ manifest }) => manifest.path));
  return settleFiles(store, now.packages, { ...request, back, force: true }, run);
}

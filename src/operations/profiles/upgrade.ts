import { existsSync } from "node:fs";
import type { Change } from "../../model/change.ts";
import type { Generation, InstalledPackage } from "../../model/generation.ts";
import { isBaseName, type ProfileName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { readIfWhole } from "../../store/index/index-entry.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { findsRecipe, isRecipe } from "../building/prepare-recipes.ts";
import { variantsBelow } from "../building/variants-below.ts";
import { checkInput } from "../packages/check-input.ts";
import type { PackageInput, PreparedPackage } from "../packages/stage-package.ts";
import type { RunOptions } from "../run-options.ts";
import { changeProfile } from "./change-profile.ts";
import type { GenerationCheck } from "./check-generation.ts";
import { prepareAll } from "./install.ts";
import { checkInstalled } from "./remove.ts";

export interface UpgradeRequest {
  readonly profile: ProfileName;
  /** Names of installed packages; none means all. */
  readonly names: readonly string[];
  /** How sources are fetched and imported. */
  readonly input: Omit<PackageInput, "from" | "name" | "version" | "integrity">;
  /** What must succeed in the coming generation before it goes live. */
  readonly check?: GenerationCheck | undefined;
}

/** Looks again at what packages were asked for with, and replaces those for which that now gives something else. */
export async function upgrade(store: Store, request: UpgradeRequest, run: RunOptions = {}): Promise<Change> {
  const { profile, names } = request;
  checkInput(request.input);
  return changeProfile(
    store,
    {
      profile,
      reason: ["upgrade", ...names].join(" "),
      plan: { upgrade: names },
      check: request.check,
      prepare: async (workspace) => {
        const head = readGeneration(store, profile, readProfile(store, profile).current);
        const wanted = upgradable(store, head, request);
        sayWhatStays(store, head, { request, run });
        const inputs = inputsOf(store, wanted, request);
        const prepared = await prepareAll(store, inputs, { ...run, workspace });
        return (now) => replaceAll(now, wanted, prepared);
      },
    },
    run,
  );
}

/**
 * The packages that an upgrade looks at again.
 * @throws StoreError NOT_FOUND for a name that is not installed
 */
export function upgradable(store: Store, head: Generation, request: UpgradeRequest): readonly InstalledPackage[] {
  const { names } = request;
  checkInstalled(head, names);
  return head.packages
    .filter((item) => names.length === 0 || names.includes(item.name))
    .filter((item) => canUpgrade(item) && (names.length > 0 || !(isGone(item) || lacksRecipe(store, item, request))));
}

/**
 * A package that was asked for as one particular object is what it is for ever, and so is one that was downloaded: its
 * integrity was given with it.
 */
function canUpgrade({ requested }: InstalledPackage): boolean {
  return !isBaseName(requested) && !/^https?:/i.test(requested);
}

/** The file or directory that a package comes from is not there any more: it is left alone, too, unless it is named. */
function isGone({ requested }: InstalledPackage): boolean {
  return requested.startsWith("/") && !existsSync(requested);
}

/** A package that comes from a recipe which is not among those that are given is left alone, unless it is named. */
function lacksRecipe(store: Store, { requested }: InstalledPackage, { input }: UpgradeRequest): boolean {
  const asked = { ...input, from: requested, again: true };
  const isWithoutRecipes = (input.build?.recipes ?? []).length === 0;
  return isRecipe(store, asked) && (isWithoutRecipes || !findsRecipe(store, asked));
}

/**
 * A registry or a recipe says which version there is now; a file or directory has the one it was installed with. Options
 * stay as they are, also when a recipe's defaults have changed.
 */
export function inputsOf(
  store: Store,
  items: readonly InstalledPackage[],
  { input }: UpgradeRequest,
): readonly PackageInput[] {
  const builtWith = variantsBelow(store);
  return items.map((item) => {
    const { name, version, requested, options, path } = item;
    const kept = { keptOptions: options, builtWith: builtWith(path) };
    return { ...input, from: requested, again: true, name, ...kept, ...(isPlainPath(store, item) && { version }) };
  });
}

function isPlainPath(store: Store, { requested, path }: InstalledPackage): boolean {
  return requested.startsWith("/") && readIfWhole(store, path)?.origin.kind !== "build";
}

/** Packages that were named and have nothing newer to be looked for, and those that cannot be looked at. */
export function sayWhatStays(
  store: Store,
  head: Generation,
  { request, run }: { readonly request: UpgradeRequest; readonly run: RunOptions },
): void {
  const { names } = request;
  for (const item of head.packages) {
    if (!names.includes(item.name) || canUpgrade(item)) continue;
    const message = `${item.name} stays as it is: it was installed as ${item.requested}`;
    const hint = `Install what shall replace it: \`store install SPEC --name ${item.name}\`.`;
    run.onEvent?.({ kind: "warning", message, hint });
  }
  if (names.length > 0) return;
  const others = head.packages.filter(canUpgrade);
  const gone = others.filter(isGone);
  const without = others.filter((item) => !isGone(item) && lacksRecipe(store, item, request));
  if (without.length > 0)
    run.onEvent?.({
      kind: "warning",
      message: `built from recipes, and not looked at without them: ${without.map(({ name }) => name).join(", ")}`,
      hint: "Give directories of recipes with --recipes DIR or in STORE_RECIPES.",
    });
  if (gone.length > 0)
    run.onEvent?.({
      kind: "warning",
      message: `not looked at, since what they were installed from is gone: ${gone.map(({ name }) => name).join(", ")}`,
      hint: `${gone[0]?.name} came from ${gone[0]?.requested}. Install from elsewhere: \`store install SPEC --name NAME\`.`,
    });
}

/** Packages that were removed or replaced by others in the meantime stay as they are now. */
function replaceAll(
  now: Generation,
  wanted: readonly InstalledPackage[],
  prepared: readonly PreparedPackage[],
): InstalledPackage[] {
  const replacement = new Map(wanted.map((item, index) => [item.path, prepared[index]]));
  return now.packages.map((item) => {
    const found = replacement.get(item.path);
    if (!found) return item;
    const { version, path } = found.manifest;
    return { ...item, version, path, options: found.options ?? item.options };
  });
}

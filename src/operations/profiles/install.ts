import type { Json } from "../../model/canonical-json.ts";
import type { Change } from "../../model/change.ts";
import { checkPriority } from "../../model/check-number.ts";
import { formatCount } from "../../model/format-count.ts";
import { DEFAULT_PRIORITY, type Generation, type InstalledPackage } from "../../model/generation.ts";
import type { ProfileName } from "../../model/ids.ts";
import { withoutCredentials } from "../../model/without-credentials.ts";
import { printableUrl } from "../../sources/printable-url.ts";
import { commitObjects } from "../../store/commit-objects.ts";
import type { Store } from "../../store/open-store.ts";
import { prepareRecipes } from "../building/prepare-recipes.ts";
import { checkInput } from "../packages/check-input.ts";
import { checkOneOfEachName } from "../packages/one-of-each-name.ts";
import { knownObject, preparePackage } from "../packages/prepare-package.ts";
import type { PackageInput, PreparedPackage } from "../packages/stage-package.ts";
import type { RunOptions } from "../run-options.ts";
import type { Workspace } from "../workspace.ts";
import { changeProfile } from "./change-profile.ts";
import type { GenerationCheck } from "./check-generation.ts";
import { settleFiles } from "./settle-files.ts";

export interface InstallRequest {
  readonly profile: ProfileName;
  readonly packages: readonly PackageInput[];
  /** For all of these packages; one that is installed keeps its own, others get 5. The lower number wins. */
  readonly priority?: number | undefined;
  /** They win where other packages have files at the same paths: priorities are changed as far as that takes. */
  readonly overwrite?: boolean | undefined;
  /** What must succeed in the coming generation before it goes live. */
  readonly check?: GenerationCheck | undefined;
}

/** Adds packages to a profile, or replaces those of the same name, in one transaction. */
export async function install(store: Store, request: InstallRequest, run: RunOptions = {}): Promise<Change> {
  checkPriority(request.priority);
  request.packages.forEach(checkInput);
  const givesPriority = request.priority !== undefined;
  return changeProfile(
    store,
    {
      profile: request.profile,
      reason: `install ${request.packages.map(printableFrom).join(" ")}${priorityText(request)}`,
      plan: {
        install: request.packages.map((input) => planOf(input, request.priority)),
        ...(request.overwrite && { overwrite: true }),
      },
      check: request.check,
      givesPriority,
      makesProfile: true,
      prepare: async (workspace) => {
        const prepared = await prepareAll(store, request.packages, { ...run, workspace });
        const back = new Set(prepared.map(({ manifest }) => manifest.path));
        return (head) => {
          const merged = merge(head, prepared, request.priority);
          const { profile, overwrite } = request;
          const settling = { profile, back, force: true, givesPriority };
          return overwrite ? settleFiles(store, merged, settling, run) : merged;
        };
      },
    },
    run,
  );
}

function priorityText({ priority }: InstallRequest): string {
  return priority === undefined ? "" : ` with priority ${priority}`;
}

/** What a package was asked for with, as it may stand in records and be shown: without user name and password. */
export function printableFrom({ from }: PackageInput): string {
  return /^https?:\/\//i.test(from) ? printableUrl(from) : withoutCredentials(from);
}

/** A package that was asked for, as the log tells it. */
export function planOf(input: PackageInput, priority: number | undefined): Json {
  const { name, version, integrity } = input;
  return { from: printableFrom(input), name, version, integrity, priority };
}

/** Gets all of these packages into the store, or none of them when one fails. */
export async function prepareAll(
  store: Store,
  inputs: readonly PackageInput[],
  options: RunOptions & { readonly workspace: Workspace },
): Promise<readonly PreparedPackage[]> {
  // All at once: asked for one by one, each would take a lock.
  const known = inputs.flatMap((input) => knownObject(store, input) ?? []);
  await options.workspace.lease.hold(known, options.signal);
  const built = await prepareRecipes(store, inputs, options);
  const prepared: PreparedPackage[] = [];
  for (const input of inputs) prepared.push(built.get(input) ?? (await preparePackage(store, input, options)));
  checkOneOfEachName(
    prepared.map(({ manifest: { name, path } }, index) => {
      return { name, object: path, spec: printableFrom(inputs[index] as PackageInput) };
    }),
  );
  const staged = prepared.flatMap((item) => item.staged ?? []);
  if (staged.some(({ reused }) => !reused))
    options.onEvent?.({ kind: "step", step: "commit", subject: formatCount(staged.length, "package") });
  await commitObjects(store, staged, options.signal);
  return prepared;
}

export function merge(
  head: Generation,
  prepared: readonly PreparedPackage[],
  priority: number | undefined,
): InstalledPackage[] {
  const packages = new Map(head.packages.map((item) => [item.name, item]));
  for (const { manifest, requested, options = {} } of prepared) {
    const { name, version, path } = manifest;
    const before = packages.get(name);
    packages.set(name, {
      name,
      version,
      options,
      path,
      priority: priority ?? before?.priority ?? DEFAULT_PRIORITY,
      requested,
      unknown: {},
    });
  }
  return [...packages.values()];
}

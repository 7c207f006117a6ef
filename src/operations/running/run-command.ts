import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { profileOption } from "../../model/profile-option.ts";
import { buildForest } from "../../store/build-forest.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { objectPath } from "../../store/layout.ts";
import type { Lease } from "../../store/leases.ts";
import { hasObject } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { type CommandEnd, holdSignals, runForeground } from "../../system/process/run-foreground.ts";
import { type ObjectProblem, packageFaults } from "../profiles/preflight.ts";
import { liveOf, type Selected, selectGeneration } from "../profiles/select-generation.ts";
import { recalledPackages } from "../profiles/selected-packages.ts";
import { generationProblems } from "../profiles/switch.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import { splitCommand } from "./check-command.ts";
import { commandEnvironment } from "./command-environment.ts";

export interface CommandRequest {
  /** The command and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
}

export interface RunResult extends CommandEnd {
  readonly generation: GenerationNumber;
}

/**
 * Runs a command in the environment of any generation, without a switch. It has the terminal, the standard streams and
 * the signals of this process.
 * @throws StoreError INVALID_INPUT; NOT_FOUND, also for a command that is not there; DAMAGED for a generation that is not whole
 */
export async function runCommandAt(
  store: Store,
  profile: ProfileName,
  request: CommandRequest & { readonly selector?: string | undefined },
  run: RunOptions = {},
): Promise<RunResult> {
  const { selector, cwd } = request;
  const [name, ...args] = splitCommand(request);
  const state = readProfile(store, profile);
  const selected = selector === undefined ? liveOf(state) : await selectGeneration(store, state, selector);
  const { generation } = selected;
  using workspace = openWorkspace(store);
  const top = await holdSelected(store, { profile, selected }, workspace);
  using held = holdSignals();
  const env = commandEnvironment(store, profile, { top, generation });
  const end = await runForeground(name, args, { cwd, env, held, signal: run.signal });
  run.signal?.throwIfAborted();
  return { generation, ...end };
}

/**
 * Keeps the packages of a generation from being collected while something runs in it; returns where its forest lies, which
 * is made again for one that was deleted since.
 * @throws StoreError DAMAGED for one that is not whole, NOT_FOUND for a deleted one whose packages were collected
 */
export async function holdSelected(
  store: Store,
  { profile, selected }: { readonly profile: ProfileName; readonly selected: Selected },
  workspace: Workspace,
): Promise<string> {
  const { generation } = selected;
  const packages = recalledPackages(store, profile, selected);
  if (!packages) return holdGeneration(store, { profile, generation }, workspace.lease);
  const paths = packages.map(({ path }) => path);
  await workspace.lease.hold(paths);
  const faults = packageFaults(store, paths);
  if (faults.length > 0) throw notThere(store, { profile, generation }, faults);
  return objectPath(store.layout, await buildForest(store, { profile, packages }, workspace));
}

/**
 * Keeps a generation from being collected while something runs in it; returns where it lies.
 * @throws StoreError DAMAGED for one that is not whole
 */
export async function holdGeneration(
  store: Store,
  { profile, generation }: { readonly profile: ProfileName; readonly generation: GenerationNumber },
  lease: Lease,
): Promise<string> {
  const record = readGeneration(store, profile, generation);
  await lease.hold([record.path, ...record.packages.map(({ path }) => path)]);
  const problems = generationProblems(store, profile, generation);
  if (problems.length === 0) return objectPath(store.layout, record.path);
  throw notWhole({ profile, generation, problems }, "`store verify --repair` restores what can be had again.");
}

/** What only deleted generations kept is collected: nothing is damaged by that. */
function notThere(store: Store, { profile, generation }: Omit<Problems, "problems">, faults: readonly ObjectProblem[]) {
  const problems = faults.map(({ object, reason }) => `${object}: ${reason}`);
  const hint = `\`store switch gen-${generation}${profileOption(profile)}\` makes it anew with what can be had again.`;
  if (faults.some(({ object }) => hasObject(store, object))) return notWhole({ profile, generation, problems }, hint);
  const gone = faults.map(({ object }) => object);
  return new StoreError("NOT_FOUND", `gen-${generation} was deleted, and its packages are gone: ${gone.join(", ")}`, {
    hint,
    details: { profile, generation, problems },
  });
}

interface Problems {
  readonly profile: ProfileName;
  readonly generation: GenerationNumber;
  readonly problems: readonly string[];
}

function notWhole(details: Problems, hint: string): StoreError {
  const { generation, problems } = details;
  return new StoreError("DAMAGED", `nothing can be run in gen-${generation}: ${problems.join("; ")}`, {
    hint,
    details: { ...details },
  });
}

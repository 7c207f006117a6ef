import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { objectPath } from "../../store/layout.ts";
import { type Lease, openLease } from "../../store/leases.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { type CommandEnd, holdSignals, runForeground } from "../../system/process/run-foreground.ts";
import { selectGeneration } from "../profiles/select-generation.ts";
import { generationProblems } from "../profiles/switch.ts";
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
 * @throws StoreError NOT_FOUND, also for a command that is not there; DAMAGED for a generation that is not whole
 */
export async function runCommandAt(
  store: Store,
  profile: ProfileName,
  request: CommandRequest & { readonly selector?: string | undefined },
): Promise<RunResult> {
  const { selector, command, cwd } = request;
  const state = readProfile(store, profile);
  const generation =
    selector === undefined ? state.current : (await selectGeneration(store, state, selector)).generation;
  using lease = openLease(store);
  const top = await holdGeneration(store, { profile, generation }, lease);
  using held = holdSignals();
  const env = commandEnvironment(store, profile, { top, generation });
  const [name = "", ...args] = command;
  return { generation, ...(await runForeground(name, args, { cwd, env, held })) };
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
  throw new StoreError("DAMAGED", `nothing can be run in gen-${generation}: ${problems.join("; ")}`, {
    hint: "`store verify --repair` restores what can be had again.",
    details: { profile, generation, problems },
  });
}

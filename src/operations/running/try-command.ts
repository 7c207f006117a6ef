import { constants } from "node:os";
import type { Change } from "../../model/change.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { currentPath } from "../../store/layout.ts";
import { openLease } from "../../store/leases.ts";
import type { Store } from "../../store/open-store.ts";
import { liveGeneration, readProfile } from "../../store/profiles.ts";
import type { ProcessTree } from "../../system/process/process-tree.ts";
import { type CommandEnd, holdSignals, runForeground } from "../../system/process/run-foreground.ts";
import { switchGeneration } from "../profiles/switch.ts";
import type { RunOptions } from "../run-options.ts";
import { splitCommand } from "./check-command.ts";
import { commandEnvironment } from "./command-environment.ts";
import { type CommandRequest, holdGeneration } from "./run-command.ts";

export interface TryResult {
  readonly end: CommandEnd;
  /** Exit status to pass on: that of the command, or 128 and the number of a signal that this process got. */
  readonly status: number;
  /** What was live before. */
  readonly from: GenerationNumber;
  /** What is live now. */
  readonly to: GenerationNumber;
  /** The switch back, when there was one. */
  readonly back: Change | undefined;
}

/**
 * Runs a command that may change the profile, and switches back to what was live before when it fails, or when this
 * process is asked to end meanwhile, be it by a signal or by `run.signal`. The command has the live profile in its search
 * paths.
 */
export async function tryCommand(
  store: Store,
  profile: ProfileName,
  { command, cwd }: CommandRequest,
  run: RunOptions = {},
): Promise<TryResult> {
  const [name, ...args] = splitCommand({ command });
  const from = readProfile(store, profile).current;
  // The way back must not be collected meanwhile.
  using lease = openLease(store);
  await holdGeneration(store, { profile, generation: from }, lease);
  const env = commandEnvironment(store, profile, { top: currentPath(store.layout, profile) });
  using held = holdSignals();
  const mark = `STORE_TRY_${process.pid}_${store.context.now().getTime()}`;
  let tree: ProcessTree | undefined;
  const onStart = (started: ProcessTree): void => {
    tree = started;
  };
  const foreground = { cwd, env: { ...env, [mark]: "1" }, held, marker: `${mark}=1`, onStart, signal: run.signal };
  const end = await runForeground(name, args, foreground);
  const status = held.first ? 128 + constants.signals[held.first] : end.status;
  const isAborted = run.signal?.aborted === true;
  // What is left running could change the profile when it is back where it was.
  if (status !== 0) await tree?.killRest();
  const to = liveGeneration(store, profile);
  const isKept = (status === 0 && !isAborted) || to === from;
  // Whoever waits for a lock now waits on, also when asked to end: to go back is what was promised.
  const back = isKept
    ? undefined
    : await switchGeneration(store, profile, { selector: `gen-${from}` }, { onEvent: run.onEvent });
  if (isAborted) run.signal?.throwIfAborted();
  return { end, status, from, to: back?.to ?? to ?? from, back };
}

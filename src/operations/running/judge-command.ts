import { constants } from "node:os";
import { StoreError } from "../../errors.ts";
import type { Verdict } from "../../model/bisect.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import { type CommandEnd, holdSignals, runForeground } from "../../system/process/run-foreground.ts";
import type { RunOptions } from "../run-options.ts";
import { splitCommand } from "./check-command.ts";
import { commandEnvironment } from "./command-environment.ts";
import type { CommandRequest } from "./run-command.ts";

export interface Judgement {
  readonly verdict: Verdict;
  /** How the command ended: `exit 1`. */
  readonly reason: string;
  readonly seconds: number;
}

export interface JudgeRequest extends CommandRequest {
  /** Directory of the forest that the search paths lead into. */
  readonly top: string;
  readonly generation?: GenerationNumber | undefined;
}

/**
 * Runs a command in a forest and takes its exit status for a verdict. What it prints goes to stderr.
 * @throws StoreError FAILED when it ended in a way that says nothing
 */
export async function judgeCommand(
  store: Store,
  profile: ProfileName,
  { top, generation, command, cwd }: JudgeRequest,
  { signal }: RunOptions,
): Promise<Judgement> {
  using held = holdSignals();
  const env = commandEnvironment(store, profile, { top, generation });
  const [name, ...args] = splitCommand({ command });
  const started = performance.now();
  const end = await startOrFail(() => runForeground(name, args, { cwd, env, held, stdio: ["inherit", 2, 2], signal }));
  signal?.throwIfAborted();
  return { ...judge(end), seconds: Math.round(performance.now() - started) / 1000 };
}

/** A program that a generation does not have fails there, as in a shell. */
async function startOrFail(start: () => Promise<CommandEnd>): Promise<CommandEnd> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof StoreError && error.code === "NOT_FOUND") return { exitCode: 127, signal: null, status: 127 };
    throw error;
  }
}

/** Signals by which a process tells that something is wrong with it. */
const CRASHES = ["SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS"] as const;
const CANNOT_TEST = 125;

function judge({ exitCode, status }: CommandEnd): Omit<Judgement, "seconds"> {
  const crash = CRASHES.find((name) => status === 128 + constants.signals[name]);
  if (crash) return { verdict: "bad", reason: crash };
  const reason = status === 127 ? "exit 127: not found" : `exit ${status}`;
  if (exitCode === null || status > 127) throw tellsNothing(reason);
  return { verdict: status === 0 ? "good" : status === CANNOT_TEST ? "skip" : "bad", reason };
}

function tellsNothing(reason: string): StoreError {
  return new StoreError("FAILED", `the command ended with ${reason}, which says neither good nor bad`, {
    hint: "0 is good, 125 cannot be tested, all others up to 127 are bad. Nothing was changed.",
  });
}

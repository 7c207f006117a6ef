import { isErrno } from "../../errors.ts";
import { listDescendants, listMarked, listProcesses, readProcess } from "./process-table.ts";

/**
 * What a command and everything it started use. Figures are of the latest `observe`: what ran only between two looks is
 * not in them.
 */
export interface TreeUsage {
  readonly processes: number;
  /** Sum of the resident sets; pages that several processes share count in each. */
  readonly residentBytes: number;
  readonly userMs: number;
  readonly systemMs: number;
}

/**
 * A command that leads its own process group, and all that came out of it. A process that was once seen below the
 * command is known for good, also when it made itself a session of its own and lost its parent.
 */
export interface ProcessTree {
  /** `undefined` where there is no `/proc`. */
  observe(): TreeUsage | undefined;
  /** Sends a signal to everything, or only to what runs below the command itself. */
  signal(signal: NodeJS.Signals, to: "everything" | "below"): void;
  /** After the command has ended: kills what it left behind, and returns when nothing of it lives. */
  killRest(): Promise<void>;
}

/**
 * @param root the pid of the command
 * @param marker a `NAME=value` of the command's environment that no other process has: finds also those that left the
 *   group between two looks
 */
export function followProcessTree(root: number, marker?: string): ProcessTree {
  const startTicks = readProcess(root)?.startTicks;
  const known = new Map<number, number>();

  const learn = (pids: readonly number[]): void => {
    for (const pid of pids) {
      const entry = known.has(pid) ? undefined : readProcess(pid);
      if (entry && !entry.zombie) known.set(pid, entry.startTicks);
    }
  };
  const living = (): readonly number[] => {
    for (const [pid, start] of known) if (!isAlive(pid, start)) known.delete(pid);
    return [...known.keys()];
  };
  const learnTree = (): readonly number[] => {
    learn(listDescendants([root, ...living()]));
    return living();
  };
  const learnMarked = (): void => {
    if (marker === undefined || startTicks === undefined) return;
    learn(
      listMarked(marker).filter((pid) => pid !== process.pid && (readProcess(pid)?.startTicks ?? -1) >= startTicks),
    );
  };

  return {
    observe: () => (startTicks === undefined ? undefined : sumUsage([root, ...learnTree()])),
    signal: (signal, to) => {
      const below = learnTree();
      if (to === "everything" || below.length === 0) sendSignal(-root, signal);
      for (const pid of below) sendSignal(pid, signal);
    },
    killRest: async () => {
      learnMarked();
      for (let round = 0; round < KILL_ROUNDS; round++) {
        sendSignal(-root, "SIGKILL");
        for (const pid of learnTree()) sendSignal(pid, "SIGKILL");
        if (!groupLives(root) && living().length === 0) return;
        await new Promise((resolve) => setTimeout(resolve, KILL_ROUND_MS));
      }
    },
  };
}

/** A process in uninterruptible sleep (a dead network filesystem) does not die: give up after two seconds. */
const KILL_ROUNDS = 400;
const KILL_ROUND_MS = 5;

function sumUsage(pids: readonly number[]): TreeUsage {
  const entries = pids.map(readProcess).filter((entry) => entry !== undefined);
  const sum = (value: (entry: (typeof entries)[number]) => number): number =>
    entries.reduce((total, entry) => total + value(entry), 0);
  return {
    processes: entries.length,
    residentBytes: sum((entry) => entry.residentBytes),
    userMs: sum((entry) => entry.userMs),
    systemMs: sum((entry) => entry.systemMs),
  };
}

function isAlive(pid: number, startTicks: number): boolean {
  const entry = readProcess(pid);
  return entry !== undefined && !entry.zombie && entry.startTicks === startTicks;
}

/** Signal 0 also reaches zombies, which nobody can kill: look closer before waiting for them. */
function groupLives(group: number): boolean {
  if (!sendSignal(-group, 0)) return false;
  const processes = listProcesses();
  if (processes.length === 0) return true;
  return processes.some((pid) => {
    const entry = readProcess(pid);
    return entry?.group === group && !entry.zombie;
  });
}

/** Whether there was somebody to receive it. */
export function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    // EPERM: the group has only processes that changed their user; they are not ours any more.
    if (isErrno(error, "ESRCH", "EPERM")) return false;
    throw error;
  }
}

import { statfs } from "node:fs/promises";
import { measureDiskUse } from "./disk-use.ts";
import type { ProcessTree, TreeUsage } from "./process-tree.ts";

/** Why a command was ended from outside. */
export type LimitReason = "disk-limit" | "memory-limit" | "process-limit";

/**
 * What is measured from outside, again and again: a command can pass a limit for the time between two looks. What it
 * leaves on the disk is measured when it has ended, too.
 */
export interface SampledLimits {
  /** Sum of the resident sets of all its processes. Looked at least every half second. */
  readonly maxMemoryBytes?: number | undefined;
  readonly maxProcesses?: number | undefined;
  readonly disk?: DiskLimit | undefined;
}

export interface DiskLimit {
  /** Directories that the command writes to. */
  readonly paths: readonly string[];
  readonly maxBytes?: number | undefined;
  readonly maxInodes?: number | undefined;
  /** The command ends when the file system of one of the paths has less than this left, whoever took it. */
  readonly keepFreeBytes?: number | undefined;
}

/** Watches while it is not disposed. */
export interface Watch extends Disposable {
  readonly peak: Omit<TreeUsage, "processes"> | undefined;
}

/** Looks at memory, processes and processor time: often at first, so that short commands are seen too. */
export function watchUsage(tree: ProcessTree, limits: SampledLimits, stop: (reason: LimitReason) => void): Watch {
  let peak: TreeUsage | undefined;
  const look = (): void => {
    const usage = tree.observe();
    if (usage === undefined) return;
    peak = peak === undefined ? usage : greatest(peak, usage);
    if (usage.residentBytes > (limits.maxMemoryBytes ?? Number.POSITIVE_INFINITY)) stop("memory-limit");
    else if (usage.processes > (limits.maxProcesses ?? Number.POSITIVE_INFINITY)) stop("process-limit");
  };
  const repeated = repeat(
    async () => look(),
    (_, round) => Math.min(25 * 2 ** round, 500),
  );
  return {
    get peak() {
      return peak;
    },
    [Symbol.dispose]: () => repeated[Symbol.dispose](),
  };
}

/**
 * Looks often at first, as commands that are short can be quick writers. Measuring a large tree takes long: it may take a
 * twentieth of the time at most.
 */
export function watchDisk(limit: DiskLimit | undefined, stop: (reason: LimitReason) => void): Disposable {
  if (limit === undefined) return { [Symbol.dispose]: () => {} };
  return repeat(
    async () => {
      if (await isDiskLimitPassed(limit)) stop("disk-limit");
    },
    (tookMs, round) => Math.max(Math.min(25 * 2 ** round, 500), 20 * tookMs),
  );
}

/** Whether what a command left when it ended is more than it may take. */
export async function isLeftTooMuch(limit: DiskLimit | undefined): Promise<boolean> {
  return limit !== undefined && (await isDiskLimitPassed({ ...limit, keepFreeBytes: 0 }));
}

async function isDiskLimitPassed(limit: DiskLimit): Promise<boolean> {
  const { maxBytes = Number.POSITIVE_INFINITY, maxInodes = Number.POSITIVE_INFINITY, keepFreeBytes = 0 } = limit;
  for (const path of keepFreeBytes > 0 ? limit.paths : []) {
    const file = await statfs(path).catch(() => undefined);
    if (file !== undefined && file.bavail * file.bsize < keepFreeBytes) return true;
  }
  if (limit.maxBytes === undefined && limit.maxInodes === undefined) return false;
  const use = await measureDiskUse(limit.paths);
  return use.bytes > maxBytes || use.inodes > maxInodes;
}

/** Calls `work` until disposed; `pause` says how long to wait after a call, from how long it took and how many were. */
function repeat(work: () => Promise<void>, pause: (tookMs: number, round: number) => number): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const next = (tookMs: number, round: number): void => {
    if (ended) return;
    timer = setTimeout(
      async () => {
        const started = performance.now();
        await work();
        next(performance.now() - started, round + 1);
      },
      pause(tookMs, round),
    );
  };
  next(0, 0);
  return {
    [Symbol.dispose]: () => {
      ended = true;
      clearTimeout(timer);
    },
  };
}

function greatest(a: TreeUsage, b: TreeUsage): TreeUsage {
  return {
    processes: Math.max(a.processes, b.processes),
    residentBytes: Math.max(a.residentBytes, b.residentBytes),
    userMs: Math.max(a.userMs, b.userMs),
    systemMs: Math.max(a.systemMs, b.systemMs),
  };
}

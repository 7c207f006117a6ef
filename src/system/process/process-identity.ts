import { readFileSync } from "node:fs";
import { readProcess } from "./process-table.ts";

/** Names one process for ever: a pid alone is given out again. Without `/proc` only the pid is known. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly started: number | undefined;
  /** The kernel draws it at random at each boot. */
  readonly boot: string | undefined;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: readProcess(pid)?.startTicks, boot: bootId() };
}

/** Whether this very process runs now; `false` where that cannot be told. */
export function isRunning({ pid, started, boot }: ProcessIdentity): boolean {
  if (started === undefined || boot === undefined || boot !== bootId()) return false;
  const found = readProcess(pid);
  return found !== undefined && !found.zombie && found.startTicks === started;
}

function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return undefined;
  }
}

import { listMarkedBelow } from "./process-table.ts";
import { sendSignal } from "./process-tree.ts";

/** A process in uninterruptible sleep does not die: give up after two seconds. */
const KILL_ROUNDS = 400;
const KILL_ROUND_MS = 5;

/**
 * Kills every process that was started with a `NAME=value` in its environment that begins so, and what these start
 * meanwhile; returns when none of them lives. Does nothing where there is no `/proc`.
 */
export function killMarked(beginning: string): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const found = listMarkedBelow(beginning).filter((pid) => pid !== process.pid);
    // Those of other users are not ours, and stay.
    const reached = found.filter((pid) => sendSignal(pid, "SIGKILL"));
    if (reached.length === 0) return;
    Atomics.wait(clock, 0, 0, KILL_ROUND_MS);
  }
}

import { constants, setPriority } from "node:os";
import { captureOutput } from "../../../system/process/capture-output.ts";

/**
 * Gives this process the lowest priority, for the processor and, where `ionice` (util-linux) and the disk's scheduler
 * know of one, for the disk. Threads that are started afterwards inherit it.
 */
export async function yieldToOthers(): Promise<void> {
  setPriority(constants.priority.PRIORITY_LOW);
  try {
    const args = ["--class", "idle", "--ignore", "--pid", String(process.pid)];
    await captureOutput("ionice", args, { cwd: "/", env: { PATH: process.env.PATH ?? "" }, timeoutMs: 5_000 });
  } catch {
    // Not there: resting between reads is what leaves the disk to others.
  }
}

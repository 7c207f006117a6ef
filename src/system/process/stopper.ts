import type { LimitReason } from "./limits.ts";
import type { ProcessTree } from "./process-tree.ts";

/** Why a command ended: by itself, or what made us end it. */
export type EndReason = "exited" | "timeout" | "silent" | "log-limit" | "aborted" | LimitReason;

/** Ends a command once: asks it (TERM), and kills it when it has not gone after the grace. */
export interface Stopper {
  stop(reason: Exclude<EndReason, "exited">): void;
  /** The command has ended: nothing is sent any more. */
  ended(): void;
  reason(): EndReason;
}

export interface StopperOptions {
  readonly graceMs?: number | undefined;
  readonly terminate?: "everything" | "below" | undefined;
}

export function createStopper(tree: ProcessTree, options: StopperOptions): Stopper {
  let reason: EndReason = "exited";
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  return {
    stop: (because) => {
      if (over || reason !== "exited") return;
      reason = because;
      tree.signal("SIGTERM", options.terminate ?? "everything");
      timer = setTimeout(() => tree.signal("SIGKILL", "everything"), options.graceMs ?? 2000);
    },
    ended: () => {
      over = true;
      clearTimeout(timer);
    },
    reason: () => reason,
  };
}

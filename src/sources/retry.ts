import { setTimeout as sleep } from "node:timers/promises";
import type { StoreError } from "../errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import { isPassing, isUnreachable } from "./network-error.ts";

export interface RetryOptions {
  /** The URL, without credentials. */
  readonly subject: string;
  /** Whether the last try got so far that the failures before it no longer count. */
  readonly advanced?: () => boolean;
}

/**
 * Runs `attempt` again after passing faults, each time after twice the delay.
 *
 * @throws StoreError the last fault when there were too many; whatever else `attempt` throws; the signal's reason
 */
export async function withRetries<T>(
  context: FetchContext,
  options: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; ) {
    context.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      context.signal?.throwIfAborted();
      failures = options.advanced?.() ? 1 : failures + 1;
      if (!isPassing(error) || failures > (context.retries ?? 3)) throw error;
      if (context.waitsForHost === false && isUnreachable(error)) throw error;
      await pause(context, options.subject, { fault: error, failures });
    }
  }
}

/** Longest wait between two tries, also when the server asks for more. */
const LONGEST_DELAY_MS = 30_000;

async function pause(
  context: FetchContext,
  url: string,
  { fault, failures }: { readonly fault: StoreError; readonly failures: number },
): Promise<void> {
  const backOff = (context.retryDelayMs ?? 500) * 2 ** (failures - 1);
  const asked = typeof fault.details.waitMs === "number" ? fault.details.waitMs : 0;
  const delayMs = Math.min(LONGEST_DELAY_MS, Math.max(backOff, asked));
  context.onEvent?.({ kind: "retrying", url, reason: fault.message, delayMs });
  await sleep(delayMs, undefined, context.signal && { signal: context.signal }).catch((error) => {
    context.signal?.throwIfAborted();
    throw error;
  });
}

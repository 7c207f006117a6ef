import type { FetchContext } from "./fetch-context.ts";

/** Ends a transfer when nothing comes for too long. */
export interface StallTimer extends Disposable {
  /** Aborted after the time without a sign of life, or with the context's own signal. */
  readonly signal: AbortSignal;
  /** Starts the time anew. */
  readonly touch: () => void;
  /** Why it was this timer that ended the transfer, if it was. */
  readonly stalled: () => string | undefined;
}

export function startStallTimer(context: FetchContext): StallTimer {
  const timeoutMs = context.stallTimeoutMs ?? 60_000;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  return {
    signal: context.signal ? AbortSignal.any([context.signal, controller.signal]) : controller.signal,
    touch: () => void timer.refresh(),
    stalled: () => (controller.signal.aborted ? `no data came for ${timeoutMs / 1000} seconds` : undefined),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

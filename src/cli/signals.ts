import { StoreError } from "../errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

/** Ends work in good order at the first signal; `giveUp` is called at the second. */
export function watchSignals(process: NodeJS.EventEmitter, giveUp: () => void): Interruption {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return giveUp();
    controller.abort(new StoreError("INTERRUPTED", `interrupted (${name})`, { details: { signal: name } }));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

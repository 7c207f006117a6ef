import { createWorkerPool } from "../../system/worker-pool.ts";
import type { VerifySettings } from "./settings.ts";
import { runVerifyTask, type VerifyAnswer, type VerifyTask } from "./tasks.ts";

export interface RunChecks {
  /** Whether there is so much to do that threads are worth their start, about 20 ms each. */
  readonly inThreads: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called as answers come, in no particular order. */
  readonly onAnswer: (answer: VerifyAnswer, task: VerifyTask) => void;
}

/** Carries out tasks, in one thread per processor. An abort ends the threads at once. */
export async function runChecks(
  settings: VerifySettings,
  tasks: Iterable<VerifyTask>,
  { inThreads, signal, onAnswer }: RunChecks,
): Promise<void> {
  signal?.throwIfAborted();
  if (!inThreads) {
    for (const task of tasks) {
      onAnswer(runVerifyTask(settings, task), task);
      await breathe();
      signal?.throwIfAborted();
    }
    return;
  }
  await using pool = createWorkerPool<VerifyTask, VerifyAnswer>(workerScript(), settings);
  const queue = tasks[Symbol.iterator]();
  // Each thread has one task more waiting: it is never idle, and none has much left when the others are done.
  const feeders = Array.from({ length: 2 * pool.size }, async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      onAnswer(await pool.run(next.value), next.value);
      signal?.throwIfAborted();
    }
  });
  await Promise.race([Promise.all(feeders), aborted(signal)]);
}

/** Lets signals be heard. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** The bundled worker: beside this file in the bundle, in `dist/` for the sources. */
function workerScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("../../../dist/verify-worker.cjs", import.meta.url)
    : new URL("./verify-worker.cjs", import.meta.url);
}

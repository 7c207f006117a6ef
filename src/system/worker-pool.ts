import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { isErrno, StoreError } from "../errors.ts";
import { unpackError } from "./worker-error.ts";

/** Threads that each do one task after the other; tasks go to the thread with the least to do. */
export interface WorkerPool<Task, Result> extends AsyncDisposable {
  run(task: Task): Promise<Result>;
  /** How many threads there are. */
  readonly size: number;
  /** Whether every task has been answered, by a thread that still runs. */
  readonly idle: boolean;
  /** The threads keep the process running, as they do at first. */
  ref(): void;
  /** They do not. */
  unref(): void;
}

/** What a worker thread answers to each task, in order. */
export type WorkerAnswer<Result> = { readonly result: Result } | { readonly error: unknown };

interface Thread<Result> {
  readonly worker: Worker;
  /** What it ended with. */
  ended: { readonly error: Error } | undefined;
  readonly waiting: { resolve(result: Result): void; reject(error: unknown): void }[];
}

/** How many threads have a processor each. */
export function mostThreads(): number {
  return Math.max(1, Math.min(8, availableParallelism()));
}

export interface WorkerPoolOptions {
  /** MiB that new values of each thread may take. */
  readonly youngMb?: number;
  readonly size?: number;
}

/** Starts threads that run `script` with `workerData`. */
export function createWorkerPool<Task, Result>(
  script: URL,
  workerData: unknown,
  { youngMb = YOUNG_MB, size = mostThreads() }: WorkerPoolOptions = {},
): WorkerPool<Task, Result> {
  const threads: Thread<Result>[] = [];
  try {
    for (let number = 0; number < size; number++) threads.push(startThread<Result>(script, { workerData, youngMb }));
  } catch (error) {
    for (const { worker } of threads) void worker.terminate();
    throw error;
  }
  return {
    size,
    run(task) {
      const thread = threads.reduce((best, other) => (other.waiting.length < best.waiting.length ? other : best));
      // One that ended has nothing to do any more: the next task comes to it, and would wait for ever.
      if (thread.ended) return Promise.reject(thread.ended.error);
      return new Promise<Result>((resolve, reject) => {
        thread.waiting.push({ resolve, reject });
        thread.worker.postMessage(task);
      });
    },
    get idle() {
      return threads.every(({ waiting, ended }) => waiting.length === 0 && !ended);
    },
    ref() {
      for (const { worker } of threads) worker.ref();
    },
    unref() {
      for (const { worker } of threads) worker.unref();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread<Result>(
  script: URL,
  { workerData, youngMb }: { readonly workerData: unknown; readonly youngMb: number },
): Thread<Result> {
  const worker = new Worker(script, { workerData, resourceLimits: { maxYoungGenerationSizeMb: youngMb } });
  const thread: Thread<Result> = { worker, ended: undefined, waiting: [] };
  thread.worker.on("message", (answer: WorkerAnswer<Result>) => {
    const waiting = thread.waiting.shift();
    if ("error" in answer) waiting?.reject(unpackError(answer.error));
    else waiting?.resolve(answer.result);
  });
  thread.worker.on("error", (error) => failAll(thread, notStarted(error) ?? error));
  thread.worker.on("exit", () => failAll(thread, new Error("a worker thread ended")));
  return thread;
}

/** The error for a thread that the system gave no files or memory. */
function notStarted(error: Error): StoreError | undefined {
  if (!isErrno(error, "ERR_WORKER_INIT_FAILED")) return undefined;
  const [errno = ""] = /\bE[A-Z]+$/.exec(error.message) ?? [];
  const hint =
    errno === "EMFILE"
      ? "Raise the limit of this shell: `ulimit -n 4096`."
      : "Look at the limits of this shell: `ulimit -a`.";
  return new StoreError("FAILED", `a thread cannot be started: ${error.message}`, {
    hint,
    details: { errno },
    cause: error,
  });
}

/** Results live until they are sent: a small young generation would copy them about. */
const YOUNG_MB = 64;

function failAll<Result>(thread: Thread<Result>, error: Error): void {
  thread.ended ??= { error };
  for (const waiting of thread.waiting.splice(0)) waiting.reject(error);
}

import type { WorkerPool } from "./worker-pool.ts";

/** Tasks for this thread and for worker threads: each does the next one when it has time for it. */
export interface SharedWork<Task, Result> {
  /**
   * The task's result. Tasks begin in the order in which they were asked for; those for `"threads"` come first, and never
   * block this thread when there are others.
   */
  run(task: Task, where?: "anywhere" | "threads"): Promise<Result>;
  /** From now on these threads do tasks, too. */
  useThreads(threads: WorkerPool<Task, Result>): void;
  /** No further task begins: the promises of those that did not are never kept. Waits for those that did. */
  drop(): Promise<void>;
}

/** So many tasks wait for a thread while it does another one: it never waits for this thread. */
const AHEAD = 2;

interface Waiting<Task, Result> {
  readonly task: Task;
  readonly begin: (run: Promise<Result>) => void;
}

/** `here` does a task in this thread, one at a time; between two tasks others get their turn. */
export function createSharedWork<Task, Result>(
  here: (task: Task) => Result | Promise<Result>,
): SharedWork<Task, Result> {
  const anywhere: Waiting<Task, Result>[] = [];
  const forThreads: Waiting<Task, Result>[] = [];
  const begun = new Set<Promise<unknown>>();
  let threads: WorkerPool<Task, Result> | undefined;
  let sent = 0;
  let hasTurn = false;

  function begin(waiting: Waiting<Task, Result>, run: Promise<Result>): Promise<unknown> {
    waiting.begin(run);
    const ended: Promise<unknown> = run
      .catch(() => {}) // Who asked for it is told.
      .then(() => begun.delete(ended));
    begun.add(ended);
    return ended;
  }

  function feed(): void {
    while (threads && sent < AHEAD * threads.size) {
      const next = forThreads.shift() ?? anywhere.shift();
      if (!next) return;
      sent += 1;
      void begin(next, threads.run(next.task)).then(() => {
        sent -= 1;
        feed();
      });
    }
  }

  function takeTurn(): void {
    if (hasTurn || (anywhere.length === 0 && (threads || forThreads.length === 0))) return;
    hasTurn = true;
    setImmediate(() => {
      feed();
      const next = anywhere.shift() ?? (threads ? undefined : forThreads.shift());
      const done =
        next &&
        begin(
          next,
          runNow(() => here(next.task)),
        );
      void Promise.resolve(done).then(() => {
        hasTurn = false;
        takeTurn();
      });
    });
  }

  return {
    run(task, where = "anywhere") {
      const result = new Promise<Result>((resolve) => {
        (where === "threads" ? forThreads : anywhere).push({ task, begin: resolve });
      });
      // It can fail before anybody waits for it.
      result.catch(() => undefined);
      feed();
      takeTurn();
      return result;
    },
    useThreads(pool) {
      threads = pool;
      feed();
    },
    async drop() {
      anywhere.length = 0;
      forThreads.length = 0;
      await Promise.all(begun);
    },
  };
}

async function runNow<Result>(run: () => Result | Promise<Result>): Promise<Result> {
  return run();
}

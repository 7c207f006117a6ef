import { createWorkerPool, type WorkerPool } from "./worker-pool.ts";

/** Threads of one script that outlive their work for a while: to start them takes as long as a thousand small files. */
export interface SpareWorkers<Task, Result> {
  /** Threads that nobody else uses. Disposed of with tasks unanswered they end; otherwise the next who asks has them. */
  borrow(): WorkerPool<Task, Result>;
  /** Starts threads now, for who will borrow them; where none can be had it is who borrows that learns of it. */
  warm(): void;
}

/** How long threads wait for more work, in milliseconds. They do not keep the process running meanwhile. */
const PATIENCE = 5000;

export function createSpareWorkers<Task, Result>(script: () => URL, size: () => number): SpareWorkers<Task, Result> {
  let spare: WorkerPool<Task, Result> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function take(): WorkerPool<Task, Result> | undefined {
    clearTimeout(timer);
    const taken = spare;
    spare = undefined;
    return taken;
  }

  function borrowed(): WorkerPool<Task, Result> {
    const waiting = take();
    if (waiting?.idle) return waiting;
    // A thread of it ended meanwhile.
    void waiting?.[Symbol.asyncDispose]();
    return started();
  }

  function started(): WorkerPool<Task, Result> {
    return createWorkerPool<Task, Result>(script(), undefined, { size: size() });
  }

  async function giveBack(pool: WorkerPool<Task, Result>): Promise<void> {
    if (spare || !pool.idle) {
      await pool[Symbol.asyncDispose]();
      return;
    }
    pool.unref();
    spare = pool;
    timer = setTimeout(() => void take()?.[Symbol.asyncDispose](), PATIENCE).unref();
  }

  return {
    warm() {
      if (spare) return;
      try {
        void giveBack(started());
      } catch {
        // The next who needs some tries it again.
      }
    },
    borrow() {
      const pool = borrowed();
      pool.ref();
      return {
        run: (task) => pool.run(task),
        size: pool.size,
        get idle() {
          return pool.idle;
        },
        ref: () => pool.ref(),
        unref: () => pool.unref(),
        [Symbol.asyncDispose]: () => giveBack(pool),
      };
    },
  };
}

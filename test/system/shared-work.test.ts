import { describe, expect, it } from "vitest";
import { createSharedWork } from "../../src/system/shared-work.ts";
import type { WorkerPool } from "../../src/system/worker-pool.ts";
import { caughtAsync } from "../helpers/caught.ts";

/** Threads that do a task when they are told to. */
function makeThreads(size: number) {
  const open: { readonly task: number; end(): void; fail(): void }[] = [];
  const pool = {
    size,
    run: (task: number) =>
      new Promise<string>((resolve, reject) =>
        open.push({ task, end: () => resolve(`thread ${task}`), fail: () => reject(new Error(`no ${task}`)) }),
      ),
  } as unknown as WorkerPool<number, string>;
  return { pool, open, tasks: () => open.map(({ task }) => task) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async (count: number) => {
  for (let at = 0; at < count; at++) await turn();
};

describe("work that is shared with threads", () => {
  it("is all done here while there are none, one task a turn", async () => {
    const done: number[] = [];
    const work = createSharedWork<number, string>((task) => {
      done.push(task);
      return `here ${task}`;
    });
    const results = [1, 2, 3].map((task) => work.run(task, task === 2 ? "threads" : "anywhere"));
    expect(done).toEqual([]);
    await turn();
    expect(done.length).toBe(1);
    expect(await Promise.all(results)).toEqual(["here 1", "here 2", "here 3"]);
  });

  it("goes to threads and this thread as each has time, and each thread has another task waiting", async () => {
    const here: number[] = [];
    const threads = makeThreads(1);
    const work = createSharedWork<number, string>((task) => {
      here.push(task);
      return `here ${task}`;
    });
    work.useThreads(threads.pool);
    const results = [1, 2, 3, 4].map((task) => work.run(task));
    expect(threads.tasks()).toEqual([1, 2]);
    await turns(2);
    expect(here).toEqual([3, 4]);
    for (const { end } of threads.open) end();
    expect(await Promise.all(results)).toEqual(["thread 1", "thread 2", "here 3", "here 4"]);
  });

  it("leaves what is for threads to them, before other tasks", async () => {
    const threads = makeThreads(1);
    const here: number[] = [];
    const work = createSharedWork<number, string>((task) => {
      here.push(task);
      return "";
    });
    work.useThreads(threads.pool);
    for (const task of [1, 2, 3]) void work.run(task, "threads");
    void work.run(4);
    await turns(4);
    expect([here, threads.tasks()]).toEqual([[4], [1, 2]]);
    threads.open[0]?.end();
    await turns(1);
    expect(threads.tasks()).toEqual([1, 2, 3]);
  });

  it("tells of a failure where it was asked, and goes on", async () => {
    const work = createSharedWork<number, string>((task) => {
      if (task === 1) throw new Error("no 1");
      return `here ${task}`;
    });
    const failed = work.run(1);
    expect(await work.run(2)).toBe("here 2");
    expect(await caughtAsync(failed)).toMatchObject({ message: "no 1" });
  });

  it("begins nothing more once it is dropped, and waits for what has begun", async () => {
    const threads = makeThreads(1);
    let isOpen = true;
    const here: number[] = [];
    const work = createSharedWork<number, string>(async (task) => {
      here.push(task);
      while (isOpen) await turn();
      return "";
    });
    work.useThreads(threads.pool);
    const failing = work.run(1);
    for (const task of [2, 3, 4, 5]) void work.run(task);
    await turns(2);
    let isDropped = false;
    const dropped = work.drop().then(() => {
      isDropped = true;
    });
    isOpen = false;
    threads.open[1]?.end();
    await turns(4);
    expect([here, threads.tasks(), isDropped]).toEqual([[3], [1, 2], false]);
    threads.open[0]?.fail();
    await dropped;
    expect(await caughtAsync(failing)).toMatchObject({ message: "no 1" });
    await turns(4);
    expect([here, threads.tasks()]).toEqual([[3], [1, 2]]);
  });
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { packError, unpackError } from "../../src/system/worker-error.ts";
import { createWorkerPool } from "../../src/system/worker-pool.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { makeWorld } from "../helpers/worlds.ts";

/** A worker that does what `body` says with each `task`. */
function script(body: string): URL {
  const path = join(makeWorld().directory, "worker.mjs");
  const head = 'import { parentPort, workerData } from "node:worker_threads";\n';
  writeFileSync(path, `${head}parentPort.on("message", async (task) => { ${body} });\n`);
  return pathToFileURL(path);
}

describe("createWorkerPool", () => {
  it("answers each task with its own result, and hands data to its threads", async () => {
    await using pool = createWorkerPool<number, string>(
      script("parentPort.postMessage({ result: workerData.prefix + task })"),
      { prefix: "n" },
    );
    const tasks = Array.from({ length: 50 }, (_, at) => at);
    expect(await Promise.all(tasks.map((task) => pool.run(task)))).toEqual(tasks.map((task) => `n${task}`));
  });

  it("rejects what comes to a thread that has ended, before its first task or at one", async () => {
    await using atOnce = createWorkerPool<number, number>(
      script("process.exit(0); } ); process.exit(1); (() => {"),
      {},
    );
    await expect(atOnce.run(1)).rejects.toThrow("ended");
    await expect(atOnce.run(2)).rejects.toThrow("ended");
    await using later = createWorkerPool<number, number>(script("process.exit(1)"), {});
    const first = Array.from({ length: 20 }, (_, task) => later.run(task));
    expect((await Promise.allSettled(first)).every(({ status }) => status === "rejected")).toBe(true);
    await expect(later.run(1)).rejects.toThrow("ended");
  });

  it("rejects the task that fails, and goes on with the next", async () => {
    await using pool = createWorkerPool<number, number>(
      script(
        "parentPort.postMessage(task < 0 ? { error: { store: true, code: 'BUSY', message: 'm', details: {} } } : { result: task })",
      ),
      {},
    );
    expect(await caughtAsync(pool.run(-1))).toMatchObject({ code: "BUSY", message: "m" });
    expect(await pool.run(1)).toBe(1);
  });

  it.each([
    ["crashes", "setTimeout(() => { throw new Error('boom') })", "boom"],
    ["ends", "process.exit(0)", "ended"],
  ])("rejects what a thread still had to do when it %s", async (_, body, message) => {
    await using pool = createWorkerPool<number, number>(script(body), {});
    const errors = await Promise.all([1, 2, 3, 4].map((task) => caughtAsync(pool.run(task))));
    for (const error of errors) expect(error).toMatchObject({ message: expect.stringContaining(message) });
  });

  it("rejects everything when its script is missing", async () => {
    await using pool = createWorkerPool<number, number>(pathToFileURL("/nowhere/worker.mjs"), {});
    expect(await caughtAsync(pool.run(1))).toMatchObject({ code: expect.stringMatching(/MODULE_NOT_FOUND$/) });
  });

  it("ends its threads when it is disposed of, whatever they do", async () => {
    const pool = createWorkerPool<number, number>(script("for (;;);"), {});
    const running = caughtAsync(pool.run(1));
    await pool[Symbol.asyncDispose]();
    expect(await running).toBeInstanceOf(Error);
  });
});

describe("packError", () => {
  const travel = (error: unknown) => unpackError(structuredClone(packError(error)));

  it("keeps a StoreError whole", () => {
    const error = new StoreError("INVALID_INPUT", "m", { hint: "h", details: { path: "p" } });
    const arrived = travel(error);
    expect(arrived).toBeInstanceOf(StoreError);
    expect(arrived).toMatchObject({ code: "INVALID_INPUT", message: "m", hint: "h", details: { path: "p" } });
    expect(travel(new StoreError("FAILED", "m"))).toMatchObject({ hint: undefined });
  });

  it("keeps code and message of a system error, and the text of anything else", () => {
    const arrived = travel(Object.assign(new Error("no space"), { code: "ENOSPC" }));
    expect(arrived).not.toBeInstanceOf(StoreError);
    expect(arrived).toMatchObject({ code: "ENOSPC", message: "no space" });
    expect(travel("text")).toMatchObject({ message: "text" });
    expect(unpackError("text")).toBe("text");
  });
});

import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createSpareWorkers } from "../../src/system/spare-workers.ts";
import type { WorkerPool } from "../../src/system/worker-pool.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { makeWorld } from "../helpers/worlds.ts";

/** Threads that answer with their own number; -1 makes one crash, -2 keeps it busy for ever. */
function makeWorkers(first = "") {
  const path = join(makeWorld().directory, "worker.mjs");
  writeFileSync(
    path,
    `import { parentPort, threadId } from "node:worker_threads";
import { writeFileSync } from "node:fs";
${first}
parentPort.on("message", (task) => {
  if (task === -1) setTimeout(() => { throw new Error("boom"); });
  else if (task === -2) for (;;);
  else parentPort.postMessage({ result: threadId });
});`,
  );
  return createSpareWorkers<number, number>(
    () => pathToFileURL(path),
    () => 2,
  );
}

const threadsOf = async (pool: WorkerPool<number, number>) =>
  new Set(await Promise.all(Array.from({ length: 40 }, (_, at) => pool.run(at))));

describe("createSpareWorkers", () => {
  it("hands the same threads to the next who asks, and others to who asks meanwhile", async () => {
    const workers = makeWorkers();
    const first = workers.borrow();
    const meanwhile = workers.borrow();
    onTestFinished(async () => await meanwhile[Symbol.asyncDispose]());
    const threads = await threadsOf(first);
    for (const thread of await threadsOf(meanwhile)) expect(threads).not.toContain(thread);
    await first[Symbol.asyncDispose]();
    await using next = workers.borrow();
    expect(await threadsOf(next)).toEqual(threads);
  });

  it.each([
    ["crashed", -1],
    ["still has something to do", -2],
  ])("hands on no threads of which one %s", async (_, task) => {
    const workers = makeWorkers();
    const first = workers.borrow();
    const threads = await threadsOf(first);
    const running = caughtAsync(first.run(task));
    if (task === -1) await running;
    await first[Symbol.asyncDispose]();
    expect(await running).toBeInstanceOf(Error);
    await using next = workers.borrow();
    for (const thread of await threadsOf(next)) expect(threads).not.toContain(thread);
  });

  it("starts threads ahead for the next who asks, once", async () => {
    const { directory } = makeWorld();
    const workers = makeWorkers(`writeFileSync(${JSON.stringify(directory)} + "/" + threadId, "");`);
    workers.warm();
    workers.warm();
    await vi.waitFor(() => expect(readdirSync(directory)).toHaveLength(2), { timeout: 30_000 });
    const started = new Set(readdirSync(directory).map(Number));
    await using pool = workers.borrow();
    expect(await threadsOf(pool)).toEqual(started);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it("says nothing when no thread can be started ahead", () => {
    const workers = createSpareWorkers(
      () => new URL("https://example.invalid/worker.mjs"),
      () => 1,
    );
    expect(() => workers.warm()).not.toThrow();
    expect(() => workers.borrow()).toThrow(/file/);
  });

  it("lets the process end while threads wait", () => {
    const script = join(makeWorld().directory, "worker.mjs");
    writeFileSync(
      script,
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', (task) => parentPort.postMessage({ result: task }));",
    );
    const source = fileURLToPath(new URL("../../src/system/spare-workers.ts", import.meta.url));
    const program = join(makeWorld().directory, "program.mjs");
    const built = spawnSync(
      fileURLToPath(new URL("../../node_modules/.bin/esbuild", import.meta.url)),
      [source, "--bundle", "--platform=node", "--format=esm", "--target=node20.19", `--outfile=${program}`],
      { encoding: "utf8" },
    );
    expect(built.status, built.stderr).toBe(0);
    const lines = `import { createSpareWorkers } from ${JSON.stringify(program)};
const pool = createSpareWorkers(() => new URL(${JSON.stringify(pathToFileURL(script).href)}), () => 1).borrow();
const holds = () => process.getActiveResourcesInfo().includes("MessagePort");
console.log(await pool.run(7), holds());
await pool[Symbol.asyncDispose]();
console.log(holds());`;
    const file = join(makeWorld().directory, "main.mjs");
    writeFileSync(file, lines);
    const run = spawnSync(process.execPath, [file], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout).toBe("7 true\nfalse\n");
  });
});

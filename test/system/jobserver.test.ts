import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJobserver, type JobSlot, type Jobserver, jobserverFlags } from "../../src/system/jobserver.ts";
import { captureOutput } from "../../src/system/process/capture-output.ts";
import { type ProcessOptions, runProcess } from "../../src/system/process.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jobserver-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const env = { PATH: "/usr/bin:/bin" };
const makeVersion = await gnuMakeVersion();
const needsMake = makeVersion === undefined ? "GNU make is not here" : undefined;
if (needsMake) process.stderr.write(`SKIPPED: jobserver tests with make: ${needsMake}\n`);

async function gnuMakeVersion(): Promise<number | undefined> {
  try {
    const { stdout } = await captureOutput("make", ["--version"], { cwd: "/", env });
    const version = /^GNU Make (\d+\.\d+)/.exec(stdout.toString())?.[1];
    return version === undefined ? undefined : Number(version);
  } catch {
    return undefined;
  }
}

function takeAll(jobserver: Jobserver): readonly JobSlot[] {
  const slots: JobSlot[] = [];
  for (let slot = jobserver.tryAcquire(); slot !== undefined; slot = jobserver.tryAcquire()) slots.push(slot);
  return slots;
}

function countFree(jobserver: Jobserver): number {
  const slots = takeAll(jobserver);
  for (const slot of slots) slot[Symbol.dispose]();
  return slots.length;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Each job notes how many run beside it, and goes on when `wanted` ran at once (or after ten seconds without that). */
function writeJobs(jobs: number, wanted: number): void {
  mkdirSync(join(directory, "running"));
  writeFileSync(
    join(directory, "job.sh"),
    `mkdir running/$$
     ls running | wc -l >>counts
     for i in {1..500}; do
       [ "$(ls running | wc -l)" -ge ${wanted} ] && touch full
       [ -e full ] && break
       sleep 0.02
     done
     sleep 0.02
     rmdir running/$$\n`,
  );
  const targets = Array.from({ length: jobs }, (_, index) => `job${index}`).join(" ");
  writeFileSync(join(directory, "Makefile"), `all: ${targets}\n${targets}:\n\t@bash job.sh\n`);
}

function mostAtOnce(): number {
  return Math.max(...readFileSync(join(directory, "counts"), "utf8").trim().split("\n").map(Number));
}

async function runMake(jobserver: Jobserver, options: Partial<ProcessOptions> = {}): Promise<string> {
  using _slot = await jobserver.acquire();
  using connection = jobserver.connect();
  const output: Buffer[] = [];
  await runProcess("make", [], {
    cwd: directory,
    env: { ...env, MAKEFLAGS: jobserverFlags(jobserver.total, { fds: [3, 4] }) },
    fds: connection.fds,
    onOutput: (chunk) => void output.push(chunk),
    ...options,
  });
  return Buffer.concat(output).toString();
}

describe("createJobserver", () => {
  it("lends as many slots as it has, and takes them back", async () => {
    using jobserver = await createJobserver(3, directory);
    const slots = takeAll(jobserver);
    expect(slots).toHaveLength(3);
    slots[0]![Symbol.dispose]();
    slots[0]![Symbol.dispose]();
    expect(countFree(jobserver)).toBe(1);
  });

  it("lets others wait in line", async () => {
    using jobserver = await createJobserver(1, directory);
    const first = await jobserver.acquire();
    const order: string[] = [];
    const note = (name: string) => (slot: JobSlot) => {
      order.push(name);
      return slot;
    };
    const second = jobserver.acquire().then(note("second"));
    const third = jobserver.acquire().then(note("third"));
    expect(jobserver.tryAcquire()).toBeUndefined();
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    expect(order).toEqual(["second", "third"]);
  });

  it("lets a wait be aborted, without losing a slot or the place of others", async () => {
    using jobserver = await createJobserver(1, directory);
    const first = await jobserver.acquire();
    const controller = new AbortController();
    const second = jobserver.acquire(controller.signal);
    const third = jobserver.acquire();
    controller.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    await expect(jobserver.acquire(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    expect(countFree(jobserver)).toBe(1);
  });

  it("refuses numbers of jobs that make no sense", async () => {
    for (const total of [0, -1, 1.5, Number.NaN, 4097]) {
      await expect(createJobserver(total, directory)).rejects.toMatchObject({ code: "USAGE" });
    }
    using jobserver = await createJobserver(4096, directory);
    expect(countFree(jobserver)).toBe(4096);
  });

  it("leaves nothing in its directory", async () => {
    const jobserver = await createJobserver(2, directory);
    expect(readdirSync(directory)).toHaveLength(1);
    jobserver[Symbol.dispose]();
    expect(readdirSync(directory)).toEqual([]);
    await expect(createJobserver(2, join(directory, "missing"))).rejects.toThrow();
  });

  it("makes good what a build took or invented, when no build is connected", async () => {
    using jobserver = await createJobserver(4, directory);
    using _mine = await jobserver.acquire();
    const connection = jobserver.connect();
    const other = jobserver.connect();
    const options = { cwd: directory, env, fds: connection.fds };
    await runProcess("bash", ["-c", "head -c 2 <&3 >/dev/null"], options);
    expect(countFree(jobserver)).toBe(1);
    connection[Symbol.dispose]();
    expect(countFree(jobserver)).toBe(1);
    other[Symbol.dispose]();
    expect(countFree(jobserver)).toBe(3);
    const forger = jobserver.connect();
    writeSync(forger.fds[1], "+++++");
    expect(countFree(jobserver)).toBe(8);
    forger[Symbol.dispose]();
    expect(countFree(jobserver)).toBe(3);
  });

  it("survives a build that fills the pipe", async () => {
    using jobserver = await createJobserver(2, directory);
    const slot = await jobserver.acquire();
    const connection = jobserver.connect();
    const options = { cwd: directory, env, fds: connection.fds, silentTimeoutMs: 200, graceMs: 50 };
    await runProcess("bash", ["-c", "exec yes >&4"], options);
    slot[Symbol.dispose]();
    connection[Symbol.dispose]();
    expect(countFree(jobserver)).toBe(2);
  });
});

describe("jobserverFlags", () => {
  it("speaks as make does", () => {
    expect(jobserverFlags(4, { fds: [3, 4] })).toBe(" -j4 --jobserver-fds=3,4 --jobserver-auth=3,4");
    expect(jobserverFlags(4, { fifo: "/run/jobs" })).toBe(" -j4 --jobserver-auth=fifo:/run/jobs");
  });
});

describe.skipIf(needsMake)(`a jobserver with GNU make ${makeVersion}`, () => {
  it("lets one make run as many jobs as there are slots, and no more", async () => {
    writeJobs(9, 3);
    using jobserver = await createJobserver(3, directory);
    expect(await runMake(jobserver)).toBe("");
    expect(mostAtOnce()).toBe(3);
    expect(countFree(jobserver)).toBe(3);
  });

  it("holds two makes together to the number of slots", async () => {
    writeJobs(12, 4);
    using jobserver = await createJobserver(4, directory);
    expect(await Promise.all([runMake(jobserver), runMake(jobserver)])).toEqual(["", ""]);
    expect(mostAtOnce()).toBe(4);
    expect(countFree(jobserver)).toBe(4);
  });

  it("would be overrun without it", async () => {
    writeJobs(9, 6);
    await runProcess("make", ["-j6"], { cwd: directory, env });
    expect(mostAtOnce()).toBe(6);
  });

  it("gives one slot to a build when that is all there is", async () => {
    writeJobs(3, 1);
    using jobserver = await createJobserver(1, directory);
    expect(await runMake(jobserver)).toBe("");
    expect(mostAtOnce()).toBe(1);
  });

  it("reaches a make below other programs, and makes below make", async () => {
    writeJobs(6, 3);
    writeFileSync(join(directory, "Top.mk"), "all:\n\t+@sh -c '$(MAKE) -f Makefile'\n");
    using jobserver = await createJobserver(3, directory);
    using _slot = await jobserver.acquire();
    using connection = jobserver.connect();
    const result = await captureOutput("bash", ["-c", "set -e; make -f Top.mk; true"], {
      cwd: directory,
      env: { ...env, MAKEFLAGS: jobserverFlags(3, { fds: [3, 4] }) },
      fds: connection.fds,
    });
    expect(result.stderr.toString()).toBe("");
    expect(mostAtOnce()).toBe(3);
  });

  it("gets slots back from a make that was asked to end, also while another build goes on", async () => {
    writeJobs(6, 99);
    using jobserver = await createJobserver(3, directory);
    using _other = jobserver.connect();
    const controller = new AbortController();
    const running = runMake(jobserver, { signal: controller.signal, graceMs: 60_000 });
    await until(() => readdirSync(join(directory, "running")).length === 3);
    expect(countFree(jobserver)).toBe(0);
    controller.abort();
    await running;
    expect(countFree(jobserver)).toBe(3);
  });

  it("makes good what a make held that was killed", async () => {
    writeJobs(6, 99);
    using jobserver = await createJobserver(3, directory);
    const controller = new AbortController();
    const running = runMake(jobserver, { signal: controller.signal });
    await until(() => readdirSync(join(directory, "running")).length === 3);
    const make = await captureOutput("pgrep", ["-P", String(process.pid), "-x", "make"], { cwd: directory, env });
    process.kill(Number(make.stdout.toString()), "SIGKILL");
    await running;
    controller.abort();
    expect(countFree(jobserver)).toBe(3);
  });

  it.skipIf(makeVersion === undefined || makeVersion < 4.4)(
    "serves a make that opens the pipe by its path",
    async () => {
      writeJobs(9, 3);
      using jobserver = await createJobserver(3, directory);
      const MAKEFLAGS = jobserverFlags(3, { fifo: jobserver.fifo });
      expect(await runMake(jobserver, { env: { ...env, MAKEFLAGS }, fds: [] })).toBe("");
      expect(mostAtOnce()).toBe(3);
    },
  );
});

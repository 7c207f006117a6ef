import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { captureOutput } from "../../src/system/process/capture-output.ts";
import { readProcess } from "../../src/system/process/process-table.ts";
import { type ProcessOptions, type ProcessResult, runProcess } from "../../src/system/process.ts";

const env = { PATH: "/usr/bin:/bin" };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "process-test-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Options = Partial<ProcessOptions>;

function bash(script: string, options: Options = {}): Promise<ProcessResult> {
  return runProcess("bash", ["--norc", "-c", script], { cwd: directory, env, ...options });
}

async function outputOf(script: string, options: Options = {}): Promise<string> {
  const chunks: Buffer[] = [];
  await bash(script, { ...options, onOutput: (chunk) => void chunks.push(chunk) });
  return Buffer.concat(chunks).toString();
}

/** The pid that a script wrote into a file of the test's directory. */
function pidIn(name: string): number {
  return Number(readFileSync(join(directory, name), "utf8"));
}

function isAlive(pid: number): boolean {
  const entry = readProcess(pid);
  return entry !== undefined && !entry.zombie;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("runProcess", () => {
  it("gives the exit status", async () => {
    expect(await bash("exit 0")).toMatchObject({ exitCode: 0, signal: null, reason: "exited" });
    expect(await bash("exit 41")).toMatchObject({ exitCode: 41, signal: null, reason: "exited" });
  });

  it("gives the signal that somebody else sent", async () => {
    expect(await bash("kill -USR1 $$")).toMatchObject({ exitCode: null, signal: "SIGUSR1", reason: "exited" });
  });

  it("gives the command exactly its environment, directory, input and files", async () => {
    const { stdout } = await captureOutput("/usr/bin/env", [], { cwd: directory, env: { A: "1", B: "two\nlines" } });
    expect(stdout.toString()).toBe("A=1\nB=two\nlines\n");
    expect(await outputOf("pwd -P; cat", { stdin: "hello" })).toBe(`${directory}\nhello`);
    expect(await outputOf("cat")).toBe("");
    writeFileSync(join(directory, "third"), "third");
    writeFileSync(join(directory, "fourth"), "fourth");
    const fds = ["third", "fourth"].map((name) => openSync(join(directory, name), "r"));
    expect(await outputOf("cat <&3; cat <&4", { fds })).toBe("thirdfourth");
    expect(await outputOf("cd /; ls -l /proc/self/fd")).not.toContain(directory);
    for (const fd of fds) closeSync(fd);
  });

  it("does not mind a command that leaves its input unread", async () => {
    expect(await bash("exit 3", { stdin: Buffer.alloc(2 ** 20) })).toMatchObject({ exitCode: 3 });
  });

  it("tells stdout from stderr without a pipe", async () => {
    const { stdout, stderr } = await captureOutput("bash", ["-c", "echo out; echo err >&2"], { cwd: directory, env });
    expect([stdout.toString(), stderr.toString()]).toEqual(["out\n", "err\n"]);
  });

  it("keeps the order of stdout and stderr in one real pipe, which can be opened by name", async () => {
    const script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo e$i >&2; echo n$i >/dev/stderr; done";
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `${i}\ne${i}\nn${i}\n`).join("");
    expect(await outputOf(script, { pipeDirectory: directory })).toBe(expected);
    expect(await outputOf("echo n >/dev/stderr || echo refused")).toContain("refused");
    expect(await outputOf("ls", { pipeDirectory: directory })).toBe("");
  });

  it("loses nothing of a large output", async () => {
    for (const pipeDirectory of [directory, undefined]) {
      let bytes = 0;
      const onOutput = (chunk: Buffer): void => {
        bytes += chunk.length;
      };
      await bash("head -c 5000000 /dev/zero", { pipeDirectory, onOutput });
      expect(bytes).toBe(5_000_000);
    }
  });

  it("says what could not be started", async () => {
    const options = { cwd: directory, env };
    await expect(runProcess("no-such-command", [], options)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "the command no-such-command was not found",
    });
    await expect(runProcess("bash", [], { ...options, cwd: join(directory, "gone") })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("gone"),
    });
    writeFileSync(join(directory, "plain"), "text");
    chmodSync(join(directory, "plain"), 0o644);
    const plain = { code: "FAILED", message: `permission denied: ${join(directory, "plain")} is not executable` };
    await expect(runProcess(join(directory, "plain"), [], options)).rejects.toMatchObject(plain);
    const found = { cwd: directory, env: { PATH: `${join(directory, "gone")}:${directory}` } };
    await expect(runProcess("plain", [], found)).rejects.toMatchObject(plain);
    await expect(runProcess(directory, [], options)).rejects.toMatchObject({
      code: "FAILED",
      message: `permission denied: ${directory} is a directory`,
    });
    await expect(runProcess("bash", ["x".repeat(2 ** 18)], options)).rejects.toMatchObject({ code: "LIMIT" });
  });

  it("tells a command that cannot be run for want of its interpreter from one that is not there", async () => {
    const file = join(directory, "script");
    writeFileSync(file, "#!/no/such/interpreter\n", { mode: 0o755 });
    const there = { code: "NOT_FOUND", message: `${file} is there, but what it is to be run with was not found` };
    await expect(runProcess("./script", [], { cwd: directory, env })).rejects.toMatchObject(there);
    await expect(runProcess("script", [], { cwd: "/", env: { PATH: directory } })).rejects.toMatchObject(there);
    // No search path was looked through for it.
    await expect(runProcess("./none", [], { cwd: directory, env })).rejects.toMatchObject({
      message: "the command ./none was not found",
      hint: undefined,
    });
  });

  it("ends a command whose time is over", async () => {
    expect(await bash("exec sleep 1000", { timeoutMs: 50 })).toMatchObject({ signal: "SIGTERM", reason: "timeout" });
    expect(await bash("exit 5", { timeoutMs: 100_000 })).toMatchObject({ exitCode: 5, reason: "exited" });
  });

  it("kills what does not listen to TERM, with its children", async () => {
    const script = "trap '' TERM; sleep 1000 & echo $! >child; echo ready; while :; do sleep 1; done";
    const controller = new AbortController();
    const result = await bash(script, {
      signal: controller.signal,
      graceMs: 50,
      onOutput: () => controller.abort(),
    });
    expect(result).toMatchObject({ exitCode: null, signal: "SIGKILL", reason: "aborted" });
    expect(isAlive(pidIn("child"))).toBe(false);
  });

  it("gives a command that listens to TERM the time to clean up", async () => {
    const controller = new AbortController();
    const script = "trap 'touch cleaned; exit 9' TERM; echo ready; while :; do sleep 0.01; done";
    const result = await bash(script, { signal: controller.signal, onOutput: () => controller.abort() });
    expect(result).toMatchObject({ exitCode: 9, reason: "aborted" });
    expect(existsSync(join(directory, "cleaned"))).toBe(true);
  });

  it("does not start what is already aborted", async () => {
    const result = await bash("touch started", { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ exitCode: null, signal: null, reason: "aborted" });
    expect(existsSync(join(directory, "started"))).toBe(false);
  });

  it("ends a command that says nothing, not one that talks", async () => {
    expect(await bash("echo a; sleep 1000", { silentTimeoutMs: 300 })).toMatchObject({ reason: "silent" });
    // In all longer than the limit; a single pause is a twentieth of it, so that a busy machine does not make it too long.
    const talk = "for i in {1..25}; do echo $i; sleep 0.1; done";
    expect(await bash(talk, { silentTimeoutMs: 2000 })).toMatchObject({ exitCode: 0, reason: "exited" });
  });

  it("cuts the output at its limit", async () => {
    for (const pipeDirectory of [directory, undefined]) {
      let bytes = 0;
      const onOutput = (chunk: Buffer): void => {
        bytes += chunk.length;
      };
      expect(await bash("yes", { pipeDirectory, maxOutputBytes: 100_001, onOutput })).toMatchObject({
        reason: "log-limit",
      });
      expect(bytes).toBe(100_001);
    }
    expect(await outputOf("printf 12345", { maxOutputBytes: 5 })).toBe("12345");
    expect(await bash("printf 12345", { maxOutputBytes: 5 })).toMatchObject({ reason: "exited" });
  });

  it("ends a command that fills the disk, or takes too many inodes, or leaves too little", async () => {
    const forever = "while :; do sleep 1; done";
    const write = `head -c 3000000 /dev/zero >big; ${forever}`;
    const paths = [directory];
    expect(await bash(write, { disk: { paths, maxBytes: 2_000_000 } })).toMatchObject({ reason: "disk-limit" });
    const many = `mkdir d; touch d/{1..300}; ${forever}`;
    expect(await bash(many, { disk: { paths, maxInodes: 200 } })).toMatchObject({ reason: "disk-limit" });
    const keepFreeBytes = Number.MAX_SAFE_INTEGER;
    expect(await bash(forever, { disk: { paths, keepFreeBytes } })).toMatchObject({ reason: "disk-limit" });
    const plenty = { paths, maxBytes: 2 ** 40, maxInodes: 10_000, keepFreeBytes: 1 };
    expect(await bash("sleep 1.2", { disk: plenty })).toMatchObject({ exitCode: 0, reason: "exited" });
  });

  it("tells of a command that left too much on the disk when it ended", async () => {
    const disk = { paths: [directory], maxBytes: 2_000_000 };
    expect(await bash("head -c 3000000 /dev/zero >big", { disk })).toMatchObject({ reason: "disk-limit" });
  });

  it("counts the blocks of hard links once", async () => {
    const script = "head -c 1500000 /dev/zero >a; ln a b; ln a c; sleep 1.2";
    const disk = { paths: [directory], maxBytes: 2_000_000 };
    expect(await bash(script, { disk })).toMatchObject({ exitCode: 0, reason: "exited" });
  });

  it("runs many at once without a warning of Node", async () => {
    const before = process.getMaxListeners();
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    await Promise.all(Array.from({ length: 14 }, () => bash("sleep 0.2")));
    process.off("warning", note);
    expect(warnings).toEqual([]);
    expect(process.getMaxListeners()).toBe(before);
  });
});

describe.runIf(process.platform === "linux")("runProcess, with /proc", () => {
  it("measures memory and processor time of all below it", async () => {
    const hoard = "{ head -c 100000000 /dev/zero; sleep 2; } | tail -c 100000000 >/dev/null";
    expect((await bash(hoard)).peakMemoryBytes).toBeGreaterThan(100_000_000);
    expect((await bash("sleep 0.3")).peakMemoryBytes).toBeLessThan(50_000_000);
    const busy = await bash("(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done) & wait; sleep 0.6");
    expect((busy.userMs ?? 0) + (busy.systemMs ?? 0)).toBeGreaterThan(0);
  });

  it("ends a command that takes too much memory or too many processes", async () => {
    const hoard = "tail </dev/zero";
    expect(await bash(hoard, { maxMemoryBytes: 200_000_000 })).toMatchObject({ reason: "memory-limit" });
    const breed = "for i in {1..30}; do sleep 1000 & done; wait";
    expect(await bash(breed, { maxProcesses: 20 })).toMatchObject({ reason: "process-limit" });
    const modest = { maxMemoryBytes: 2 ** 32, maxProcesses: 1000 };
    expect(await bash("sleep 0.3 & sleep 0.3", modest)).toMatchObject({ exitCode: 0, reason: "exited" });
  });

  it("leaves no background process of the group alive", async () => {
    await bash("sleep 1000 & echo $! >child; sleep 1000 & echo $! >other");
    expect([isAlive(pidIn("child")), isAlive(pidIn("other"))]).toEqual([false, false]);
  });

  it("leaves nothing alive that was seen below it, although it made its own session and lost its parent", async () => {
    await bash("setsid bash -c 'echo $$ >child; exec sleep 1000' </dev/null >/dev/null 2>&1 & sleep 2");
    expect(isAlive(pidIn("child"))).toBe(false);
  });

  it("finds by its marker what detached itself at once", async () => {
    const detach =
      "(setsid bash -c 'echo $$ >child; exec sleep 1000' &) </dev/null >/dev/null 2>&1; until [ -s child ]; do :; done";
    const marker = `MARK=${directory}`;
    await bash(detach, { env: { ...env, MARK: directory }, marker });
    expect(isAlive(pidIn("child"))).toBe(false);
  });

  it("leaves processes alone that only look alike", async () => {
    const other = bash("echo $$ >other; exec sleep 1000", {
      env: { ...env, MARK: `${directory}/longer` },
      timeoutMs: 600_000,
    });
    await until(() => existsSync(join(directory, "other")) && pidIn("other") > 0);
    await bash("sleep 0.1", { env: { ...env, MARK: directory }, marker: `MARK=${directory}` });
    expect(isAlive(pidIn("other"))).toBe(true);
    process.kill(pidIn("other"), "SIGKILL");
    expect(await other).toMatchObject({ signal: "SIGKILL", reason: "exited" });
  });

  it("can ask only those below a supervisor to end", async () => {
    const controller = new AbortController();
    const script =
      "trap 'touch hit' TERM; bash -c 'trap \"touch asked; exit\" TERM; echo ready; while :; do sleep 0.01; done'";
    const result = await bash(script, {
      signal: controller.signal,
      terminate: "below",
      onOutput: () => controller.abort(),
    });
    expect(result).toMatchObject({ exitCode: 0, reason: "aborted" });
    expect([existsSync(join(directory, "asked")), existsSync(join(directory, "hit"))]).toEqual([true, false]);
  });
});

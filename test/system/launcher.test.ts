import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLauncher, type Launcher } from "../../src/system/process/launcher.ts";
import { readProcess } from "../../src/system/process/process-table.ts";
import { type ProcessOptions, type ProcessResult, runProcess } from "../../src/system/process.ts";

const BASH = "/usr/bin/bash";
let directory: string;
let launcher: Launcher;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "launcher-test-"));
  launcher = createLauncher(BASH);
});
afterEach(() => {
  launcher[Symbol.dispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function run(
  args: readonly string[],
  options: Partial<ProcessOptions> = {},
): Promise<ProcessResult & { readonly output: string }> {
  const chunks: Buffer[] = [];
  const result = await runProcess(BASH, ["--norc", "-c", ...args], {
    cwd: "/",
    env: {},
    pipeDirectory: directory,
    launcher,
    onOutput: (chunk) => void chunks.push(chunk),
    ...options,
  });
  return { ...result, output: Buffer.concat(chunks).toString() };
}

function isAlive(pid: number): boolean {
  const entry = readProcess(pid);
  return entry !== undefined && !entry.zombie;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("launcher", () => {
  it("is what starts the command, and gives its status", async () => {
    const first = await run(['readlink /proc/$PPID/exe; echo "$PPID"; exit 41']);
    const second = await run(['readlink /proc/$PPID/exe; echo "$PPID"']);
    expect(first).toMatchObject({ exitCode: 41, signal: null, reason: "exited" });
    expect(second).toMatchObject({ exitCode: 0, output: first.output });
    expect(first.output).toContain("bash");
    expect(Number(first.output.split("\n")[1])).not.toBe(process.pid);
  });

  it("hands every argument on as it is", async () => {
    const odd = ["it's", "", " a  b ", "two\nlines\n", '$HOME `id` \\ "q"', "ä∀\u{1f600}", "-n", "*"];
    expect((await run(['printf "<%s>" "$@"', "x", ...odd])).output).toBe(odd.map((each) => `<${each}>`).join(""));
  });

  it("starts with nothing but the standard files, no variables, default signals, and in /", async () => {
    const script = "readlink /proc/$$/cwd; tr '\\0' ' ' </proc/$$/environ; ls /proc/$$/fd; true";
    expect((await run([script])).output).toBe("/\n0\n1\n2\n");
    expect((await run(["grep Sig[BI] /proc/self/status"])).output).toMatch(/SigBlk:\s0{16}\nSigIgn:\s0{16}\n/);
  });

  it("gives the command files as 3, 4 and so on", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "content\n");
    const fd = openSync(file, "r+");
    const { output } = await run(["read -r line <&3; echo $line; echo more >>/proc/self/fd/3; ls /proc/$$/fd; true"], {
      fds: [fd],
    });
    closeSync(fd);
    expect(output).toBe("content\n0\n1\n2\n3\n");
    expect(readFileSync(file, "utf8")).toBe("content\nmore\n");
  });

  it("runs several at once, each as leader of its own group", async () => {
    const gate = join(directory, "gate");
    const waiting = run([`until [ -e ${gate} ]; do sleep 0.01; done; ps -o pgid= -p $$; echo $$`]);
    await run([`: >${gate}`]);
    const [group, pid] = (await waiting).output.trim().split(/\s+/);
    expect(group).toBe(pid);
  });

  it("ends a command that is aborted, with all of its group", async () => {
    const stop = new AbortController();
    const note = join(directory, "pid");
    const running = run([`sleep 100 & echo $! >${note}.tmp; mv ${note}.tmp ${note}; wait`], { signal: stop.signal });
    await until(() => {
      try {
        return readFileSync(note, "utf8") !== "";
      } catch {
        return false;
      }
    });
    stop.abort();
    expect(await running).toMatchObject({ reason: "aborted", exitCode: 143 });
    expect(isAlive(Number(readFileSync(note, "utf8")))).toBe(false);
  });

  it("leaves long commands, other directories and variables to this process", async () => {
    const long = await run(["echo $PPID", "x", "y".repeat(70_000)]);
    const elsewhere = await run(["echo $PPID; pwd -P"], { cwd: directory });
    const withVariable = await run(["echo $PPID $A"], { env: { A: "a" } });
    expect(long.output).toBe(`${process.pid}\n`);
    expect(elsewhere.output).toBe(`${process.pid}\n${directory}\n`);
    expect(withVariable.output).toBe(`${process.pid} a\n`);
  });

  it("is done without when it is killed, or is not there", async () => {
    const pid = Number((await run(["echo $PPID"])).output);
    // Neither this process nor (0) all of its group: a failure must not look as if somebody else had killed the tests.
    expect(pid).toBeGreaterThan(1);
    expect(pid).not.toBe(process.pid);
    process.kill(pid, "SIGKILL");
    await until(() => !isAlive(pid));
    expect((await run(["echo $PPID"])).output).toBe(`${process.pid}\n`);
    using missing = createLauncher(join(directory, "no-such-bash"));
    expect((await run(["echo $PPID"], { launcher: missing })).output).toBe(`${process.pid}\n`);
  });

  it("tells of a command whose launcher was killed", async () => {
    const running = run([`[ "$PPID" = ${process.pid} ] || kill -KILL "$PPID"; exit 3`]);
    await expect(running).rejects.toMatchObject({ code: "FAILED" });
  });
});

import { describe, expect, it } from "vitest";
import { runInteractive } from "../../src/system/process/run-interactive.ts";

const options = { cwd: "/", env: { PATH: "/usr/bin:/bin" } };

describe("runInteractive", () => {
  it("gives the end of the command", async () => {
    expect(await runInteractive("bash", ["--norc", "-c", "exit 4"], options)).toEqual({ exitCode: 4, signal: null });
    expect(await runInteractive("bash", ["--norc", "-c", "kill -TERM $$"], options)).toEqual({
      exitCode: null,
      signal: "SIGTERM",
    });
  });

  it("leaves Ctrl-C to the command, and takes it back afterwards", async () => {
    const before = process.listenerCount("SIGINT");
    const script = "kill -INT $PPID; kill -QUIT $PPID; exit 5";
    expect(await runInteractive("bash", ["--norc", "-c", script], options)).toEqual({ exitCode: 5, signal: null });
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it("says what could not be started", async () => {
    await expect(runInteractive("no-such-command", [], options)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

import { expect, test } from "vitest";
import { createOutput, type OutputOptions } from "../../../src/cli/output/output.ts";

const HOLDER = { pid: 42, command: "store install \x1b[2J", since: "2026-11-20T10:00:00Z" };
const REPORT = { code: "NOT_FOUND", message: "no \x1b[2J\nsecond line", hint: "look \x9b", details: { a: 1 } };

test("a person reads plain words, with nothing that a terminal obeys", () => {
  const { output, seen } = make({});
  output.result({ a: 1 }, () => ["one", "two"]);
  output.note(() => "by the way");
  output.warning("careful \x07", "do this");
  output.waiting(HOLDER);
  output.waiting(undefined);
  output.error(REPORT);
  expect(seen.stdout).toBe("one\ntwo\n");
  expect(seen.stderr).toBe(
    [
      "by the way",
      "warning: careful \\x07",
      "hint: do this",
      "waiting for process 42 (store install \\x1b[2J), which is using the store …",
      "waiting for another process that is using the store …",
      "error: no \\x1b[2J",
      "second line",
      "hint: look \\x9b",
      "",
    ].join("\n"),
  );
});

test("a program reads JSON, one value a line", () => {
  const { output, seen } = make({ isJson: true });
  output.result({ a: "\x9b" }, () => ["one"]);
  output.note(() => "by the way");
  output.warning("careful");
  output.waiting(HOLDER);
  output.error(REPORT);
  expect(seen.stdout).toBe('{"a":"\\u009b"}\n');
  expect(
    seen.stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([{ warning: { message: "careful", hint: null } }, { waiting: HOLDER }, { error: REPORT }]);
});

test("--quiet hides warnings and notes, never errors and results", () => {
  const { output, seen } = make({ isQuiet: true });
  output.result({}, () => ["result"]);
  output.note(() => "by the way");
  output.warning("careful");
  output.waiting(HOLDER);
  output.error({ ...REPORT, hint: null });
  expect(seen).toEqual({ stdout: "result\n", stderr: "error: no \\x1b[2J\nsecond line\n" });
});

test("JSON on a terminal is laid out for eyes", () => {
  const { output, seen } = make({ isJson: true }, { isTerminal: true, hasColor: false });
  output.result({ a: [1] }, () => []);
  expect(seen.stdout).toBe('{\n  "a": [\n    1\n  ]\n}\n');
});

test("colours mark the words, not the text from outside", () => {
  const { output, seen } = make({}, { isTerminal: true, hasColor: true });
  output.error(REPORT);
  expect(seen.stderr).toContain("\x1b[31merror:\x1b[39m no \\x1b[2J");
});

function make(options: Partial<OutputOptions>, traits = { isTerminal: false, hasColor: false }) {
  const seen = { stdout: "", stderr: "" };
  const sink = {
    write: (stream: "stdout" | "stderr", text: string) => {
      seen[stream] += text;
    },
    status: () => undefined,
    endStatus: () => undefined,
    finish: async () => undefined,
  };
  const terminal = { stdout: traits, stderr: traits, hasUnicode: true, showsProgress: false };
  return { seen, output: createOutput(sink, { isJson: false, isQuiet: false, terminal, ...options }) };
}

import { expect, test, vi } from "vitest";
import { describeProgress } from "../../../src/cli/progress/describe-progress.ts";
import { progressLine } from "../../../src/cli/progress/progress-line.ts";
import { showProgress } from "../../../src/cli/progress/show-progress.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";

const MIB = 1024 * 1024;
const extracting = (readBytes: number): StoreEvent => ({
  kind: "extracting",
  subject: "a.tar",
  readBytes,
  totalBytes: 100 * MIB,
  entries: 1234,
});

test.each<readonly [StoreEvent, elapsed: number, line: string]>([
  [{ kind: "step", step: "resolve", subject: "npm:x@^1" }, 0, "look up npm:x@^1"],
  [extracting(25 * MIB), 0, "unpack a.tar  25%  25.0 MiB of 100 MiB  1,234 entries"],
  [extracting(25 * MIB), 5000, "unpack a.tar  25%  25.0 MiB of 100 MiB  5.0 MiB/s  1,234 entries"],
  [{ kind: "importing", subject: "z 1", files: 1, bytes: 10 }, 0, "import z 1  10 B  1 file"],
  [
    { kind: "fetching", event: { kind: "progress", url: "https://h/p/x.tgz?q#f", received: MIB, total: undefined } },
    0,
    "fetch x.tgz  1.0 MiB",
  ],
  [{ kind: "fetching", event: { kind: "git", url: "https://h/r.git", text: "Counting" } }, 0, "fetch r.git: Counting"],
])("%j", (event, elapsed, line) => {
  expect(progressLine(describeProgress(event)!, elapsed, 200)).toBe(line);
});

test.each<StoreEvent>([
  { kind: "waiting", holder: undefined },
  { kind: "warning", message: "x" },
])("$kind is no progress", (event) => {
  expect(describeProgress(event)).toBeUndefined();
});

test.each([
  ["plain", 12, "look up pla…"],
  ["日本語日本語", 13, "look up 日本…"],
  ["e\u0301e\u0301e\u0301e\u0301", 11, "look up e\u0301e\u0301…"],
  ["fits", 12, "look up fits"],
  ["x", 0, ""],
  ["\x1b[2J", 80, "look up \\x1b[2J"],
])("the name %j in %d columns", (subject, columns, line) => {
  expect(progressLine({ verb: "look up", subject }, 0, columns)).toBe(line);
});

test("lines come at first late, then not too often, and the last one is not lost", () => {
  vi.useFakeTimers();
  try {
    let now = 0;
    const lines: string[] = [];
    const onEvent = showProgress({ show: (line) => lines.push(line), clock: () => now, columns: () => 80 });
    const pass = (milliseconds: number) => {
      now += milliseconds;
      vi.advanceTimersByTime(milliseconds);
    };
    onEvent({ kind: "step", step: "extract", subject: "a.tar" });
    pass(100);
    expect(lines).toEqual([]);
    pass(100);
    expect(lines).toEqual(["unpack a.tar"]);
    for (let step = 1; step <= 50; step++) {
      onEvent(extracting(step * MIB));
      pass(10);
    }
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.length).toBeLessThan(9);
    pass(100);
    expect(lines.at(-1)).toContain("50%");
  } finally {
    vi.useRealTimers();
  }
});

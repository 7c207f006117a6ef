import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { openSink } from "../../../src/cli/output/sink.ts";

test("text goes where it belongs, and finish waits for slow readers", async () => {
  const { streams, seen } = makeStreams({ delay: 5 });
  const sink = openSink(streams);
  sink.write("stdout", "result\n");
  sink.write("stderr", "note\n");
  await sink.finish();
  expect(seen).toEqual({ stdout: "result\n", stderr: "note\n" });
});

test("the line of progress is taken away for other text, put back, and gone at the end", async () => {
  const { streams, seen } = makeStreams({});
  const sink = openSink(streams);
  sink.status("10%");
  sink.status("10%");
  sink.status("20%");
  sink.write("stderr", "warning\n");
  sink.endStatus();
  sink.status("too late");
  sink.write("stdout", "result\n");
  await sink.finish();
  expect(screen(seen.stderr)).toBe("warning\n");
  expect(seen.stderr).not.toContain("too late");
  expect(seen.stderr.match(/10%/g)).toHaveLength(1);
  expect(seen.stderr.match(/20%/g)).toHaveLength(2);
  expect(seen.stdout).toBe("result\n");
});

test("a reader that goes away ends the writing, not the program", async () => {
  const { streams, seen } = makeStreams({ fail: "stdout" });
  const sink = openSink(streams);
  sink.write("stdout", "one\n");
  await sink.finish();
  sink.write("stdout", "two\n");
  sink.write("stderr", "still here\n");
  await sink.finish();
  expect(seen).toEqual({ stdout: "", stderr: "still here\n" });
});

test.each([
  ["ENOSPC", true],
  ["EPIPE", false],
] as const)("finish gives the reason why a result is not whole: %s", async (code, isTold) => {
  const { streams } = makeStreams({ fail: "stdout", code });
  const sink = openSink(streams);
  sink.write("stdout", "one\n");
  expect(await sink.finish()).toEqual(isTold ? expect.objectContaining({ code }) : undefined);
});

interface Behaviour {
  readonly delay?: number;
  readonly fail?: "stdout" | "stderr";
  readonly code?: string;
}

function makeStreams({ delay, fail, code = "EPIPE" }: Behaviour) {
  const seen = { stdout: "", stderr: "" };
  const make = (name: "stdout" | "stderr") =>
    new Writable({
      write(chunk, _encoding, done) {
        if (name === fail) return done(Object.assign(new Error(`write ${code}`), { code }));
        seen[name] += chunk;
        setTimeout(done, delay ?? 0);
      },
    });
  return { seen, streams: { stdout: make("stdout"), stderr: make("stderr") } };
}

/** What a terminal shows at the end: an erased line leaves nothing. */
function screen(text: string): string {
  const erase = "\r\x1b[K";
  return text
    .split("\n")
    .map((line) => line.slice(line.includes(erase) ? line.lastIndexOf(erase) + erase.length : 0))
    .join("\n");
}

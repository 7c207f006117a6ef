import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync, type writeSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { standardStreams, type TextStream } from "../../../src/cli/output/standard-streams.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { makeWorld } from "../../helpers/worlds.ts";

/** A stream of Node's, which notes what it is given. */
function nodeStream() {
  const texts: string[] = [];
  const stream: TextStream = {
    isTTY: true,
    write(text, done) {
      texts.push(Buffer.from(text as Uint8Array).toString());
      done();
    },
    on: () => stream,
  };
  return { stream, texts };
}

function opened(path: string, flags: string | number): number {
  const fd = openSync(path, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** The streams of a process whose stdout is `stdout` and whose stderr is /dev/null. */
function streamsTo(stdout: number) {
  const node = nodeStream();
  const streams = standardStreams(
    { stdout: node.stream, stderr: node.stream },
    { stdout, stderr: opened("/dev/null", "w") },
  );
  const failed: string[] = [];
  streams.stdout.on("error", (error) => failed.push((error as NodeJS.ErrnoException).code ?? ""));
  return { streams, node, failed };
}

const written = (stream: TextStream, text: string) => new Promise<void>((done) => stream.write(text, () => done()));

test("text for files and /dev/null goes there without a stream of Node's", async () => {
  const path = join(makeWorld().directory, "out");
  const { streams, node } = streamsTo(opened(path, "w"));
  await written(streams.stdout, "one ä\n");
  await written(streams.stdout, "x".repeat(1 << 20));
  await written(streams.stderr, "nothing");
  expect(readFileSync(path, "utf8")).toBe(`one ä\n${"x".repeat(1 << 20)}`);
  expect(node.texts).toEqual([]);
  expect([streams.stdout.isTTY, streams.stderr.isTTY]).toEqual([false, false]);
});

test("what may be a terminal, and what is closed, is left to Node", async () => {
  for (const fd of [opened("/dev/ptmx", constants.O_RDWR | constants.O_NOCTTY), 12_345]) {
    const { streams, node } = streamsTo(fd);
    expect(streams.stdout.isTTY).toBe(true);
    await written(streams.stdout, "text");
    expect(node.texts).toEqual(["text"]);
  }
});

test("a full pipe that does not block goes on through Node's stream, without a byte lost or doubled", async () => {
  const path = join(makeWorld().directory, "pipe");
  execFileSync("mkfifo", [path]);
  const reader = opened(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = opened(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const { streams, node } = streamsTo(writer);
  const text = Array.from({ length: 100_000 }, (_, at) => `${at}\n`).join("");
  await written(streams.stdout, text);
  await written(streams.stdout, "end\n");
  const buffer = Buffer.alloc(1 << 20);
  const before = buffer.toString("latin1", 0, readSync(reader, buffer));
  expect(before.length).toBeGreaterThan(0);
  expect(node.texts).toHaveLength(2);
  expect(before + node.texts.join("")).toBe(`${text}end\n`);
});

test("a reader that went away is told to who listens, and the text counts as handed over", async () => {
  patchFs("writeSync", (original) => (...args) => {
    if (args[0] === broken) throw errno("EPIPE");
    return (original as typeof writeSync)(...(args as unknown as Parameters<typeof writeSync>));
  });
  const broken = opened(join(makeWorld().directory, "out"), "w") as never;
  const { streams, failed } = streamsTo(broken);
  await written(streams.stdout, "one");
  expect(failed).toEqual(["EPIPE"]);
  const told = await new Promise((done) => streams.stdout.write("two", done));
  expect(told).toMatchObject({ code: "EPIPE" });
});

import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { openPipe, type Pipe, type PipeSupply } from "./fifo.ts";

export interface OutputOptions {
  readonly pipeDirectory?: string | undefined;
  readonly pipes?: PipeSupply | undefined;
  readonly maxOutputBytes?: number | undefined;
  readonly onOutput?: ((chunk: Buffer, stream: "stdout" | "stderr") => void) | undefined;
}

interface OutputEvents {
  readonly onChunk: () => void;
  /** More came than `maxOutputBytes`. */
  readonly onLimit: () => void;
}

/** Where the output of a command goes until it has been read. */
export interface OutputCollector {
  /** The one pipe for stdout and stderr, open for writing, where there is one. */
  readonly pipe: number | undefined;
  /** For `spawn`: stdout and stderr. */
  readonly stdio: readonly ["pipe" | number, "pipe" | number];
  /** The command did not start. */
  abandon(): void;
  /** Hands output on as it comes. Without a pipe it comes from the child's own streams. */
  start(child: ChildProcess | undefined, events: OutputEvents): CollectedOutput;
}

interface CollectedOutput {
  /** Nobody can write any more. */
  readonly ended: Promise<void>;
  /** Waits for that, but not for long: to be called when the command has ended. */
  finish(): Promise<void>;
}

/** @throws StoreError UNSUPPORTED when a pipe is wanted and cannot be made */
export async function collectOutput(options: OutputOptions): Promise<OutputCollector> {
  const pipe = await openWanted(options);
  return {
    pipe: pipe?.write,
    stdio: pipe === undefined ? ["pipe", "pipe"] : [pipe.write, pipe.write],
    abandon: () => closePipe(pipe),
    start: (child, events) => {
      const streams = pipe === undefined ? streamsOf(child) : [{ name: "stdout", stream: readEnd(pipe) } as const];
      const budget = { left: options.maxOutputBytes ?? Number.POSITIVE_INFINITY };
      const ends = streams.map(({ name, stream }) =>
        drain(stream, (chunk) => {
          events.onChunk();
          const kept = chunk.subarray(0, Math.min(chunk.length, budget.left));
          budget.left -= kept.length;
          if (kept.length > 0) options.onOutput?.(kept, name);
          if (kept.length < chunk.length) events.onLimit();
        }),
      );
      const ended = Promise.all(ends).then(() => undefined);
      return { ended, finish: () => endSoon(ended, () => streams.map(({ stream }) => stream.destroy())) };
    },
  };
}

async function openWanted({ pipes, pipeDirectory }: OutputOptions): Promise<Pipe | undefined> {
  if (pipes !== undefined) return await pipes.open();
  return pipeDirectory === undefined ? undefined : await openPipe(pipeDirectory);
}

function streamsOf(
  child: ChildProcess | undefined,
): readonly { readonly name: "stdout" | "stderr"; readonly stream: Readable }[] {
  return [
    { name: "stdout", stream: child?.stdout as Readable },
    { name: "stderr", stream: child?.stderr as Readable },
  ];
}

/** The child has its own copy of the writing end: while we kept ours, the end of the output would never come. */
function readEnd(pipe: Pipe): Readable {
  closeSync(pipe.write);
  return new Socket({ fd: pipe.read, readable: true, writable: false });
}

function drain(stream: Readable, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve) => {
    stream.on("data", onChunk);
    stream.on("error", () => resolve());
    stream.once("close", resolve);
  });
}

/** A process that was not found may hold the pipe open for ever: what it would still say is not waited for. */
async function endSoon(ends: Promise<unknown>, giveUp: () => void): Promise<void> {
  const LAST_WORDS_MS = 2000;
  const timer = setTimeout(giveUp, LAST_WORDS_MS);
  await ends;
  clearTimeout(timer);
}

function closePipe(pipe: Pipe | undefined): void {
  if (pipe === undefined) return;
  closeSync(pipe.read);
  closeSync(pipe.write);
}

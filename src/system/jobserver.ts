import { closeSync, constants, mkdtempSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { makeFifo } from "./process/fifo.ts";
import { removeTree } from "./remove-tree.ts";

/**
 * Job slots that we and any number of builds share, each build's `make` included, by GNU make's own protocol ("POSIX
 * Jobserver Interaction" in its manual): one byte in a pipe is one free slot. As for make, whoever runs one job needs
 * one slot; so a build is started with a slot of ours, and its make takes further ones for its further jobs.
 */
export interface Jobserver extends Disposable {
  readonly total: number;
  /** The named pipe, for clients that open it themselves (GNU make 4.4, ninja 1.13). */
  readonly fifo: string;
  /**
   * Waits for a slot; disposing it gives it back.
   * @throws the signal's reason when aborted
   */
  acquire(signal?: AbortSignal): Promise<JobSlot>;
  /** A slot when one is free right now. */
  tryAcquire(): JobSlot | undefined;
  /**
   * Files through which one build takes part. Dispose it when nothing of the build lives any more: once no build is
   * connected, slots that killed builds had taken are made good, and slots that a build invented are taken away.
   */
  connect(): JobserverConnection;
}

export type JobSlot = Disposable;

interface JobserverConnection extends Disposable {
  /** To read slots from and to write them to: `fds` of `runProcess`. */
  readonly fds: readonly [number, number];
}

/** How a child reaches the jobserver: by its own file numbers, or by the path of the pipe as the child sees it. */
export type JobserverAddress = { readonly fds: readonly [number, number] } | { readonly fifo: string };

/**
 * MAKEFLAGS for a child. Files work with GNU make 3.81 and later, but only while every program between passes them on;
 * the path needs make 4.4.
 */
export function jobserverFlags(total: number, address: JobserverAddress): string {
  if ("fifo" in address) return ` -j${total} --jobserver-auth=fifo:${address.fifo}`;
  const files = address.fds.join(",");
  return ` -j${total} --jobserver-fds=${files} --jobserver-auth=${files}`;
}

/**
 * @param total slots, 1 to 4096 (what the smallest pipe of Linux holds)
 * @param directory where the named pipe lies until the jobserver is disposed
 * @throws StoreError USAGE, UNSUPPORTED
 */
export async function createJobserver(total: number, directory: string): Promise<Jobserver> {
  if (!Number.isInteger(total) || total < 1 || total > 4096) {
    throw new StoreError("USAGE", `${total} is not a number of jobs`, { hint: "Give -j a number from 1 to 4096." });
  }
  const home = mkdtempSync(join(directory, "jobserver.tmp-"));
  const fifo = join(home, "jobs");
  let fd: number;
  try {
    await makeFifo(fifo);
    fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    removeTree(home);
    throw error;
  }
  return serve({ total, fifo, fd, home });
}

interface Service {
  readonly total: number;
  readonly fifo: string;
  readonly fd: number;
  readonly home: string;
}

interface Waiter {
  readonly take: (slot: JobSlot) => void;
}

function serve(service: Service): Jobserver {
  const { total, fifo, fd, home } = service;
  const waiters: Waiter[] = [];
  let held = 0;
  let connected = 0;
  let poll: NodeJS.Timeout | undefined;
  let pause = SHORTEST_POLL_MS;

  const tryAcquire = (): JobSlot | undefined => {
    if (takeSlots(fd, 1) === 0) return undefined;
    held++;
    return once(() => {
      held--;
      putSlots(fd, 1);
      hand();
    });
  };
  /** Slots come back from other processes without a word to us: look again while somebody waits. */
  const hand = (): void => {
    pause = SHORTEST_POLL_MS;
    look();
  };
  const look = (): void => {
    clearTimeout(poll);
    for (let slot = waiters.length > 0 ? tryAcquire() : undefined; slot !== undefined; ) {
      waiters.shift()!.take(slot);
      slot = waiters.length > 0 ? tryAcquire() : undefined;
    }
    if (waiters.length > 0) poll = setTimeout(look, pause);
    pause = Math.min(LONGEST_POLL_MS, pause * 1.5);
  };
  const settle = (): void => {
    takeSlots(fd, MOST_A_PIPE_HOLDS);
    putSlots(fd, total - held);
    hand();
  };

  putSlots(fd, total);
  return {
    total,
    fifo,
    tryAcquire,
    acquire: (signal) => waitInLine(waiters, hand, signal),
    connect: () => {
      connected++;
      const files = openEnds(fifo);
      return {
        fds: files,
        ...once(() => {
          for (const file of files) closeSync(file);
          if (--connected === 0) settle();
        }),
      };
    },
    ...once(() => {
      clearTimeout(poll);
      closeSync(fd);
      removeTree(home);
    }),
  };
}

const SHORTEST_POLL_MS = 10;
/** A build that takes minutes is not disturbed a hundred times a second by those that wait. */
const LONGEST_POLL_MS = 200;
const MOST_A_PIPE_HOLDS = 2 ** 20;

async function waitInLine(waiters: Waiter[], hand: () => void, signal: AbortSignal | undefined): Promise<JobSlot> {
  signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const leave = (): void => {
      waiters.splice(waiters.indexOf(waiter), 1);
      reject(signal?.reason);
    };
    const waiter: Waiter = {
      take: (slot) => {
        signal?.removeEventListener("abort", leave);
        resolve(slot);
      },
    };
    signal?.addEventListener("abort", leave, { once: true });
    waiters.push(waiter);
    hand();
  });
}

/**
 * Open files of its own for each build: make sets O_NONBLOCK on the one it reads, and that must not reach the others.
 */
function openEnds(fifo: string): readonly [number, number] {
  const read = openSync(fifo, constants.O_RDONLY);
  try {
    return [read, openSync(fifo, constants.O_WRONLY)];
  } catch (error) {
    closeSync(read);
    throw error;
  }
}

/** Takes up to `wanted` slots that are free now; says how many it got. */
function takeSlots(fd: number, wanted: number): number {
  const buffer = Buffer.alloc(Math.min(wanted, 4096));
  let got = 0;
  try {
    while (got < wanted) got += readSync(fd, buffer, 0, Math.min(buffer.length, wanted - got), null);
  } catch (error) {
    if (!isErrno(error, "EAGAIN")) throw error;
  }
  return got;
}

/** make writes `+` too. A pipe that a build filled up takes no more: that is put right when nobody is connected. */
function putSlots(fd: number, count: number): void {
  try {
    if (count > 0) writeSync(fd, Buffer.alloc(count, "+"));
  } catch (error) {
    if (!isErrno(error, "EAGAIN")) throw error;
  }
}

function once(action: () => void): Disposable {
  let done = false;
  return {
    [Symbol.dispose]: () => {
      if (done) return;
      done = true;
      action();
    },
  };
}

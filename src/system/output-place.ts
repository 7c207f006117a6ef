import {
  constants,
  createWriteStream,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
} from "node:fs";
import { Socket } from "node:net";
import { basename, dirname, resolve } from "node:path";
import type { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { isErrno, StoreError } from "../errors.ts";
import { fromText } from "../model/byte-string.ts";
import { syncDirectory } from "./atomic-file.ts";
import { flushFiles } from "./flush.ts";
import { removeFile } from "./remove-file.ts";
import { asUser } from "./umask.ts";
import { holdUnfinished, isUnfinishedName, sweepUnfinished, unfinishedName } from "./unfinished-output.ts";

/** A place that a person chose for a file, with symlinks followed. */
export interface OutputPlace {
  readonly path: string;
  /** A regular file or nothing is replaced; a FIFO and a device are written into. */
  readonly kind: "file" | "fifo" | "device";
}

/** @throws StoreError INVALID_INPUT for a directory, NOT_FOUND where there is none to put a file into */
export function outputPlace(path: string): OutputPlace {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory()) {
    throw new StoreError("INVALID_INPUT", `${path} is a directory`, {
      hint: "Name a file in it.",
      details: { path },
    });
  }
  if (!status || status.isFile()) {
    const place = { path: followed(path), kind: "file" } as const;
    requireDirectory(dirname(place.path));
    return place;
  }
  // Not followed: where /dev/stdout leads may have no name.
  return { path, kind: status.isFIFO() ? "fifo" : "device" };
}

/**
 * Directories on the way to a place that a person chose are not made: one that is missing is mostly a mistake.
 * @throws StoreError NOT_FOUND
 */
function requireDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new StoreError("NOT_FOUND", `there is no directory ${path}`, {
    hint: "Make the directory, or name another place.",
    details: { path },
  });
}

/** Where a symlink leads in the end, also when nothing is there. */
function followed(path: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  return followed(resolve(realpathSync(dirname(path)), readlinkSync(path)));
}

/** Removes what killed processes left half-written where these are going to be written. */
export function sweepOutputs(places: readonly OutputPlace[]): void {
  const files = places.filter(({ kind }) => kind === "file");
  for (const directory of new Set(files.map(({ path }) => dirname(path)))) sweepUnfinished(directory);
}

export interface OutputOptions {
  readonly transforms?: readonly Transform[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes to a place. A regular file is there when it is whole and durable; until then what was there stays. A FIFO gets
 * its bytes as soon as it has a reader. Its mode is what the user's umask leaves. Returns how many bytes there are.
 * @throws the signal's reason
 */
export async function writeOutput(place: OutputPlace, content: Readable, options: OutputOptions = {}): Promise<number> {
  try {
    return await (place.kind === "file"
      ? replaceFile(place.path, content, options)
      : writeInto(place, content, options));
  } catch (error) {
    // Streams and timers tell an error of their own, whatever the reason is.
    options.signal?.throwIfAborted();
    throw aboutOutput(error, place);
  }
}

/** What fails on an open file does not tell which one it was, and nobody knows a temporary name. */
function aboutOutput(error: unknown, { path }: OutputPlace): unknown {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  const told = "path" in error ? error.path : undefined;
  const isWriting = told === undefined && (error.syscall === "write" || error.syscall === "fsync");
  const isTemporary = typeof told === "string" && isUnfinishedName(basename(told));
  return isWriting || isTemporary ? Object.assign(error, { path }) : error;
}

async function replaceFile(path: string, content: Readable, options: OutputOptions): Promise<number> {
  const temporary = unfinishedName(dirname(path));
  try {
    // Opened here and not by the stream, which would do so later, perhaps after the removal below.
    const file = createWriteStream(temporary, { fd: asUser(() => openSync(temporary, "wx", 0o666)) });
    using _held = holdUnfinished(temporary);
    await pour(content, file, options);
    await flushFiles(dirname(temporary), [fromText(temporary)]);
    renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
  syncDirectory(dirname(path));
  return statSync(path).size;
}

async function writeInto({ path, kind }: OutputPlace, content: Readable, options: OutputOptions): Promise<number> {
  const into =
    kind === "fifo"
      ? await openFifo(path, options.signal)
      : createWriteStream(path, { fd: openSync(path, constants.O_WRONLY) });
  await pour(content, into, options);
  return into.bytesWritten;
}

const LOOK_AGAIN_MS = 20;

/** A call that waits for the reader, or for room in the pipe, could not be interrupted. */
async function openFifo(path: string, signal: AbortSignal | undefined): Promise<Socket> {
  for (;;) {
    try {
      return new Socket({ fd: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), readable: false });
    } catch (error) {
      if (!isErrno(error, "ENXIO")) throw error;
    }
    await setTimeout(LOOK_AGAIN_MS, undefined, { signal });
  }
}

function pour(content: Readable, into: Writable, { transforms = [], signal }: OutputOptions): Promise<void> {
  return pipeline([content, ...transforms, into], { signal });
}

import { closeSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { listProcesses, readProcess } from "./process-table.ts";

/** A running process and what the kernel tells of it: paths, and blocks of text. */
export interface ProcessFacts {
  readonly pid: number;
  /** Its arguments, as they are when this is asked. */
  command(): string;
  /** Each is good until the next. */
  readonly facts: Iterable<Buffer>;
}

/**
 * All running processes: the program of each, its working and root directory, open and mapped files, arguments and
 * environment. Those of other users, and those that let nobody look at them, tell nothing; without `/proc` there are
 * none. The arguments of this process and of those above it are left out: they are what a person asks about.
 */
export function listProcessFacts(): ProcessFacts[] {
  const asking = new Set(withAncestors(process.pid));
  const room = Buffer.allocUnsafe(ROOM);
  return listProcesses().map((pid) => ({
    pid,
    command: () => commandOf(pid, room),
    facts: factsOf(pid, { withArguments: !asking.has(pid), room }),
  }));
}

/** What is longer is read in pieces of this many bytes, which overlap. */
const ROOM = 1 << 20;

function* factsOf(
  pid: number,
  { withArguments, room }: { readonly withArguments: boolean; readonly room: Buffer },
): Generator<Buffer> {
  const directory = `/proc/${pid}`;
  if (withArguments) yield* readPieces(`${directory}/cmdline`, room);
  const program = readLink(`${directory}/exe`);
  // A part of the kernel, an ended one, or one of somebody else: nor do the others tell anything, and each refusal costs.
  if (program.length === 0) return;
  yield program;
  for (const link of ["cwd", "root"]) yield readLink(`${directory}/${link}`);
  for (const file of ["environ", "maps"]) yield* readPieces(`${directory}/${file}`, room);
  for (const fd of listOf(`${directory}/fd`)) yield readLink(`${directory}/fd/${fd}`);
}

function withAncestors(pid: number): number[] {
  const chain: number[] = [];
  for (let next: number | undefined = pid; next && !chain.includes(next); next = readProcess(next)?.parent)
    chain.push(next);
  return chain;
}

function commandOf(pid: number, room: Buffer): string {
  for (const piece of readPieces(`/proc/${pid}/cmdline`, room))
    return piece.toString("utf8").replaceAll("\0", " ").trim();
  return "";
}

const NOTHING = Buffer.alloc(0);

// A process can end, or refuse, between any two looks at it.
function readLink(path: string): Buffer {
  try {
    return readlinkSync(path, "buffer");
  } catch {
    return NOTHING;
  }
}

function* readPieces(path: string, room: Buffer): Generator<Buffer> {
  const fd = openOrUndefined(path);
  if (fd === undefined) return;
  try {
    let kept = 0;
    for (let read = readSome(fd, room, kept); read > 0; read = readSome(fd, room, kept)) {
      const end = kept + read;
      if (end < room.length) {
        kept = end;
        continue;
      }
      yield room;
      room.copy(room, 0, end - OVERLAP, end);
      kept = OVERLAP;
    }
    if (kept > 0) yield room.subarray(0, kept);
  } finally {
    closeSync(fd);
  }
}

/** No name of an object is longer. */
const OVERLAP = 256;

function openOrUndefined(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

function readSome(fd: number, room: Buffer, at: number): number {
  try {
    return readSync(fd, room, at, room.length - at, null);
  } catch {
    return 0;
  }
}

function listOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

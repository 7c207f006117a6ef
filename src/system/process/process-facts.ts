import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { listProcesses, readProcess } from "./process-table.ts";

/** A running process and what the kernel tells of it: paths, and blocks of text. */
export interface ProcessFacts {
  readonly pid: number;
  readonly command: string;
  readonly facts: Iterable<Buffer>;
}

/**
 * All running processes: the program of each, its working and root directory, open and mapped files, arguments and
 * environment. Those of other users, and those that let nobody look at them, tell nothing; without `/proc` there are
 * none. The arguments of this process and of those above it are left out: they are what a person asks about.
 */
export function listProcessFacts(): ProcessFacts[] {
  const asking = new Set(withAncestors(process.pid));
  return listProcesses().map((pid) => ({ pid, command: commandOf(pid), facts: factsOf(pid, !asking.has(pid)) }));
}

function* factsOf(pid: number, withArguments: boolean): Generator<Buffer> {
  const directory = `/proc/${pid}`;
  if (withArguments) yield readWhole(`${directory}/cmdline`);
  for (const link of ["exe", "cwd", "root"]) yield readLink(`${directory}/${link}`);
  for (const file of ["environ", "maps"]) yield readWhole(`${directory}/${file}`);
  for (const fd of listOf(`${directory}/fd`)) yield readLink(`${directory}/fd/${fd}`);
}

function withAncestors(pid: number): number[] {
  const chain: number[] = [];
  for (let next: number | undefined = pid; next && !chain.includes(next); next = readProcess(next)?.parent)
    chain.push(next);
  return chain;
}

function commandOf(pid: number): string {
  return readWhole(`/proc/${pid}/cmdline`).toString("utf8").replaceAll("\0", " ").trim();
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

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return NOTHING;
  }
}

function listOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

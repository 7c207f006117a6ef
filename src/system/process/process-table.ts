import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";

/** One line of the kernel's process table: what `/proc/PID/stat` says (proc(5)), in units people use. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Ended, but not yet reaped by its parent. */
  readonly zombie: boolean;
  /** Clock ticks since boot: with the pid it names one process for ever. */
  readonly startTicks: number;
  /** Its own time and that of the children it has waited for. */
  readonly userMs: number;
  readonly systemMs: number;
  /** Resident set; pages shared with other processes count in each of them. */
  readonly residentBytes: number;
}

/** `undefined` when there is no such process, or no `/proc`. */
export function readProcess(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(readProc(`/proc/${pid}/stat`));
  } catch {
    return undefined;
  }
}

/** Whether a process is the first one of a pid namespace below this one's: all of that namespace end with it. */
export function isFirstOfNamespace(pid: number): boolean {
  try {
    return /^NSpid:(?:\t\d+)+\t1$/m.test(readProc(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** All processes this process may see; empty where there is no `/proc`. */
export function listProcesses(): readonly number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^[0-9]+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The processes below `roots`, without the roots themselves. */
export function listDescendants(roots: readonly number[]): readonly number[] {
  const seen = new Set(roots);
  const todo = [...roots];
  for (let pid = todo.pop(); pid !== undefined; pid = todo.pop()) {
    for (const child of childrenOf(pid)) {
      if (seen.has(child)) continue;
      seen.add(child);
      todo.push(child);
    }
  }
  for (const root of roots) seen.delete(root);
  return [...seen];
}

/** The processes that were started with exactly this `NAME=value` in their environment. */
export function listMarked(entry: string): readonly number[] {
  return listWithEnvironment(`\0${entry}\0`);
}

/** The processes that were started with a `NAME=value` in their environment that begins so. */
export function listMarkedBelow(beginning: string): readonly number[] {
  return listWithEnvironment(`\0${beginning}`);
}

function listWithEnvironment(wanted: string): readonly number[] {
  return listProcesses().filter((pid) => {
    try {
      return `\0${readFileSync(`/proc/${pid}/environ`, "utf8")}`.includes(wanted);
    } catch {
      return false;
    }
  });
}

/** Linux keeps a list of children per thread (CONFIG_PROC_CHILDREN); kernels built without it need a full search. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readProc(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return readProcess(pid) === undefined || hasChildrenFiles() ? [] : searchChildren(pid);
  }
}

function hasChildrenFiles(): boolean {
  try {
    readFileSync(`/proc/self/task/${process.pid}/children`);
    return true;
  } catch {
    return false;
  }
}

function searchChildren(parent: number): readonly number[] {
  return listProcesses().filter((pid) => readProcess(pid)?.parent === parent);
}

const PIECE = Buffer.alloc(4096);

/** A file of `/proc`: since it has no size, `readFileSync` would make room for 64 KiB each time. */
function readProc(path: string): string {
  const fd = openSync(path, "r");
  try {
    let text = "";
    for (let count = PIECE.length; count > 0; ) {
      count = readSync(fd, PIECE);
      text += PIECE.toString("latin1", 0, count);
    }
    return text;
  } finally {
    closeSync(fd);
  }
}

/** The name in parentheses may hold anything, also `)`: the fields start after the last one. */
function parseStat(text: string): ProcessEntry {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const at = (number: number): number => Number(fields[number - 3]);
  const milliseconds = (ticks: number): number => (ticks * 1000) / kernelUnits().ticksPerSecond;
  return {
    pid: Number.parseInt(text, 10),
    parent: at(4),
    group: at(5),
    zombie: fields[0] === "Z" || fields[0] === "X",
    startTicks: at(22),
    // Whoever asks which process it is does not need these, and they need another file of the kernel's.
    get userMs() {
      return milliseconds(at(14) + at(16));
    },
    get systemMs() {
      return milliseconds(at(15) + at(17));
    },
    get residentBytes() {
      return at(24) * kernelUnits().pageBytes;
    },
  };
}

interface KernelUnits {
  readonly ticksPerSecond: number;
  readonly pageBytes: number;
}

let units: KernelUnits | undefined;

function kernelUnits(): KernelUnits {
  units ??= readKernelUnits();
  return units;
}

/**
 * Page size and clock tick as the kernel tells every program in its auxiliary vector (getauxval(3)); the usual values
 * where that cannot be read.
 */
function readKernelUnits(): KernelUnits {
  const AT_PAGESZ = 6n;
  const AT_CLKTCK = 17n;
  const vector = readAuxiliaryVector();
  return { pageBytes: Number(vector.get(AT_PAGESZ) ?? 4096n), ticksPerSecond: Number(vector.get(AT_CLKTCK) ?? 100n) };
}

function readAuxiliaryVector(): ReadonlyMap<bigint, bigint> {
  try {
    const words = new BigUint64Array(new Uint8Array(readFileSync("/proc/self/auxv")).buffer);
    return new Map(Array.from({ length: words.length / 2 }, (_, index) => [words[2 * index]!, words[2 * index + 1]!]));
  } catch {
    return new Map();
  }
}

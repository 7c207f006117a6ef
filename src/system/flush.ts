import { execFile } from "node:child_process";
import { closeSync, fsyncSync, openSync } from "node:fs";
import { type ByteString, toFsPath } from "../model/byte-string.ts";
import { isMemoryFilesystem } from "./filesystem-kind.ts";

/** Files up to this number are flushed one by one; for more, one flush of the whole filesystem is cheaper. */
const FEW = 16;

/**
 * Makes the content of new files durable. Node has no `syncfs(2)`; `sync -f` of coreutils and BusyBox is that call.
 * Where it is missing, every file is flushed for itself.
 */
export async function flushFiles(directory: string, paths: Iterable<ByteString>): Promise<void> {
  const rest = paths[Symbol.iterator]();
  const first = take(rest, FEW + 1);
  if (first.length > FEW && (await flushFilesystem(directory))) return;
  for (const path of first) flushFile(path);
  for (const path of { [Symbol.iterator]: () => rest }) flushFile(path);
}

/** The next of an iterator's values, at most so many. */
function take<T>(values: Iterator<T>, most: number): T[] {
  const taken: T[] = [];
  while (taken.length < most) {
    const { value, done } = values.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

function flushFile(path: ByteString): void {
  const fd = openSync(toFsPath(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether that could be done. */
async function flushFilesystem(directory: string): Promise<boolean> {
  // Where there is no disk there is nothing to do, and to fork a process that has much memory takes long.
  if (isInMemory(directory)) return true;
  return new Promise((resolve) => {
    execFile("sync", ["-f", directory], (error) => resolve(error === null));
  });
}

function isInMemory(directory: string): boolean {
  try {
    return isMemoryFilesystem(directory);
  } catch {
    return false;
  }
}

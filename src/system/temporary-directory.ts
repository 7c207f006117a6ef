import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { isHeld, type Lock, tryAcquireLock } from "./lock.ts";
import { namesIn } from "./names-in.ts";
import { randomName } from "./random-name.ts";
import { removeFile } from "./remove-file.ts";
import { removeTree } from "./remove-tree.ts";

/** A private directory that vanishes when it is disposed of, or, when the process is killed, at the next sweep. */
export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

/** Makes `<parent>/<16 random hex digits>`, mode 0700, held by a lock on `<parent>/<the same>.lock`. */
export function createTemporaryDirectory(parent: string, command: string, now: () => Date): TemporaryDirectory {
  for (;;) {
    const path = join(parent, randomName());
    const lock = tryAcquireLock(`${path}.lock`, command, now);
    if (!lock) continue;
    makeDirectory(path, lock);
    // A sweep that saw the lock file before it was locked has removed it: such a lock protects nothing.
    if (!existsSync(lock.path)) {
      release(path, lock);
      continue;
    }
    return { path, [Symbol.dispose]: () => void release(path, lock) };
  }
}

function makeDirectory(path: string, lock: Lock): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    release(path, lock);
    throw error;
  }
}

/** Whether all was removed. The rest is left for the next sweep: what was done before must not fail for it. */
function release(path: string, lock: Lock): boolean {
  try {
    removeTree(path);
    removeFile(lock.path);
    return true;
  } catch {
    return false;
  } finally {
    lock[Symbol.dispose]();
  }
}

/**
 * Removes temporary directories in `parent` whose process is gone; returns their names. `before` is called with each, under
 * its lock.
 */
export function sweepTemporaryDirectories(
  parent: string,
  now: () => Date,
  before: (path: string) => void = () => {},
): string[] {
  const names = new Set(namesIn(parent).map((name) => name.replace(/\.lock$/, "")));
  return [...names].filter((name) => sweepOne(join(parent, name), now, before));
}

/** The directories that `sweepTemporaryDirectories` would remove now, with the lock of each beside it. */
export function listStaleDirectories(parent: string): string[] {
  const names = new Set(namesIn(parent).map((name) => name.replace(/\.lock$/, "")));
  return [...names].map((name) => join(parent, name)).filter((path) => !isHeld(`${path}.lock`));
}

/** Has `remove` take away a directory and its lock, unless its process is at work. */
export function ifStale(path: string, now: () => Date, remove: () => void): void {
  using lock = tryAcquireLock(`${path}.lock`, "sweep", now);
  if (!lock) return;
  remove();
  removeFile(lock.path);
}

function sweepOne(path: string, now: () => Date, before: (path: string) => void): boolean {
  const lock = tryAcquireLock(`${path}.lock`, "sweep", now);
  if (!lock) return false;
  try {
    before(path);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  return release(path, lock);
}

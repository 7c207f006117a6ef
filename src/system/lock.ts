import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { tryLock } from "./native-calls.ts";
import { removeFile } from "./remove-file.ts";

/** Who holds a lock, as the holder wrote it into the lock file. */
export interface LockHolder {
  readonly pid: number;
  readonly command: string;
  /** UTC, RFC 3339. */
  readonly since: string;
}

export interface LockOptions {
  /** What this process does, for those who wait: `store install zlib`. */
  readonly command: string;
  readonly now: () => Date;
  /** `false`: a lock that is held is an error BUSY at once. */
  readonly wait: boolean;
  readonly signal?: AbortSignal | undefined;
  /** The file goes when the lock is given back: for locks of things that come and go. All who take it must say so. */
  readonly vanishes?: boolean | undefined;
  /** This process's environment, in which a command that waits for this one can have told what it holds (`tellHeldLock`). */
  readonly env?: Environment | undefined;
  /** What to do where that is so. */
  readonly hintWhenAbove?: string | undefined;
  /** Called once when the lock is held by another process. */
  readonly onWait?: ((holder: LockHolder | undefined) => void) | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * An exclusive lock on a file between processes and within one, kept by the kernel (open file description lock): the
 * lock of a process that died is free. The file stays behind, unless it `vanishes`; its text names the last holder.
 */
export interface Lock extends Disposable {
  readonly path: string;
}

/**
 * @throws StoreError BUSY when the lock is held and `wait` is false, or whoever holds it waits for this process; the
 *   signal's reason when aborted.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  for (;;) {
    const fd = openLockFile(path);
    try {
      if (!tryLock(fd)) await waitForLock(fd, path, options);
      // The holder before has removed the file: whoever comes next would lock another one.
      if (options.vanishes && fstatSync(fd).nlink === 0) {
        closeSync(fd);
        continue;
      }
      writeHolder(fd, { pid: process.pid, command: options.command, since: options.now().toISOString() });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return { path, [Symbol.dispose]: () => release(fd, options.vanishes ? path : undefined) };
  }
}

/** A file is removed before its lock is free, so that nobody locks what is about to go. */
function release(fd: number, path: string | undefined): void {
  if (path !== undefined) removeFile(path);
  closeSync(fd);
}

/** The lock when it is free right now, otherwise `undefined`. */
export function tryAcquireLock(path: string, command: string, now: () => Date): Lock | undefined {
  const fd = openLockFile(path);
  try {
    if (!tryLock(fd)) {
      closeSync(fd);
      return undefined;
    }
    writeHolder(fd, { pid: process.pid, command, since: now().toISOString() });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { path, [Symbol.dispose]: () => closeSync(fd) };
}

/** A directory of locks that was empty, or that has nothing else in it, may be missing: a backup can leave it out. */
function openLockFile(path: string): number {
  const open = () => openSync(path, "a+", 0o644);
  try {
    return open();
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    makeDirectory(dirname(path));
    return open();
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}

/** Whether somebody holds the lock right now; `false` where there is no such file. */
export function isHeld(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, "r+");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
  try {
    return !tryLock(fd);
  } finally {
    closeSync(fd);
  }
}

/** Who wrote the lock file last: the holder while the lock is held. */
export function readLockHolder(path: string): LockHolder | undefined {
  try {
    return parseHolder(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

const POLL_MS = 20;

async function waitForLock(fd: number, path: string, options: LockOptions): Promise<void> {
  const holder = readHolder(fd);
  if (isHeldAbove(path, holder, options.env)) throw deadlock(path, holder, options.hintWhenAbove);
  if (!options.wait) throw busy(path, holder);
  options.onWait?.(holder);
  while (!tryLock(fd)) {
    options.signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  options.signal?.throwIfAborted();
}

function busy(path: string, holder: LockHolder | undefined): StoreError {
  const who = holder ? `process ${holder.pid} (${holder.command}) since ${holder.since}` : "another process";
  return new StoreError("BUSY", `the store is in use by ${who}`, {
    hint: "Try again when it is done, or leave out --no-wait to wait for it.",
    details: { lock: path, ...(holder && { holder }) },
  });
}

/** Lines of a pid, a space and the path of a lock. */
const HELD_LOCKS = "STORE_HELD_LOCKS";

/** The environment for a command that this process waits for while it holds `lock`. */
export function tellHeldLock(env: Environment, lock: Lock): Record<typeof HELD_LOCKS, string> {
  const before = env[HELD_LOCKS];
  return { [HELD_LOCKS]: `${before === undefined ? "" : `${before}\n`}${process.pid} ${lock.path}` };
}

/** Where nothing is known of the holder, as on a full disk, it is the one that told of the lock. */
function isHeldAbove(path: string, holder: LockHolder | undefined, env: Environment = {}): boolean {
  const lines = env[HELD_LOCKS]?.split("\n") ?? [];
  return lines.some((line) => (holder === undefined ? line.endsWith(` ${path}`) : line === `${holder.pid} ${path}`));
}

function deadlock(
  path: string,
  holder: LockHolder | undefined,
  hint = "Do it when that command has ended, or for another profile.",
): StoreError {
  const who = holder ? `\`${holder.command}\` (process ${holder.pid})` : "the command";
  return new StoreError("BUSY", `this cannot be done now: ${who}, which waits for it, holds the lock that it needs`, {
    hint,
    details: { lock: path, ...(holder && { holder }) },
  });
}

/** The lock is held without this text, too: on a full disk it must be to be had by who makes room. */
function writeHolder(fd: number, holder: LockHolder): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

function readHolder(fd: number): LockHolder | undefined {
  const buffer = Buffer.alloc(4096);
  return parseHolder(buffer.toString("utf8", 0, readSync(fd, buffer, 0, buffer.length, 0)));
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockHolder>;
    if (typeof value.pid !== "number" || typeof value.command !== "string") return undefined;
    return { pid: value.pid, command: value.command, since: String(value.since) };
  } catch {
    return undefined;
  }
}

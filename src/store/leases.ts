import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../errors.ts";
import type { BaseName } from "../model/ids.ts";
import { type LeaseHolder, parseLease, printLeaseHolder, RELEASED_LINE } from "../model/lease.ts";
import { writeAll } from "../system/atomic-file.ts";
import { tryAcquireLock } from "../system/lock.ts";
import { namesIn } from "../system/names-in.ts";
import { tryLock } from "../system/native-calls.ts";
import { identityOf, isRunning } from "../system/process/process-identity.ts";
import { randomName } from "../system/random-name.ts";
import { removeFile } from "../system/remove-file.ts";
import { collectingFile, leasesPath, lockPath } from "./layout.ts";
import { lockObjects } from "./lock-objects.ts";
import { hasObject } from "./manifests.ts";
import type { Store } from "./open-store.ts";

/** Keeps objects from being collected while a command works with them; ends with its process at the latest. */
export interface Lease extends Disposable {
  /**
   * Keeps these objects and all that they need from now on; returns those that are valid. Others are kept as soon as
   * they become valid. Whoever is going to rely on an object asks here, not the disk: what was merely seen can be gone.
   */
  hold(objects: Iterable<BaseName>, signal?: AbortSignal): Promise<ReadonlySet<BaseName>>;
}

/** A new lease, without objects. Its file is made with the first of them. */
export function openLease(store: Store): Lease {
  const held = new Set<BaseName>();
  let file: LeaseFile | undefined;
  // A collection reads leases under the same lock: it sees these names, or what it removed is missed afterwards.
  const note = async (fresh: readonly BaseName[], signal: AbortSignal | undefined): Promise<void> => {
    using _lock = await lockObjects(store, signal);
    file ??= makeFile(store);
    writeAll(file.fd, Buffer.from(`${fresh.join("\n")}\n`));
    for (const object of fresh) held.add(object);
  };
  return {
    async hold(objects, signal) {
      const wanted = [...new Set(objects)];
      const fresh = wanted.filter((object) => !held.has(object));
      if (fresh.length > 0) await note(fresh, signal);
      return new Set(wanted.filter((object) => hasObject(store, object)));
    },
    [Symbol.dispose]() {
      if (file) release(store, file);
      file = undefined;
      held.clear();
    },
  };
}

/** A lease as others see it. */
export interface LeaseEntry {
  readonly path: string;
  readonly holder: LeaseHolder | undefined;
  readonly objects: readonly BaseName[];
  /** Its process is alive. One that is not holds nothing, except for a collection that was under way when it ended. */
  readonly alive: boolean;
}

/** All leases, also those of processes that are gone. */
export function listLeases(store: Store): readonly LeaseEntry[] {
  return namesOf(store).flatMap((name) => inspect(join(leasesPath(store.layout), name), () => undefined) ?? []);
}

/** Removes what killed processes left. Not while a collection is under way: it counts on what it finds. */
export function tidyLeases(store: Store): void {
  if (namesOf(store).length === 0) return;
  using lock = tryAcquireLock(lockPath(store.layout, COLLECTION_LOCK), "sweep", store.context.now);
  if (lock) sweepLeases(store);
}

/** Held by who collects. */
export const COLLECTION_LOCK = "gc";

/**
 * Removes the leases of processes that are gone, and those that were given back; returns how many. The caller holds the
 * lock on collections.
 */
export function sweepLeases(store: Store): number {
  const swept = namesOf(store).filter((name) => {
    const path = join(leasesPath(store.layout), name);
    return inspect(path, () => removeFile(path))?.alive === false;
  });
  return swept.length;
}

interface LeaseFile {
  readonly path: string;
  readonly fd: number;
}

/** The file is its own lock: as long as it is locked its process is alive, wherever that runs. */
function makeFile(store: Store): LeaseFile {
  const { command, now } = store.context;
  mkdirSync(leasesPath(store.layout), { recursive: true, mode: 0o700 });
  for (;;) {
    const path = join(leasesPath(store.layout), randomName());
    const fd = openSync(path, "ax", 0o600);
    // A sweep that came between the two took it for one whose process is gone.
    if (tryLock(fd) && existsSync(path)) {
      const holder = { ...identityOf(process.pid), command: command.join(" "), since: now().toISOString() };
      writeAll(fd, Buffer.from(printLeaseHolder(holder)));
      return { path, fd };
    }
    closeSync(fd);
  }
}

/**
 * While a collection is under way the lease stays, under its name, for it to see: what was a root through it may be one through a
 * generation now, which the collection looked for before that was made. A lease that cannot be removed is for the next
 * command to remove: what was done under it must not fail for it.
 */
function release(store: Store, { path, fd }: LeaseFile): void {
  try {
    if (existsSync(collectingFile(store.layout))) writeAll(fd, Buffer.from(`${RELEASED_LINE}\n`));
    else removeFile(path);
  } catch {
    // It is gone itself, or the disk is full: then it counts as long as this process lives, which keeps more, never less.
  } finally {
    closeSync(fd);
  }
}

/** The end of the name that earlier versions gave such a lease. */
const RELEASED = ".released";

/** Looks at a lease; `ifStale` is called while nobody else can come to hold it. */
function inspect(path: string, ifStale: () => void): LeaseEntry | undefined {
  const fd = openIfPresent(path);
  if (fd === undefined) return undefined;
  try {
    const free = tryLock(fd);
    const { holder, objects, isReleased } = parseLease(readFileSync(path, "utf8"));
    const alive = !isReleased && !path.endsWith(RELEASED) && (!free || (holder !== undefined && isRunning(holder)));
    if (!alive) ifStale();
    return { path, holder, objects, alive };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, "r+");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

function namesOf(store: Store): string[] {
  return namesIn(leasesPath(store.layout));
}

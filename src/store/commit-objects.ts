import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, renameSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../errors.ts";
import { printManifest } from "../model/manifest.ts";
import { syncDirectory, writeFilesAtomic } from "../system/atomic-file.ts";
import { flushFiles } from "../system/flush.ts";
import { acquireLock } from "../system/lock.ts";
import { removeTree } from "../system/temporary-directory.ts";
import { poolInThreads } from "./import/runner.ts";
import { fileListPath, type Layout, lockPath, manifestPath, objectPath } from "./layout.ts";
import type { Store } from "./open-store.ts";
import type { StagedObject } from "./stage-object.ts";

/**
 * Makes staged objects durable, then visible, then valid, in this order: flush of the content, links from the pool,
 * rename into the storeDir, file list, manifest. A process killed in between leaves no object that is valid and torn.
 */
export async function commitObjects(
  store: Store,
  staged: readonly StagedObject[],
  signal?: AbortSignal,
): Promise<void> {
  const fresh = staged.filter(({ reused }) => !reused);
  if (fresh.length === 0) return;
  await flushFiles(
    store.layout.temporary,
    fresh.flatMap((object) => object.fresh),
  );
  for (const { pooling } of fresh) if (pooling) await poolInThreads(pooling.settings, pooling.entries);
  signal?.throwIfAborted();
  using _lock = await lockObjects(store, signal);
  for (const object of fresh) moveIntoStore(store.layout, object);
  syncDirectory(store.layout.storeDir);
  writeManifests(store.layout, fresh);
}

/** Held for the moment in which objects appear or vanish; so short that waiting for it is not asked about. */
function lockObjects(store: Store, signal: AbortSignal | undefined) {
  const { command, now } = store.context;
  return acquireLock(lockPath(store.layout, "objects"), { command: command.join(" "), now, wait: true, signal });
}

function moveIntoStore(layout: Layout, { directory, manifest }: StagedObject): void {
  if (existsSync(manifestPath(layout, manifest.path))) return;
  const target = objectPath(layout, manifest.path);
  try {
    renameSync(directory, target);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
    discardInvalid(layout, target);
    renameSync(directory, target);
  }
  chmodSync(target, 0o555);
  utimesSync(target, 1, 1);
}

/** What lies in the storeDir without a manifest was left by a killed process. */
function discardInvalid(layout: Layout, path: string): void {
  const discarded = join(layout.trash, randomBytes(8).toString("hex"));
  chmodSync(path, 0o755);
  renameSync(path, discarded);
  removeTree(discarded);
}

function writeManifests(layout: Layout, staged: readonly StagedObject[]): void {
  writeFilesAtomic(
    staged.map(({ manifest, fileList }) => ({ path: fileListPath(layout, manifest.path), content: fileList })),
  );
  writeFilesAtomic(
    staged.map(({ manifest }) => ({ path: manifestPath(layout, manifest.path), content: printManifest(manifest) })),
  );
}
